// Stripe. Methods are attached by a SetupIntent, so that the bank knows that they will be charged without the customer;
// charges are PaymentIntents off session; payouts are transfers to a connected account.

import Stripe from "stripe"
import type { Result } from "../../domain/result.ts"
import { err, ok } from "../../domain/result.ts"
import type { Instant } from "../../domain/time.ts"
import { limits } from "../../limits.ts"
import type {
  MethodDetails,
  PayoutRequest,
  Processor,
  ProcessorEvent,
  RefundOutcome,
  RefundRequest,
} from "../port.ts"
import { toStripe } from "./amount.ts"
import { STRIPE_CAPABILITIES } from "./capabilities.ts"
import { charge, findCharge, KEY, UNSAYABLE } from "./charge.ts"
import type { StripeConfig } from "./client.ts"
import { clientOf } from "./client.ts"
import { normalized } from "./events.ts"
import type { Fault } from "./outcome.ts"
import { refundOutcome, refusalOf } from "./outcome.ts"

type AttachRequest = Parameters<Processor["attachMethod"]>[0]

export function stripeProcessor({ account, ...place }: StripeConfig): Processor {
  // Opened when it is wanted: most requests move no money.
  const opened = async () => {
    const { secretKey, webhookSecret } = await account()
    return { client: clientOf(secretKey, place), webhookSecret }
  }
  let once: ReturnType<typeof opened> | null = null
  const open = () => (once ??= opened())
  const client = async () => (await open()).client
  return {
    name: "stripe",
    capabilities: STRIPE_CAPABILITIES,

    async createCustomer({ key, name, email }) {
      const fields = { name, email, metadata: { [KEY]: key } }
      const { id } = await (await client()).customers.create(fields, { idempotencyKey: key })
      return { ref: id }
    },

    attachMethod: async (request) => attach(await client(), request),
    detachMethod: async (methodRef) => detach(await client(), methodRef),
    charge: async (request) => charge(await client(), place.publicUrl, request),
    findCharge: async (key) => findCharge(await client(), key),
    refund: async (request) => refund(await client(), request),
    payout: async (request) => payout(await client(), request),
    readWebhook: async (rawBody, headers, now) => readWebhook(await open(), { rawBody, headers, now }),
  }
}

async function attach(
  client: Stripe,
  { key, customerRef, methodRef }: AttachRequest,
): Promise<Result<MethodDetails, Fault>> {
  try {
    const intent = await client.setupIntents.create(
      {
        customer: customerRef,
        payment_method: methodRef,
        confirm: true,
        usage: "off_session",
        automatic_payment_methods: { enabled: true, allow_redirects: "never" },
        metadata: { [KEY]: key },
        expand: ["payment_method"],
      },
      { idempotencyKey: key },
    )
    const method = intent.payment_method
    if (intent.status === "succeeded" && method !== null && typeof method !== "string") {
      return ok(detailsOf(method))
    }
    return err({ code: "authentication_required", message: "The bank wants to see the customer first." })
  } catch (error) {
    const refusal = refusalOf(error)
    if (refusal === null) throw error
    return err(refusal)
  }
}

function detailsOf({ id: ref, card, us_bank_account, sepa_debit }: Stripe.PaymentMethod): MethodDetails {
  if (card !== undefined) {
    const { brand, last4, exp_year, exp_month } = card
    return { ref, kind: "Card", brand, last4, expiresOn: lastDay(exp_year, exp_month) }
  }
  const account = us_bank_account ?? sepa_debit
  if (account === undefined) return { ref, kind: "Other", brand: null, last4: null, expiresOn: null }
  const brand = us_bank_account?.bank_name ?? sepa_debit?.bank_code ?? null
  return { ref, kind: "BankAccount", brand, last4: account.last4, expiresOn: null }
}

const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** A card is good through the last day of its month. */
function lastDay(year: number, month: number): string {
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  const days = month === 2 && isLeap ? 29 : (DAYS[month - 1] ?? 28)
  return `${year}-${String(month).padStart(2, "0")}-${days}`
}

/** Detaching what is not attached any more is done already. */
async function detach(client: Stripe, methodRef: string): Promise<void> {
  try {
    await client.paymentMethods.detach(methodRef)
  } catch (error) {
    if (refusalOf(error) === null) throw error
  }
}

async function refund(client: Stripe, request: RefundRequest): Promise<RefundOutcome> {
  const { key, chargeRef, amountMinor, currency } = request
  const amount = toStripe(amountMinor, currency)
  if (amount === null) return { status: "Failed", ref: null, ...UNSAYABLE }
  return orRefusal(async () => {
    const fields = { payment_intent: chargeRef, amount, metadata: { [KEY]: key } }
    return refundOutcome(await client.refunds.create(fields, { idempotencyKey: key }))
  })
}

async function payout(client: Stripe, request: PayoutRequest): Promise<RefundOutcome> {
  const { key, methodRef, amountMinor, currency, description } = request
  const amount = toStripe(amountMinor, currency)
  if (amount === null) return { status: "Failed", ref: null, ...UNSAYABLE }
  return orRefusal(async () => {
    const fields = {
      amount,
      currency: currency.toLowerCase(),
      destination: methodRef,
      description,
      metadata: { [KEY]: key },
    }
    const { id: ref } = await client.transfers.create(fields, { idempotencyKey: key })
    return { status: "Succeeded", ref }
  })
}

async function orRefusal(ask: () => Promise<RefundOutcome>): Promise<RefundOutcome> {
  try {
    return await ask()
  } catch (error) {
    const refusal = refusalOf(error)
    if (refusal === null) throw error
    return { status: "Failed", ref: null, ...refusal }
  }
}

const crypto = Stripe.createSubtleCryptoProvider()
const TOLERANCE_SECONDS = limits.webhookToleranceMs / 1_000

type WebhookCall = { readonly rawBody: string; readonly headers: Headers; readonly now: Instant }

async function readWebhook(
  { client, webhookSecret: secret }: { readonly client: Stripe; readonly webhookSecret: string | null },
  { rawBody, headers, now }: WebhookCall,
): Promise<Result<readonly ProcessorEvent[], string>> {
  if (secret === null) return err("There is no secret to check the signature with.")
  const signature = headers.get("Stripe-Signature") ?? ""
  try {
    const event = await client.webhooks.constructEventAsync(
      rawBody,
      signature,
      secret,
      TOLERANCE_SECONDS,
      crypto,
      now,
    )
    return ok([normalized(event)])
  } catch (error) {
    return err(error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error))
  }
}

// Customers and their payment methods. A method is attached by a SetupIntent, so that the bank knows that it will be charged
// without the customer.

import Stripe from "stripe"
import type { Result } from "../../domain/result.ts"
import { err, ok } from "../../domain/result.ts"
import type { AttachFault, GivenSetup, MethodDetails, Processor, SetupRequest } from "../port.ts"
import { asKnown } from "./account.ts"
import { KEY } from "./keys.ts"
import { refusalOf } from "./outcome.ts"
import { bare, idOf } from "./refs.ts"

type NewCustomer = Parameters<Processor["createCustomer"]>[0]
type AttachRequest = Parameters<Processor["attachMethod"]>[0]

export async function createCustomer(client: Stripe, { key, name, email }: NewCustomer) {
  const fields = { name, email, metadata: { [KEY]: key } }
  const { id } = await asKnown(() => client.customers.create(fields, { idempotencyKey: key }))
  return { ref: id }
}

export async function customerExists(client: Stripe, customerRef: string): Promise<boolean> {
  return exists(async () => (await client.customers.retrieve(bare(customerRef))).deleted !== true)
}

/** A card or account that can be charged, or an account that can be paid to. */
export async function methodExists(client: Stripe, methodRef: string): Promise<boolean> {
  const ref = bare(methodRef)
  return exists(async () => {
    if (ref.startsWith("acct_")) await client.accounts.retrieve(ref)
    else await client.paymentMethods.retrieve(ref)
    return true
  })
}

async function exists(look: () => Promise<boolean>): Promise<boolean> {
  try {
    return await asKnown(look)
  } catch (error) {
    if (refusalOf(error) === null) throw error
    return false
  }
}

export async function attachMethod(
  client: Stripe,
  { key, customerRef, methodRef }: AttachRequest,
): Promise<Result<MethodDetails, AttachFault>> {
  const fields = {
    customer: bare(customerRef),
    payment_method: bare(methodRef),
    confirm: true,
    usage: "off_session",
    automatic_payment_methods: { enabled: true, allow_redirects: "never" },
    metadata: { [KEY]: key },
    expand: ["payment_method"],
  } as const satisfies Stripe.SetupIntentCreateParams
  try {
    const intent = await asKnown(() =>
      client.setupIntents.create({ ...fields, expand: [...fields.expand] }, { idempotencyKey: key }),
    )
    const method = intent.payment_method
    if (intent.status === "succeeded" && method !== null && typeof method !== "string") {
      return ok(detailsOf(method))
    }
    return err({ code: "authentication_required", message: "The bank wants to see the customer first." })
  } catch (error) {
    return err(faultOf(error))
  }
}

function isAboutCustomer(error: unknown, code: string): boolean {
  const isMissing = code === "resource_missing" && error instanceof Stripe.errors.StripeError
  return isMissing && error.param === "customer"
}

/** Detaching what is not attached any more is done already. */
export async function detachMethod(client: Stripe, methodRef: string): Promise<void> {
  try {
    await client.paymentMethods.detach(bare(methodRef))
  } catch (error) {
    if (refusalOf(error) === null) throw error
  }
}

/** A page of Stripe's Checkout that takes a method and no money. */
export async function createSetup(
  client: Stripe,
  request: SetupRequest,
): ReturnType<Processor["createSetup"]> {
  const { key, customerRef, currency, returnUrl, metadata } = request
  const own = { ...metadata, [KEY]: key }
  const fields: Stripe.Checkout.SessionCreateParams = {
    mode: "setup",
    customer: bare(customerRef),
    currency: currency.toLowerCase(),
    success_url: returnUrl,
    cancel_url: returnUrl,
    metadata: own,
    setup_intent_data: { metadata: own },
  }
  try {
    const { id: ref, url } = await asKnown(() =>
      client.checkout.sessions.create(fields, { idempotencyKey: key }),
    )
    return url === null
      ? err({ code: "no_page", message: "Stripe gives no page for this." })
      : ok({ ref, url })
  } catch (error) {
    return err(faultOf(error))
  }
}

/** A certain no as an attaching's; what is not certain is thrown. */
function faultOf(error: unknown): AttachFault {
  const refusal = refusalOf(error)
  if (refusal === null) throw error
  return isAboutCustomer(error, refusal.code) ? { ...refusal, code: "customer_missing" } : refusal
}

export async function findSetup(client: Stripe, setupRef: string): Promise<GivenSetup | null> {
  try {
    const session = await asKnown(() =>
      client.checkout.sessions.retrieve(setupRef, { expand: ["setup_intent"] }),
    )
    const intent = session.setup_intent
    if (intent === null || typeof intent === "string" || intent.status !== "succeeded") return null
    const [methodRef, customerRef] = [idOf(intent.payment_method), idOf(session.customer)]
    if (methodRef === null || customerRef === null) return null
    const { [KEY]: key = null, ...metadata } = session.metadata ?? {}
    return { methodRef, customerRef, key, metadata }
  } catch (error) {
    if (refusalOf(error) === null) throw error
    return null
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

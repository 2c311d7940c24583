// Charges through PaymentIntents, and finds them again.

import type Stripe from "stripe"
import { limits } from "../../limits.ts"
import { wallNowMs } from "../../runtime/clock.ts"
import type { ChargeOutcome, ChargeRequest } from "../port.ts"
import { toStripe } from "./amount.ts"
import { failed, intentOf, outcomeOf, refusalOf } from "./outcome.ts"

/** Where an intent keeps the key that it was asked for under. */
export const KEY = "ledgerline_key"

export const UNSAYABLE = {
  code: "amount_not_supported",
  message: "Stripe can't take this amount of this currency exactly.",
} as const

const AUTHENTICATE = "authentication_required"

export async function charge(
  client: Stripe,
  publicUrl: string,
  request: ChargeRequest,
): Promise<ChargeOutcome> {
  const { key, customerRef, methodRef, amountMinor, currency, description, metadata } = request
  const amount = toStripe(amountMinor, currency)
  if (amount === null) return failed(null, UNSAYABLE)
  try {
    const intent = await client.paymentIntents.create(
      {
        amount,
        currency: currency.toLowerCase(),
        customer: customerRef,
        payment_method: methodRef,
        confirm: true,
        off_session: true,
        description,
        metadata: { ...metadata, [KEY]: key },
      },
      { idempotencyKey: key },
    )
    return outcomeOf(intent)
  } catch (error) {
    const refusal = refusalOf(error)
    if (refusal === null) throw error
    const intent = intentOf(error)
    if (intent !== null && refusal.code === AUTHENTICATE) return ask(client, publicUrl, request, intent)
    return failed(intent?.id ?? null, refusal)
  }
}

/** The bank wants to see the customer: the same intent goes on with it at hand, on a page of Stripe's. */
async function ask(
  client: Stripe,
  publicUrl: string,
  { key, methodRef }: ChargeRequest,
  { id }: Pick<Stripe.PaymentIntent, "id">,
): Promise<ChargeOutcome> {
  try {
    const asked = await client.paymentIntents.confirm(
      id,
      { payment_method: methodRef, off_session: false, return_url: `${publicUrl}/v1/payments/returned` },
      { idempotencyKey: `${key}:ask` },
    )
    return outcomeOf(asked)
  } catch (error) {
    const refusal = refusalOf(error)
    if (refusal === null) throw error
    return failed(id, refusal)
  }
}

/** Stripe's search shows an intent a minute after it was made, in bad times an hour: the last hour is looked through as well. */
export async function findCharge(client: Stripe, key: string): Promise<ChargeOutcome | null> {
  const query = `metadata['${KEY}']:'${key.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`
  const found = await client.paymentIntents.search({ query, limit: 1 })
  const intent = found.data[0] ?? (await recent(client, key))
  if (intent === null) return null
  // What the search shows of it may be older than what it is now.
  return outcomeOf(await client.paymentIntents.retrieve(intent.id))
}

async function recent(client: Stripe, key: string): Promise<Stripe.PaymentIntent | null> {
  const since = Math.floor((wallNowMs() - limits.recentChargesMs) / 1_000)
  let seen = 0
  for await (const intent of client.paymentIntents.list({ created: { gte: since }, limit: 100 })) {
    if (intent.metadata[KEY] === key) return intent
    seen += 1
    if (seen >= limits.recentCharges) throw new Error("There are too many recent charges to look for one.")
  }
  return null
}

// Finds again what was asked for under a key, when the answer was lost. Stripe itself forgets keys after a day.

import type Stripe from "stripe"
import { limits } from "../../limits.ts"
import { wallNowMs } from "../../runtime/clock.ts"
import type { ChargeOutcome, FoundRefund, PayoutOutcome, RefundOutcome } from "../port.ts"
import { moneyOf } from "./amount.ts"
import { KEY } from "./keys.ts"
import { outcomeOf, refundOutcome, transferOutcome } from "./outcome.ts"
import { bare } from "./refs.ts"

const PAGE = 100

/** Stripe's search shows an intent a minute after it was made, in bad times an hour. So what was made lately, of this customer if it is
 *  known, is looked through as well. */
export async function findCharge(
  client: Stripe,
  key: string,
  customerRef: string | null,
): Promise<ChargeOutcome | null> {
  const query = `metadata['${KEY}']:'${key.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`
  const found = await client.paymentIntents.search({ query, limit: 1 })
  const intent = found.data[0] ?? (await recent(client, key, customerRef))
  if (intent === null) return null
  // What the search shows of it may be older than what it is now.
  return outcomeOf(await client.paymentIntents.retrieve(intent.id))
}

async function recent(
  client: Stripe,
  key: string,
  customerRef: string | null,
): Promise<Stripe.PaymentIntent | null> {
  const since = Math.floor((wallNowMs() - limits.recentChargesMs) / 1_000)
  const whose = customerRef === null ? {} : { customer: bare(customerRef) }
  let seen = 0
  for await (const intent of client.paymentIntents.list({ ...whose, created: { gte: since }, limit: PAGE })) {
    if (intent.metadata[KEY] === key) return intent
    seen += 1
    if (seen >= limits.recentCharges) throw new Error("There are too many recent charges to look for one.")
  }
  return null
}

/** A charge has few refunds, and their list lags behind nothing. */
export async function findRefund(
  client: Stripe,
  key: string,
  chargeRef: string,
): Promise<RefundOutcome | null> {
  for await (const refund of client.refunds.list({ payment_intent: chargeRef, limit: PAGE })) {
    if (refund.metadata?.[KEY] === key) return refundOutcome(refund)
  }
  return null
}

/** What can't be said in our minor units was never charged by us. */
export async function refundsOf(client: Stripe, chargeRef: string): Promise<readonly FoundRefund[]> {
  const found: FoundRefund[] = []
  for await (const refund of client.refunds.list({ payment_intent: chargeRef, limit: PAGE })) {
    const money = moneyOf(refund)
    if (money === null) continue
    const outcome = { ...refundOutcome(refund), ref: refund.id }
    found.push({ ...money, outcome, key: refund.metadata?.[KEY] ?? null })
  }
  return found
}

/** A transfer's group is its key. */
export async function findPayout(client: Stripe, key: string): Promise<PayoutOutcome | null> {
  const { data } = await client.transfers.list({ transfer_group: key, limit: 1 })
  const transfer = data[0]
  return transfer === undefined ? null : transferOutcome(transfer)
}

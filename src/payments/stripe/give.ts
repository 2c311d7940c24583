// Refunds, and payouts: transfers to a connected account.

import type Stripe from "stripe"
import { isHardDecline } from "../declines.ts"
import type { PayoutOutcome, PayoutRequest, RefundOutcome, RefundRequest } from "../port.ts"
import { toStripe } from "./amount.ts"
import { KEY } from "./keys.ts"
import { refundOutcome, refusalOf, transferOutcome, UNSAYABLE } from "./outcome.ts"
import { bare } from "./refs.ts"

export async function refund(client: Stripe, request: RefundRequest): Promise<RefundOutcome> {
  const { key, chargeRef, amountMinor, currency } = request
  const amount = toStripe(amountMinor, currency)
  if (amount === null) return { status: "Failed", ref: null, ...UNSAYABLE }
  return orRefusal(async () => {
    const metadata = { ...request.metadata, [KEY]: key }
    const fields = { payment_intent: chargeRef, amount, metadata }
    return refundOutcome(await client.refunds.create(fields, { idempotencyKey: key }))
  })
}

export async function payout(client: Stripe, request: PayoutRequest): Promise<PayoutOutcome> {
  const { key, methodRef, amountMinor, currency, description } = request
  const amount = toStripe(amountMinor, currency)
  if (amount === null) return { status: "Failed", ref: null, ...UNSAYABLE }
  return orRefusal(async () => {
    const fields = {
      amount,
      currency: currency.toLowerCase(),
      destination: bare(methodRef),
      description,
      // Transfers can't be searched by metadata, but listed by group.
      transfer_group: key,
      metadata: { ...request.metadata, [KEY]: key },
    }
    return transferOutcome(await client.transfers.create(fields, { idempotencyKey: key }))
  })
}

async function orRefusal(ask: () => Promise<RefundOutcome>): Promise<RefundOutcome> {
  try {
    return await ask()
  } catch (error) {
    const refusal = refusalOf(error)
    if (refusal === null) throw error
    const failed = { status: "Failed", ref: null, ...refusal } as const
    return isHardDecline(refusal.code) ? { ...failed, isHard: true } : failed
  }
}

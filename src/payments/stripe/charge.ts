// Charges through PaymentIntents, and calls them off.

import type Stripe from "stripe"
import type { ChargeOutcome, ChargeRequest } from "../port.ts"
import { toStripe } from "./amount.ts"
import { descriptorOf } from "./descriptor.ts"
import { KEY } from "./keys.ts"
import { failed, intentOf, outcomeOf, refusalOf, UNSAYABLE } from "./outcome.ts"
import { bare } from "./refs.ts"

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
        customer: bare(customerRef),
        payment_method: bare(methodRef),
        confirm: true,
        off_session: true,
        description,
        ...descriptorOf(request.statementDescriptor),
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
      {
        payment_method: bare(methodRef),
        off_session: false,
        return_url: `${publicUrl}/v1/payments/returned`,
      },
      { idempotencyKey: `${key}:ask` },
    )
    return outcomeOf(asked)
  } catch (error) {
    const refusal = refusalOf(error)
    if (refusal === null) throw error
    return failed(id, refusal)
  }
}

/** Stripe refuses to cancel what has succeeded, is on its way, or was cancelled: then what counts is how it stands. */
export async function cancelCharge(client: Stripe, chargeRef: string): Promise<ChargeOutcome> {
  try {
    return outcomeOf(await client.paymentIntents.cancel(chargeRef, { cancellation_reason: "abandoned" }))
  } catch (error) {
    if (refusalOf(error)?.code !== "payment_intent_unexpected_state") throw error
    return outcomeOf(await client.paymentIntents.retrieve(chargeRef))
  }
}

// Stripe, as the port wants it. Charges are PaymentIntents off session; payouts are transfers to a connected account.

import type { Processor } from "../port.ts"
import { accountRef } from "./account.ts"
import { STRIPE_CAPABILITIES } from "./capabilities.ts"
import { cancelCharge, charge } from "./charge.ts"
import type { StripeConfig } from "./client.ts"
import { clientOf } from "./client.ts"
import { readDispute } from "./dispute.ts"
import { findCharge, findPayout, findRefund, refundsOf } from "./find.ts"
import { payout, refund } from "./give.ts"
import {
  attachMethod,
  createCustomer,
  createSetup,
  customerExists,
  detachMethod,
  findSetup,
  methodExists,
} from "./methods.ts"
import { readEvent, readWebhook, registerWebhook, tenantOf } from "./tell.ts"

export function stripeProcessor({ account, ...place }: StripeConfig): Processor {
  // Opened when it is wanted: most requests move no money.
  const opened = async () => {
    const { secretKey, webhookSecret } = await account()
    return { client: clientOf(secretKey, place), secretKey, webhookSecret }
  }
  let once: ReturnType<typeof opened> | null = null
  const open = () => (once ??= opened())
  const client = async () => (await open()).client
  return {
    name: "stripe",
    capabilities: STRIPE_CAPABILITIES,

    async accountRef() {
      const { client: own, secretKey } = await open()
      return accountRef(own, secretKey)
    },

    createCustomer: async (request) => createCustomer(await client(), request),
    customerExists: async (customerRef) => customerExists(await client(), customerRef),
    attachMethod: async (request) => attachMethod(await client(), request),
    detachMethod: async (methodRef) => detachMethod(await client(), methodRef),
    methodExists: async (methodRef) => methodExists(await client(), methodRef),
    createSetup: async (request) => createSetup(await client(), request),
    findSetup: async (setupRef) => findSetup(await client(), setupRef),
    charge: async (request) => charge(await client(), place.publicUrl, request),
    findCharge: async (key, customerRef) => findCharge(await client(), key, customerRef ?? null),
    cancelCharge: async (chargeRef) => cancelCharge(await client(), chargeRef),
    refund: async (request) => refund(await client(), request),
    findRefund: async (key, chargeRef) => findRefund(await client(), key, chargeRef),
    refundsOf: async (chargeRef) => refundsOf(await client(), chargeRef),
    readDispute: async (disputeRef) => readDispute(await client(), disputeRef),
    payout: async (request) => payout(await client(), request),
    findPayout: async (key) => findPayout(await client(), key),
    readWebhook: async (rawBody, headers, now) => readWebhook(await open(), { rawBody, headers, now }),
    readEvent: async (eventId) => readEvent(await client(), eventId),
    tenantOf: async (event) => tenantOf(await client(), event),
    registerWebhook: async (request) => registerWebhook(await client(), request),
  }
}

// Stripe, loaded when it is first wanted. Its package takes longer to begin than much of the worker, every isolate would wait for it,
// and most of them move no money.

import type { Processor } from "../port.ts"
import { STRIPE_CAPABILITIES } from "./capabilities.ts"
import type { StripeConfig } from "./client.ts"

export function lazyStripe(config: StripeConfig): Processor {
  let once: Promise<Processor> | null = null
  const loaded = async () => (await import("./processor.ts")).stripeProcessor(config)
  const stripe = () => (once ??= loaded())
  return {
    name: "stripe",
    capabilities: STRIPE_CAPABILITIES,
    accountRef: async () => (await stripe()).accountRef(),
    createCustomer: async (request) => (await stripe()).createCustomer(request),
    customerExists: async (customerRef) => (await stripe()).customerExists(customerRef),
    attachMethod: async (request) => (await stripe()).attachMethod(request),
    detachMethod: async (methodRef) => (await stripe()).detachMethod(methodRef),
    methodExists: async (methodRef) => (await stripe()).methodExists(methodRef),
    createSetup: async (request) => (await stripe()).createSetup(request),
    findSetup: async (setupRef) => (await stripe()).findSetup(setupRef),
    charge: async (request) => (await stripe()).charge(request),
    findCharge: async (key, customerRef) => (await stripe()).findCharge(key, customerRef),
    cancelCharge: async (chargeRef) => (await stripe()).cancelCharge(chargeRef),
    refund: async (request) => (await stripe()).refund(request),
    findRefund: async (key, chargeRef) => (await stripe()).findRefund(key, chargeRef),
    refundsOf: async (chargeRef) => (await stripe()).refundsOf(chargeRef),
    readDispute: async (disputeRef) => (await stripe()).readDispute(disputeRef),
    payout: async (request) => (await stripe()).payout(request),
    findPayout: async (key) => (await stripe()).findPayout(key),
    readWebhook: async (rawBody, headers, now) => (await stripe()).readWebhook(rawBody, headers, now),
    readEvent: async (eventId) => (await stripe()).readEvent(eventId),
    tenantOf: async (event) => (await stripe()).tenantOf(event),
    registerWebhook: async (request) => (await stripe()).registerWebhook(request),
  }
}

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
    createCustomer: async (request) => (await stripe()).createCustomer(request),
    attachMethod: async (request) => (await stripe()).attachMethod(request),
    detachMethod: async (methodRef) => (await stripe()).detachMethod(methodRef),
    charge: async (request) => (await stripe()).charge(request),
    findCharge: async (key) => (await stripe()).findCharge(key),
    refund: async (request) => (await stripe()).refund(request),
    payout: async (request) => (await stripe()).payout(request),
    readWebhook: async (rawBody, headers, now) => (await stripe()).readWebhook(rawBody, headers, now),
  }
}

// Stands in for a tenant that has no processor yet. Nothing ever leaves the house, so every request has a certain answer:
// it was not done.

import { err } from "../domain/result.ts"
import type { Processor } from "./port.ts"

const CODE = "processor_not_configured"
const MESSAGE = "This tenant has no payment processor: it needs a key of Stripe."

export const unconfigured: Processor = {
  name: "stripe",
  capabilities: { refunds: false, payouts: false, webhooks: false, offSession: false },
  createCustomer: () => Promise.reject(new Error(MESSAGE)),
  attachMethod: async () => err({ code: CODE, message: MESSAGE }),
  // Nothing is known here that could be detached.
  detachMethod: async () => {},
  charge: async () => ({ status: "Failed", ref: null, code: CODE, message: MESSAGE, isHard: false }),
  // A key may have been there when it was asked for: only the processor knows.
  findCharge: () => Promise.reject(new Error(MESSAGE)),
  refund: async () => ({ status: "Failed", ref: null, code: CODE, message: MESSAGE }),
  payout: async () => ({ status: "Failed", ref: null, code: CODE, message: MESSAGE }),
  readWebhook: async () => err(MESSAGE),
}

// Stands in for a tenant that has no processor yet. Nothing ever leaves the house, so every request has a certain answer:
// it was not done.

import { err } from "../domain/result.ts"
import type { Processor } from "./port.ts"
import { KeyRefused } from "./port.ts"

const CODE = "processor_not_configured"
const MESSAGE = "This tenant has no payment processor: it needs a key of Stripe."

const unknown = () => Promise.reject(new KeyRefused(MESSAGE))

export const unconfigured: Processor = {
  name: "stripe",
  capabilities: { refunds: false, payouts: false, webhooks: false, offSession: false },
  accountRef: unknown,
  createCustomer: unknown,
  customerExists: unknown,
  attachMethod: async () => err({ code: CODE, message: MESSAGE }),
  // Nothing is known here that could be detached.
  detachMethod: async () => {},
  methodExists: unknown,
  createSetup: async () => err({ code: CODE, message: MESSAGE }),
  findSetup: async () => null,
  charge: async () => ({ status: "Failed", ref: null, code: CODE, message: MESSAGE, isHard: false }),
  // A key may have been there when it was asked for: only the processor knows.
  findCharge: unknown,
  cancelCharge: unknown,
  refund: async () => ({ status: "Failed", ref: null, code: CODE, message: MESSAGE }),
  findRefund: unknown,
  refundsOf: unknown,
  readDispute: unknown,
  payout: async () => ({ status: "Failed", ref: null, code: CODE, message: MESSAGE }),
  findPayout: unknown,
  readWebhook: async () => err(MESSAGE),
  readEvent: unknown,
  tenantOf: unknown,
  registerWebhook: unknown,
}

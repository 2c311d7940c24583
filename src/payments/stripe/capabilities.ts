// What Stripe can do for us.

import type { Capabilities } from "../port.ts"

export const STRIPE_CAPABILITIES: Capabilities = {
  refunds: true,
  payouts: true,
  webhooks: true,
  offSession: true,
}

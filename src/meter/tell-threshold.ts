// Puts a threshold that was reached into the outbox, from where it goes to the agenda.

import type { Instant } from "../domain/time.ts"
import type { MeterState } from "./state.ts"
import type { MeterStore } from "./store/meter-store.ts"

/** In the transaction of the events that may have reached it. True: there is something to send. */
export function tellThreshold({ threshold, terms }: MeterState, now: Instant, store: MeterStore): boolean {
  const crossing = threshold?.cross(now) ?? null
  if (threshold === null || terms === null || crossing === null) return false
  const { tenantId: tenant_id, subscriptionId: subscription_id } = terms.terms
  store.outbox.add({ kind: "threshold-reached", tenant_id, subscription_id, crossing })
  store.meta.put("threshold", threshold.encode())
  return true
}

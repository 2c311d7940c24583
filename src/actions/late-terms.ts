// What goes with a commit that bills a subscription, or takes back what was billed, where its meter has to know: of a tenant that
// refuses late events, which periods are closed, and of a subscription with a threshold, what is billed. New terms say so, and a row of
// the agenda tells them.

import type { SubscriptionRow } from "../db/rows.ts"
import type { AgendaItem } from "../domain/agenda.ts"
import type { Scope } from "./scope.ts"

export type LateTerms = {
  readonly change: { readonly termsVersion?: number }
  readonly agenda: readonly AgendaItem[]
}

/** `refuses`: whether its tenant refuses late events, and this closes or opens periods. */
export function lateTerms(scope: Scope, subscription: SubscriptionRow, refuses: boolean): LateTerms {
  if (!refuses && subscription.thresholdNanos === null) return { change: {}, agenda: [] }
  const termsVersion = subscription.termsVersion + 1
  const uniqueKey = String(termsVersion)
  return {
    change: { termsVersion },
    agenda: [{ kind: "sync-terms", subject: subscription.id, uniqueKey, dueAt: scope.now }],
  }
}

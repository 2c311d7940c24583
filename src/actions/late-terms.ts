// What goes with a commit that closes or reopens periods of a subscription whose tenant refuses late events: new terms, which say which
// periods are closed, and the row by which the meter is told.

import type { SubscriptionRow } from "../db/rows.ts"
import type { AgendaItem } from "../domain/agenda.ts"
import type { Scope } from "./scope.ts"

export type LateTerms = {
  readonly change: { readonly termsVersion?: number }
  readonly agenda: readonly AgendaItem[]
}

/** `refuses`: whether its tenant does. */
export function lateTerms(scope: Scope, subscription: SubscriptionRow, refuses: boolean): LateTerms {
  if (!refuses) return { change: {}, agenda: [] }
  const termsVersion = subscription.termsVersion + 1
  const uniqueKey = String(termsVersion)
  return {
    change: { termsVersion },
    agenda: [{ kind: "sync-terms", subject: subscription.id, uniqueKey, dueAt: scope.now }],
  }
}

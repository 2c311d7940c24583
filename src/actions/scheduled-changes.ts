// What is scheduled to happen to a subscription: changes of what it is sold under, its cancellation, its resumption; and taking
// one of them back.

import type { SegmentTerms, SubscriptionTerms } from "../db/readers/subscriptions.ts"
import type { SubscriptionRow } from "../db/rows.ts"
import { assert } from "../domain/assert.ts"
import { anchoredSchedule } from "../domain/billing-anchor.ts"
import { withoutChange } from "../domain/change.ts"
import type { Schedule } from "../domain/period.ts"
import { err, ok } from "../domain/result.ts"
import { hasEnded } from "../domain/subscription.ts"
import type { Instant } from "../domain/time.ts"
import type { Segment } from "../domain/timeline.ts"
import { segmentsOf } from "../domain/timeline.ts"
import type { Outcome, Reply } from "./act.ts"
import type { StateChange } from "./change-state.ts"
import { changeState } from "./change-state.ts"
import { changedRow, everyOf, movedItems } from "./changed-row.ts"
import { notFound } from "./refusal.ts"
import type { Scope } from "./scope.ts"

export type Scheduled =
  | { readonly id: string; readonly kind: "Change"; readonly at: Instant; readonly segment: Segment }
  | { readonly id: string; readonly kind: "Cancel" | "Resume"; readonly at: Instant }

/** There is at most one of each, so their names are their ids. */
const CANCEL_ID = "cancel"
const RESUME_ID = "resume"

/** In order of time. Phases of a contract are the contract's, and are not taken back one by one. */
export function scheduledOf(row: SubscriptionRow, now: Instant): Scheduled[] {
  if (hasEnded(row.status)) return []
  const changes = segmentsOf(row).flatMap((segment): Scheduled[] => {
    const { id, from, change } = segment
    if (id === null || change === undefined || from <= now || id.startsWith("contract:")) return []
    return [{ id, kind: "Change", at: from, segment }]
  })
  const until = row.pauses?.at(-1)?.to ?? null
  const resumes = row.status === "Paused" && until !== null
  return [
    ...changes,
    ...(row.cancelAt === null ? [] : [{ id: CANCEL_ID, kind: "Cancel", at: row.cancelAt } as const]),
    ...(resumes ? [{ id: RESUME_ID, kind: "Resume", at: until } as const] : []),
  ].toSorted((a, b) => a.at - b.at)
}

/** The subscription as if it had never been scheduled. */
export async function withdrawChange(
  scope: Scope,
  subscriptionId: string,
  changeId: string,
  reply: Reply<SubscriptionRow>,
): Promise<Outcome<SubscriptionRow>> {
  return changeState(scope, subscriptionId, (terms) => decide(scope, terms, changeId), reply)
}

function decide(scope: Scope, terms: SubscriptionTerms, changeId: string): Outcome<StateChange> {
  const { subscription: before } = terms
  const found = scheduledOf(before, scope.now).find(({ id }) => id === changeId)
  if (found === undefined) return err(notFound("scheduled change"))
  const change = changeWithout(scope, terms, found)
  return ok({
    at: scope.now,
    change,
    agenda: movedItems(before, { ...before, ...change }, scope.now),
    audit: { action: "subscription.change_withdrawn", before: { id: found.id, kind: found.kind } },
  })
}

function changeWithout(
  scope: Scope,
  { subscription: before, segments: known }: SubscriptionTerms,
  found: Scheduled,
): Partial<SubscriptionRow> {
  switch (found.kind) {
    case "Change": {
      const schedule = found.at === before.startedAt ? firstSchedule(before, known) : before.schedule
      const timeline = { segments: segmentsOf(before), schedule }
      const every = everyOf(known)
      return changedRow(before, withoutChange(timeline, found.id, every), scope.now, every)
    }
    case "Cancel":
      return { cancelAt: null, cancelledAt: null, cancelTerms: null }
    case "Resume":
      return {
        pauses: (before.pauses ?? []).map((p, at, all) => (at === all.length - 1 ? { ...p, to: null } : p)),
      }
  }
}

/** A change before the start may have made it another calendar: the one that it was subscribed with. */
function firstSchedule(before: SubscriptionRow, known: readonly SegmentTerms[]): Schedule {
  const { billingAnchor, startedAt, schedule } = before
  const first = segmentsOf(before)[0]
  const plan = known.find(({ segment }) => segment.planId === first?.planId)?.plan
  assert(plan !== undefined, "the plans of a timeline are known", { first })
  const { cadence, terms } = plan
  const { timeZone } = schedule
  const made = anchoredSchedule(billingAnchor, { cadence, every: terms.every, startedAt, timeZone })
  assert(made.ok, "a subscription has the calendar that it began with", { billingAnchor, cadence })
  return made.value
}

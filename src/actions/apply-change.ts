// Tells a subscription's row what it is sold under from now on, when a scheduled change begins to count. Runs from the agenda.
// Charges follow the timeline and need no telling; this is what lists and answers say.

import type { SubscriptionRow } from "../db/rows.ts"
import { subscriptions } from "../db/schema.ts"
import type { AgendaItem } from "../domain/agenda.ts"
import { periodContaining } from "../domain/period.ts"
import { err, ok } from "../domain/result.ts"
import { lastInstant } from "../domain/subscription.ts"
import type { Instant } from "../domain/time.ts"
import { formatInstant } from "../domain/time.ts"
import type { Segment } from "../domain/timeline.ts"
import { segmentAt, segmentsOf } from "../domain/timeline.ts"
import type { Outcome } from "./act.ts"
import { act } from "./act.ts"
import { nameOf } from "./changed-row.ts"
import { notFound } from "./refusal.ts"
import type { Scope } from "./scope.ts"

/** A change that was withdrawn or moved meanwhile, or of a subscription that ends before it, does not happen. `name`: of the change,
 *  and when. */
export async function applyChange(
  scope: Scope,
  subscriptionId: string,
  name: string,
): Promise<Outcome<null>> {
  return act(
    scope,
    async () => {
      const row = await scope.read.subscriptions.byId(subscriptionId)
      if (row === null) return err(notFound("subscription"))
      const segments = segmentsOf(row)
      const applied = segments.find((segment) => isNamed(segment, name, scope.now))
      const last = lastInstant(row)
      const happens = applied !== undefined && (last === null || applied.from < last)
      if (!happens) return ok({ value: null, commit: { audit: [] } })
      const { planId, planVersion, quantities, from } = segmentAt(segments, scope.now)
      const change = { planId, planVersion, quantities }
      return ok({
        value: null,
        commit: {
          guards: [scope.write.update(subscriptions, row.id, row.version, change)],
          agenda: advanceOf(row, applied),
          audit: [
            {
              action: "subscription.changed",
              subjectType: "Subscription",
              subjectId: row.id,
              customerId: row.customerId,
              before: { plan_id: row.planId, plan_version: row.planVersion, quantities: row.quantities },
              after: {
                plan_id: planId,
                plan_version: planVersion,
                quantities,
                effective_at: formatInstant(from),
              },
            },
          ],
        },
      })
    },
    null,
  )
}

/** Jobs that were made before changes followed the period's end name the change alone. */
function isNamed(segment: Segment, name: string, now: Instant): boolean {
  return nameOf(segment) === name || (segment.id === name && segment.from <= now)
}

/** Where one that keeps its time begins within a period, since the calendar was moved, no close bills what it charges in advance. */
function advanceOf({ id: subject, schedule }: SubscriptionRow, { id, from }: Segment): AgendaItem[] {
  const period = periodContaining(schedule, from)
  if (id === null || period === null || period.start === from) return []
  return [{ kind: "bill-advance", subject, uniqueKey: `${id}:applied`, dueAt: from }]
}

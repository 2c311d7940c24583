// Which periods of a subscription lie in a span of time. Pure.

import type { SubscriptionTerms } from "../db/readers/subscriptions.ts"
import type { Period } from "../domain/period.ts"
import { periodAt, periodContaining } from "../domain/period.ts"
import { err, ok } from "../domain/result.ts"
import type { Instant } from "../domain/time.ts"
import { limits } from "../limits.ts"
import type { Outcome } from "./act.ts"
import { currentPeriod } from "./read-usage.ts"
import { invalid } from "./refusal.ts"

type Span = { readonly from: Instant | null; readonly to: Instant | null }

/** The whole periods that the span touches, of those that have begun; without a bound, from or to the running one. */
export function periodsBetween(
  terms: SubscriptionTerms,
  span: Span,
  now: Instant,
): Outcome<readonly Period[]> {
  const { schedule, endedAt } = terms.subscription
  const current = currentPeriod(terms, now)
  const from = span.from ?? current.start
  const to = span.to ?? current.end
  if (from >= to) return err(invalid("to", "The end must lie after the start."))
  const first = periodContaining(schedule, from) ?? periodAt(schedule, 0)
  const begins = ({ start }: Period): boolean =>
    start < to && start <= now && (endedAt === null || start < endedAt)
  const periods: Period[] = []
  for (let period = first; begins(period); period = periodAt(schedule, period.index + 1)) {
    if (periods.length === limits.simulationPeriods) {
      return err(invalid("from", `A simulation takes at most ${limits.simulationPeriods} periods.`))
    }
    periods.push(period)
  }
  if (periods.length > 0) return ok(periods)
  return err(invalid("from", "The subscription has no period in this time that has begun."))
}

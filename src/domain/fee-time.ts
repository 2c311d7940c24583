// For what time a recurring fee is owed in a period, and when it is billed. Pure.
// Laws: it is owed for the time of its segment, after the trial, without pauses, up to the end of service; the shares of the
// segments of a period that runs through sum to one.

import type { BillingTiming } from "./catalog.ts"
import type { Billable, ChargeScope, Proration } from "./billable.ts"
import type { Period } from "./period.ts"
import { wholeOf } from "./period.ts"
import type { Interval } from "./proration.ts"
import { dayShareOf, overlap, shareOf } from "./proration.ts"
import type { Ratio } from "./ratio.ts"
import { addRatio, ZERO_RATIO } from "./ratio.ts"
import type { Instant } from "./time.ts"
import { LATEST } from "./time.ts"
import { withoutPauses } from "./timeline.ts"

export type Fee = {
  readonly period: Period
  readonly span: Interval
  readonly proration: Proration
  readonly timing: BillingTiming
}

export type FeeTime = { readonly share: Ratio; readonly service: Interval; readonly due: boolean }

type Terms = Pick<Billable, "trialEndsAt" | "end" | "pauses" | "schedule">

export function feeTime(terms: Terms, fee: Fee, { asOf, running }: ChargeScope): FeeTime {
  const { period, timing } = fee
  const end = terms.end?.at ?? LATEST
  const ends = end < period.end ? end : period.end
  if (timing === "InAdvance") {
    const paid = paidTime(terms, fee, terms.end?.prorated === true ? ends : period.end)
    const time = measured(terms, fee, paid)
    return { ...time, due: time.service.start <= asOf }
  }
  const isOver = ends <= asOf
  const paid = paidTime(terms, fee, isOver ? ends : asOf)
  return { ...measured(terms, fee, paid), due: isOver || running }
}

/** The times of a period for which the fee is owed, in order. */
function paidTime({ trialEndsAt, pauses }: Terms, { period, span }: Fee, until: Instant): Interval[] {
  const from = trialEndsAt !== null && trialEndsAt > span.start ? trialEndsAt : span.start
  const owed = { start: from, end: until < span.end ? until : span.end }
  const time = owed.start < owed.end ? overlap(owed, period) : null
  return time === null ? [] : withoutPauses(time, pauses)
}

function measured({ schedule }: Terms, { period, span, proration }: Fee, paid: readonly Interval[]) {
  const whole = wholeOf(period)
  const shares = paid.map((part) =>
    proration === "Day" ? dayShareOf(part, whole, schedule.timeZone) : shareOf(part, whole),
  )
  const first = paid[0]
  const last = paid.at(-1)
  const nowhere = span.start > period.start ? span.start : period.start
  return {
    share: shares.reduce(addRatio, ZERO_RATIO),
    service: { start: first?.start ?? nowhere, end: last?.end ?? nowhere },
  }
}

// What billing periods have used since a time, by given prices. It reads and writes nothing else.

import type { PeriodUse } from "../budget/protocol.ts"
import type { Span } from "../domain/leases.ts"
import { formatNanos } from "../domain/money.ts"
import { PriceLists } from "../domain/spend.ts"
import type { Instant } from "../domain/time.ts"
import { LATEST } from "../domain/time.ts"
import type { SpendRequest } from "./protocol.ts"
import { spendIn } from "./spend-in.ts"
import type { MeterState } from "./state.ts"

/** The billing periods with totals that begin at a time or later, also such as begin in the future, and the one that runs. */
export function usedPeriods({ terms, slots }: MeterState, since: Instant | null, now: Instant): Span[] {
  if (terms === null) return []
  const running = terms.billingPeriod(now)
  const totals = since === null ? [] : slots.periodsStartingIn(since, LATEST)
  const periods = [
    ...totals.map((slot) => terms.billingPeriodOf(slot)),
    ...(running === null ? [] : [running]),
  ]
  return [...new Map(periods.map((period) => [period.start, period])).values()]
}

export function spendSince({ prices, since, now }: SpendRequest, state: MeterState): PeriodUse[] {
  const { terms, slots, holds } = state
  if (terms === null) return []
  const rated = { prices: new PriceLists(prices), slots, partsOf: terms.partsOf.bind(terms) }
  return usedPeriods(state, since, now).map(({ start, end }) => ({
    start,
    end,
    spend: formatNanos(spendIn(rated, { start, end }, [])),
    held: formatNanos(holds.heldIn({ start, end })),
  }))
}

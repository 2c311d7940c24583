// The one-time fee of a subscription that joins a contract when little of it is left: its recurring fees up to the contract's end,
// billed at once. Each is the charge that its period would have made, under the same key, so no close bills it again.

import type { LinkedContract } from "../db/readers/contracts.ts"
import type { SubscriptionRow } from "../db/rows.ts"
import { billLines } from "../domain/billing.ts"
import { chargesOf } from "../domain/charges.ts"
import { periodsWithin } from "../domain/period.ts"
import { err, ok } from "../domain/result.ts"
import type { Instant } from "../domain/time.ts"
import type { Outcome } from "./act.ts"
import type { Bill } from "./bill.ts"
import { billOf, NO_BILL } from "./bill.ts"
import { billableOf } from "./billable.ts"
import { wasOf } from "./rate-subscription.ts"
import { notFound } from "./refusal.ts"
import type { Scope } from "./scope.ts"

/** `after`: the subscription as the contract makes it, which ends at `endAt`. Its usage is billed as it comes. */
export async function oneTimeFee(
  scope: Scope,
  after: SubscriptionRow,
  joined: LinkedContract,
  endAt: Instant,
): Promise<Outcome<Bill>> {
  if (endAt <= after.periodStart) return ok(NO_BILL)
  const terms = await scope.read.subscriptions.termsOf(after, [joined])
  if (terms === null) return err(notFound("subscription"))
  const time = { start: after.periodStart, end: endAt }
  const indices = periodsWithin(after.schedule, time).map(({ index }) => index)
  const all = chargesOf(billableOf(terms), new Map(), { indices, asOf: endAt, running: false })
  const fees = all.filter(({ metered }) => !metered)
  const was = await wasOf(scope, fees, null)
  const lines = billLines(fees, was, after.currency).map((line) => ({ ...line, usageRanges: null }))
  const total = lines.reduce((sum, { amountMinor }) => sum + amountMinor, 0n)
  if (total <= 0n) return ok(NO_BILL)
  return billOf(scope, after, { lines, guards: [] }, time)
}

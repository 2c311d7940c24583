// What a change of a subscription leads to at once: a period that it ends is closed, and what it makes due is billed.
// Law: what it gives back makes no invoice of its own; it is on the next bill, since billed = should − was.

import type { AuditEntry } from "../db/commit.ts"
import type { SubscriptionTerms } from "../db/readers/subscriptions.ts"
import type { SubscriptionRow } from "../db/rows.ts"
import type { AgendaItem } from "../domain/agenda.ts"
import { changeScope, closeDueAt, decideClose } from "../domain/close.ts"
import { minor, nanos } from "../domain/money.ts"
import { periodAt, periodContaining } from "../domain/period.ts"
import { err, ok } from "../domain/result.ts"
import { hasEnded } from "../domain/subscription.ts"
import type { Outcome } from "./act.ts"
import type { Bill } from "./bill.ts"
import { billOf, billOfSome, NO_BILL } from "./bill.ts"
import { closingOf } from "./close-period.ts"
import type { Draft } from "./draft-invoice.ts"
import { ownPart } from "./own-part.ts"
import type { RatedLine } from "./rate-subscription.ts"
import { rateSubscription } from "./rate-subscription.ts"
import { refusal } from "./refusal.ts"
import type { Scope } from "./scope.ts"

export type FollowUp = {
  readonly bill: Bill
  readonly change: Partial<SubscriptionRow>
  readonly agenda: readonly AgendaItem[]
  readonly audit: readonly AuditEntry[]
}

/** `after`: the subscription as the change makes it. */
export async function followUpOf(scope: Scope, after: SubscriptionTerms): Promise<Outcome<FollowUp>> {
  const { subscription } = after
  const close = decideClose(subscription, scope.now)
  if (close !== null) {
    const closing = await closingOf(scope, after, close)
    if (!closing.ok) return closing
    const { bill, change, agenda, audit } = closing.value
    return ok({ bill, change, agenda, audit: [audit] })
  }
  if (hasEnded(subscription.status)) return ok(NOTHING)
  const rated = await rateSubscription(scope, after, changeScope(subscription, scope.now))
  if (!rated.ok) return rated
  const total = rated.value.lines.reduce((sum, line) => sum + line.amountMinor, 0n)
  if (total <= 0n) return ok(NOTHING)
  const { start, end } = periodAt(subscription.schedule, subscription.periodIndex)
  const bill = await billOfSome(scope, subscription, rated.value, { start, end })
  if (!bill.ok) return bill
  return ok({ bill: bill.value, change: { billedSeq: rated.value.seq }, agenda: [], audit: [] })
}

const NOTHING: FollowUp = { bill: NO_BILL, change: {}, agenda: [], audit: [] }

/** The invoice that the next close will make, as things stand: the same code, which stops before the commit. */
export async function upcomingInvoice(scope: Scope, terms: SubscriptionTerms): Promise<Outcome<Draft>> {
  const { subscription } = terms
  if (hasEnded(subscription.status)) {
    return err(refusal("invalid_state", `The subscription is ${subscription.status}: no invoice follows.`))
  }
  const due = closeDueAt(subscription)
  const close = decideClose(subscription, due)
  if (close === null) return err(refusal("invalid_state", "Nothing is left to be billed."))
  const rated = await rateSubscription(scope, terms, close.scope)
  if (!rated.ok) return rated
  const bill = await billOf(scope, subscription, rated.value, { start: close.closed.start, end: due })
  if (!bill.ok) return bill
  const { draft } = bill.value
  if (draft === null) return err(refusal("invalid_state", "Nothing is left to be billed."))
  return ownPart(scope, draft, subscription.id)
}

/** What a change itself costs and gives back: how the lines differ that a bill of this moment would have with it and without it.
 *  So it is the same whether the running period's fees are billed already or not. */
export async function linesOfChange(
  scope: Scope,
  before: SubscriptionTerms,
  after: SubscriptionTerms,
): Promise<Outcome<readonly RatedLine[]>> {
  const { schedule } = after.subscription
  const running = changeScope(after.subscription, scope.now)
  // A change that begins a period of its own charges that one too.
  const begun = periodContaining(schedule, scope.now)?.index ?? 0
  const known = running.indices.at(-1) ?? begun
  const chargeScope = begun > known ? { ...running, indices: [...running.indices, begun] } : running
  const then = await rateSubscription(scope, before, chargeScope)
  if (!then.ok) return then
  const now = await rateSubscription(scope, after, chargeScope)
  if (!now.ok) return now
  const without = new Map(then.value.lines.map((line) => [line.lineKey, line]))
  const kept = new Set(now.value.lines.map((line) => line.lineKey))
  const gone = then.value.lines.filter((line) => !kept.has(line.lineKey))
  return ok([
    ...now.value.lines.flatMap((line) => difference(line, without.get(line.lineKey))),
    ...gone.flatMap((line) => difference({ ...line, amountMinor: minor(0n), ratedNanos: nanos(0n) }, line)),
  ])
}

function difference(line: RatedLine, without: RatedLine | undefined): RatedLine[] {
  const amountMinor = minor(line.amountMinor - (without?.amountMinor ?? 0n))
  const ratedNanos = nanos(line.ratedNanos - (without?.ratedNanos ?? 0n))
  return amountMinor === 0n && ratedNanos === 0n ? [] : [{ ...line, amountMinor, ratedNanos }]
}

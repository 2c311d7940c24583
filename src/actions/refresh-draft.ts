// Recomputes the lines of a draft from the meter as it is now: usage, and what adjusts its periods. Lines keep their ids and keys,
// and only figures change; what adjusts a period may come new. Fees stay as they were billed.

import type { Guarded } from "../db/database.ts"
import type { WasBilled } from "../db/readers/invoices.ts"
import type { SubscriptionTerms } from "../db/readers/subscriptions.ts"
import type { InvoiceLineRow, SubscriptionRow } from "../db/rows.ts"
import { addWas } from "../domain/billing.ts"
import type { Charge } from "../domain/charges.ts"
import { chargesOf } from "../domain/charges.ts"
import { decimalOf, formatDecimal } from "../domain/decimal.ts"
import type { LineKind } from "../domain/invoice.ts"
import { formatNanos, minor, nanos } from "../domain/money.ts"
import { periodAt, periodContaining } from "../domain/period.ts"
import { err, ok } from "../domain/result.ts"
import type { SeqRange } from "../domain/seq-ranges.ts"
import { rangesUpTo } from "../domain/seq-ranges.ts"
import type { Instant } from "../domain/time.ts"
import { limits } from "../limits.ts"
import type { Outcome } from "./act.ts"
import { billableOf } from "./billable.ts"
import type { Draft } from "./draft-invoice.ts"
import { lineRow } from "./draft-invoice.ts"
import { mayReach } from "./find.ts"
import { meterTermsOf } from "./meter-terms.ts"
import type { RatedLine } from "./rate-subscription.ts"
import { billedBefore, rateCharges } from "./rate-subscription.ts"
import { notFound } from "./refusal.ts"
import type { Scope } from "./scope.ts"
import { usageOf } from "./usage-of.ts"

const ZERO_MINOR = minor(0n)

export type RefreshedDraft = {
  readonly lines: readonly InvoiceLineRow[]
  /** The subscriptions that lines were rated from. */
  readonly subscriptions: readonly SubscriptionRow[]
  /** Keep what the lines were decided from true until they are committed. */
  readonly guards: readonly Guarded[]
}

/** The draft as it is to be finalized: its fees stay as they were billed. `known`: its subscriptions, where they were read with it. */
export function refreshDraft(
  scope: Scope,
  draft: Draft,
  known: readonly SubscriptionRow[] | null = null,
): Promise<Outcome<RefreshedDraft>> {
  return refreshLines(scope, draft, "Kept", known)
}

/** The lines of an invoice that is made anew: its fees too are what should be charged, less what other invoices took. */
export function recomputeDraft(scope: Scope, draft: Draft): Promise<Outcome<RefreshedDraft>> {
  return refreshLines(scope, draft, "Anew", null)
}

type Fees = "Kept" | "Anew"

async function refreshLines(
  scope: Scope,
  draft: Draft,
  fees: Fees,
  known: readonly SubscriptionRow[] | null,
): Promise<Outcome<RefreshedDraft>> {
  let lines = draft.lines
  const subscriptions: SubscriptionRow[] = []
  const guards: Guarded[] = []
  const ids = [...new Set(draft.lines.flatMap((line) => line.subscriptionId ?? []))]
  const rows = known ?? (await scope.read.ask(scope.read.subscriptions.byIds(ids)))
  for (const id of ids) {
    const row = rows.find((subscription) => subscription.id === id)
    const terms = row === undefined ? null : await scope.read.subscriptions.termsOf(row)
    if (terms === null || !mayReach(scope, terms.subscription.customerId))
      return err(notFound("subscription"))
    const refreshed = await refreshOf(scope, terms, { ...draft, lines }, fees)
    if (!refreshed.ok) return refreshed
    lines = refreshed.value.lines
    subscriptions.push(terms.subscription)
    guards.push(...refreshed.value.guards)
  }
  return ok({ lines, subscriptions, guards })
}

/** The lines of a draft with those of one subscription recomputed. */
async function refreshOf(
  scope: Scope,
  terms: SubscriptionTerms,
  draft: Draft,
  fees: Fees,
): Promise<Outcome<Omit<RefreshedDraft, "subscriptions">>> {
  const { subscription } = terms
  const mine = draft.lines.filter((line) => line.subscriptionId === subscription.id)
  const indices = indicesOf(subscription, mine)
  const first = indices[0]
  const last = indices.at(-1)
  if (first === undefined || last === undefined) return ok({ lines: draft.lines, guards: [] })

  const from = periodAt(subscription.schedule, first).start
  const to = periodAt(subscription.schedule, last).end
  const request = { customerId: null, terms: meterTermsOf(terms), changedSince: null, asOf: scope.now }
  const reply = await scope.meter(subscription.id).usage({ ...request, periods: { from, to } })
  if (reply.kind === "NotFound") return err(notFound("meter"))
  const keys = new Set(mine.map((line) => line.lineKey))
  // Usage counts whole, whatever the draft's date: other lines of the same charge are subtracted.
  // A draft of fees that are paid in advance is of a period that has not ended yet.
  const asOf = earlier(draft.invoice.periodEnd ?? to, scope.now)
  const chargeScope = { indices, asOf, running: true }
  const charges = chargesOf(billableOf(terms), usageOf(reply), chargeScope).map((charge): Charge => ({
    ...charge,
    due: (charge.metered || fees === "Anew") && keys.has(charge.lineKey),
  }))
  const { was: others, redemptions } = await billedBefore(scope, terms, charges, draft.invoice.id)
  const rated = await rateCharges(scope, terms, {
    charges,
    redemptions,
    was: fees === "Kept" ? withFees(others, charges, mine) : others,
    chargeScope,
    readSeq: reply.seq,
    draft: { id: draft.invoice.id, lines: draft.lines },
  })
  if (!rated.ok) return rated
  const unread = (key: string) => rangesUpTo(reply.seq, others.get(key)?.ranges ?? [])
  const made = fees === "Anew" ? [...ADJUSTING, "Charge" as const] : ADJUSTING
  return ok({
    lines: merged(scope, draft, mine, rated.value.lines, unread, new Set(made)),
    guards: rated.value.guards,
  })
}

function earlier(a: Instant, b: Instant): Instant {
  return a < b ? a : b
}

function indicesOf({ schedule }: SubscriptionRow, lines: readonly InvoiceLineRow[]): number[] {
  const found = new Set<number>()
  for (const { serviceStart, kind } of lines) {
    if (serviceStart === null || kind === "Manual") continue
    const period = periodContaining(schedule, serviceStart)
    if (period !== null) found.add(period.index)
  }
  return [...found].toSorted((a, b) => a - b).slice(0, limits.periodsPerBill)
}

/** The draft's own fees stay: they count as billed. */
function withFees(
  others: ReadonlyMap<string, WasBilled>,
  charges: readonly Charge[],
  lines: readonly InvoiceLineRow[],
): ReadonlyMap<string, WasBilled> {
  const kept = new Set(charges.flatMap(({ due, lineKey }) => (due ? [] : [lineKey])))
  const was = new Map(others)
  for (const line of lines) {
    if (!kept.has(line.lineKey)) continue
    const own = {
      quantity: decimalOf(line.quantity),
      rated: nanos(BigInt(line.ratedNanos)),
      amount: line.amountMinor,
    }
    const before = was.get(line.lineKey)
    was.set(line.lineKey, { ...addWas(before, own), ranges: before?.ranges ?? [] })
  }
  return was
}

/** The draft's lines with new figures, and those that came new behind them. */
function merged(
  scope: Scope,
  draft: Draft,
  mine: readonly InvoiceLineRow[],
  rated: readonly RatedLine[],
  unread: (lineKey: string) => readonly SeqRange[],
  /** What is recomputed: such a line that is not there any more comes to nothing. */
  kinds: ReadonlySet<LineKind>,
): InvoiceLineRow[] {
  const byKey = new Map(rated.map((line) => [line.lineKey, line]))
  const own = new Set(mine)
  const lines = draft.lines.map((line): InvoiceLineRow => {
    if (!own.has(line)) return line
    const fresh = byKey.get(line.lineKey)
    if (fresh !== undefined) return { ...line, ...figuresOf(fresh) }
    // Other invoices took all of it meanwhile, or nothing is left of it.
    if (line.usageRanges !== null) return { ...line, ...NOTHING, usageRanges: unread(line.lineKey) }
    return kinds.has(line.kind ?? "Charge") ? { ...line, ...NOTHING } : line
  })
  const known = new Set(lines.map((line) => line.lineKey))
  const isNew = (line: RatedLine) => !known.has(line.lineKey) && kinds.has(line.kind)
  // On an invoice of several customers they say whose they are, as the others do.
  const customerId = mine[0]?.customerId ?? null
  const next = Math.max(...draft.lines.map(({ position }) => position)) + 1
  const added = rated
    .filter(isNew)
    .map((line, at) => ({ ...lineRow(scope, draft.invoice.id, next + at, line), customerId }))
  return [...lines, ...added]
}

const ADJUSTING: readonly LineKind[] = ["Minimum", "Commitment", "Discount"]
const NOTHING = { quantity: "0", ratedNanos: "0", amountMinor: ZERO_MINOR, basis: null }

function figuresOf(line: RatedLine) {
  return {
    quantity: formatDecimal(line.quantity),
    ratedNanos: formatNanos(line.ratedNanos),
    amountMinor: line.amountMinor,
    usageRanges: line.usageRanges,
    basis: line.basis,
  }
}

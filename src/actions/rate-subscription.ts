// Rates a subscription: reads the meter and earlier invoices, and says which lines a new bill has. Writes nothing.

import type { Guarded } from "../db/database.ts"
import type { WasBilled } from "../db/readers/invoices.ts"
import type { SubscriptionTerms } from "../db/readers/subscriptions.ts"
import type { CouponRedemptionRow } from "../db/rows.ts"
import type { BilledLine } from "../domain/billing.ts"
import { billLines } from "../domain/billing.ts"
import type { ChargeScope } from "../domain/billable.ts"
import type { Charge } from "../domain/charges.ts"
import { chargesOf } from "../domain/charges.ts"
import { periodAt, periodContaining } from "../domain/period.ts"
import { err, ok } from "../domain/result.ts"
import type { SeqRange } from "../domain/seq-ranges.ts"
import { rangesUpTo } from "../domain/seq-ranges.ts"
import type { Instant } from "../domain/time.ts"
import type { Usage } from "../domain/usage.ts"
import type { UsageReply } from "../meter/protocol.ts"
import type { Outcome } from "./act.ts"
import type { RecomputedDraft } from "./adjust.ts"
import { adjustmentsOf } from "./adjust.ts"
import { billableOf } from "./billable.ts"
import { meterTermsOf } from "./meter-terms.ts"
import { notFound, refusal } from "./refusal.ts"
import type { Scope } from "./scope.ts"
import { usageOf } from "./usage-of.ts"

/** `usageRanges`: which changes of the meter the line bills; null for a charge that no meter counts. */
export type RatedLine = BilledLine & { readonly usageRanges: readonly SeqRange[] | null }

export type Rated = {
  readonly lines: readonly RatedLine[]
  /** How far the meter was read. */
  readonly seq: number
  /** Keep what the lines were decided from true until they are committed. */
  readonly guards: readonly Guarded[]
}

/** The lines that are owed within a scope, and what came late to periods that were billed before. */
export async function rateSubscription(
  scope: Scope,
  terms: SubscriptionTerms,
  chargeScope: ChargeScope,
): Promise<Outcome<Rated>> {
  const metered = await readUsage(scope, terms, chargeScope)
  if (!metered.ok) return metered
  const { usage, seq, readSeq, late } = metered.value
  const whole = { ...chargeScope, indices: [...late, ...chargeScope.indices] }
  const charges = chargesOf(billableOf(terms), usage, whole)
  const before = await billedBefore(scope, terms, charges, null)
  const input = { charges, ...before, chargeScope: whole, readSeq, draft: null }
  const rated = await rateCharges(scope, terms, input)
  return rated.ok ? ok({ ...rated.value, seq }) : rated
}

export type Before = {
  /** What the charges were billed on other invoices than the one that is recomputed. */
  readonly was: ReadonlyMap<string, WasBilled>
  /** All coupons that the subscription ever had. */
  readonly redemptions: readonly CouponRedemptionRow[]
}

export type RateInput = Before & {
  readonly charges: readonly Charge[]
  readonly chargeScope: ChargeScope
  /** The change up to which the meter was read for these charges. */
  readonly readSeq: number
  readonly draft: RecomputedDraft | null
}

/** The lines of charges, and of what adjusts their periods. */
export async function rateCharges(
  scope: Scope,
  terms: SubscriptionTerms,
  input: RateInput,
): Promise<Outcome<Pick<Rated, "lines" | "guards">>> {
  const { charges, readSeq, draft } = input
  const { currency } = terms.subscription
  const adjustments = await adjustmentsOf(scope, terms, input)
  const adjusted = await wasOf(scope, adjustments.charges, draft?.id ?? null)
  const was = new Map([...input.was, ...adjusted])
  const metered = new Set(charges.filter((charge) => charge.metered).map((charge) => charge.lineKey))
  const lines = billLines([...charges, ...adjustments.charges], was, currency).map((line): RatedLine => {
    const taken = was.get(line.lineKey)?.ranges ?? []
    return { ...line, usageRanges: metered.has(line.lineKey) ? rangesUpTo(readSeq, taken) : null }
  })
  const tooLarge = lines.find((line) => line.amountMinor > MAX_MINOR || line.amountMinor < -MAX_MINOR)
  if (tooLarge === undefined) return ok({ lines, guards: adjustments.guards })
  return err(
    refusal(
      "amount_out_of_range",
      `${tooLarge.description} comes to more than an invoice can hold. Check its price.`,
    ),
  )
}

/** Storage keeps whole numbers exactly up to 2^53; an invoice of a hundred such lines stays below. */
const MAX_MINOR = 2n ** 53n / 128n

/** What has to be known of the past to rate charges. */
export async function billedBefore(
  { read }: Scope,
  { subscription }: SubscriptionTerms,
  charges: readonly Charge[],
  exceptInvoiceId: string | null,
): Promise<Before> {
  const keys = charges.map((charge) => charge.lineKey)
  const [was, redemptions] = await read.together([
    read.invoices.was(keys, exceptInvoiceId),
    read.coupons.redemptionsOf(subscription.id),
  ])
  return { was, redemptions }
}

/** What non-void invoices took for these charges, but for one that is redone. */
export async function wasOf(
  scope: Scope,
  charges: readonly Charge[],
  exceptInvoiceId: string | null,
): Promise<ReadonlyMap<string, WasBilled>> {
  const keys = charges.map((charge) => charge.lineKey)
  return scope.read.ask(scope.read.invoices.was(keys, exceptInvoiceId))
}

/** `seq` is what the next bill goes on from; the usage may hold some changes more, up to `readSeq`. */
type Metered = {
  readonly usage: Usage
  readonly seq: number
  readonly readSeq: number
  readonly late: readonly number[]
}

/** Totals of the periods, and the indices of earlier periods that changed since the last bill, with their totals. */
async function readUsage(
  scope: Scope,
  terms: SubscriptionTerms,
  chargeScope: ChargeScope,
): Promise<Outcome<Metered>> {
  const { subscription } = terms
  const { indices } = chargeScope
  const meterTerms = meterTermsOf(terms)
  const first = indices[0]
  const last = indices.at(-1)
  if (meterTerms.meters.length === 0 || first === undefined || last === undefined) {
    const seq = subscription.billedSeq
    return ok({ usage: new Map(), seq, readSeq: seq, late: [] })
  }
  const meter = scope.meter(subscription.id)
  const request = { customerId: null, terms: meterTerms, asOf: chargeScope.asOf }
  const to = periodAt(subscription.schedule, last).end
  const from = periodAt(subscription.schedule, first).start
  const reply = await meter.usage({ ...request, periods: { from, to }, changedSince: subscription.billedSeq })
  if (reply.kind === "NotFound") return err(notFound("meter"))
  const late = lateIndices(subscription.schedule, reply, from)
  const earliest = late[0]
  if (earliest === undefined) return ok({ usage: usageOf(reply), seq: reply.seq, readSeq: reply.seq, late })
  // A changed period may have further totals that did not change: all of them count.
  const since = periodAt(subscription.schedule, earliest).start
  const whole = await meter.usage({ ...request, periods: { from: since, to }, changedSince: null })
  if (whole.kind === "NotFound") return err(notFound("meter"))
  // The older mark: what arrived between the two reads is looked at again next time.
  return ok({ usage: usageOf(whole), seq: reply.seq, readSeq: whole.seq, late })
}

type UsageFound = Extract<UsageReply, { kind: "Usage" }>

function lateIndices(
  schedule: SubscriptionTerms["subscription"]["schedule"],
  reply: UsageFound,
  from: Instant,
): number[] {
  const found = new Set<number>()
  for (const total of reply.totals) {
    if (total.periodStart >= from) continue
    const period = periodContaining(schedule, total.periodStart)
    if (period !== null) found.add(period.index)
  }
  return [...found].toSorted((a, b) => a - b)
}

// Rates a subscription: reads the meter and earlier invoices, and says which lines a new bill has. Writes nothing.

import type { WasBilled } from "../db/readers/invoices.ts"
import type { SubscriptionTerms } from "../db/readers/subscriptions.ts"
import type { BilledLine } from "../domain/billing.ts"
import { billLines } from "../domain/billing.ts"
import type { Billable, Charge, ChargeScope, Usage } from "../domain/charges.ts"
import { chargesOf, usageKey } from "../domain/charges.ts"
import type { Decimal } from "../domain/decimal.ts"
import { decimalOf } from "../domain/decimal.ts"
import { periodAt, periodContaining } from "../domain/period.ts"
import { err, ok } from "../domain/result.ts"
import type { SeqRange } from "../domain/seq-ranges.ts"
import { rangesUpTo } from "../domain/seq-ranges.ts"
import type { Instant } from "../domain/time.ts"
import type { UsageReply } from "../meter/protocol.ts"
import type { Outcome } from "./act.ts"
import { meterTermsOf } from "./meter-terms.ts"
import { notFound, refusal } from "./refusal.ts"
import type { Scope } from "./scope.ts"

/** `usageRanges`: which changes of the meter the line bills; null for a charge that no meter counts. */
export type RatedLine = BilledLine & { readonly usageRanges: readonly SeqRange[] | null }

export type Rated = {
  readonly lines: readonly RatedLine[]
  readonly charges: readonly Charge[]
  /** How far the meter was read. */
  readonly seq: number
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
  const indices = [...late, ...chargeScope.indices]
  const charges = chargesOf(billableOf(terms), usage, { ...chargeScope, indices })
  const was = await scope.read.invoices.was(
    charges.map((charge) => charge.lineKey),
    null,
  )
  const lines = ratedLines(terms, charges, was, readSeq)
  return lines.ok ? ok({ lines: lines.value, charges, seq }) : lines
}

/** `readSeq` is the change up to which the meter was read for these charges. */
export function ratedLines(
  { subscription }: SubscriptionTerms,
  charges: readonly Charge[],
  was: ReadonlyMap<string, WasBilled>,
  readSeq: number,
): Outcome<readonly RatedLine[]> {
  const metered = new Set(charges.filter((charge) => charge.metered).map((charge) => charge.lineKey))
  const lines = billLines(charges, was, subscription.currency).map((line): RatedLine => {
    const taken = was.get(line.lineKey)?.ranges ?? []
    return { ...line, usageRanges: metered.has(line.lineKey) ? rangesUpTo(readSeq, taken) : null }
  })
  const tooLarge = lines.find((line) => line.amountMinor > MAX_MINOR || line.amountMinor < -MAX_MINOR)
  if (tooLarge === undefined) return ok(lines)
  return err(
    refusal(
      "amount_out_of_range",
      `${tooLarge.description} comes to more than an invoice can hold. Check its price.`,
    ),
  )
}

/** Storage keeps whole numbers exactly up to 2^53; an invoice of a hundred such lines stays below. */
const MAX_MINOR = 2n ** 53n / 128n

export function billableOf({ subscription, skus }: SubscriptionTerms): Billable {
  return {
    subscriptionId: subscription.id,
    schedule: subscription.schedule,
    trialEndsAt: subscription.trialEndsAt,
    endedAt: subscription.endedAt,
    quantities: subscription.quantities,
    skus,
  }
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

export function usageOf(reply: UsageFound): Usage {
  const usage = new Map<string, Decimal>()
  for (const total of reply.totals) usage.set(usageKey(total.periodStart, total.key), decimalOf(total.value))
  return usage
}

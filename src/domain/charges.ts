// What each price should cost for each service period. Pure: terms, usage and a point in time in, charges out.
// Laws: a charge is always computed from all of its usage, never from "the new usage"; what was charged once and is owed no more
// is a charge of nothing, so that it is given back.

import { assert } from "./assert.ts"
import type { Billable, ChargeScope, SoldSegment } from "./billable.ts"
import type { RatedSku, SkuTerms } from "./catalog.ts"
import { meterOfSku, pricingOf } from "./catalog.ts"
import type { Decimal } from "./decimal.ts"
import { isNegative, ONE, ZERO } from "./decimal.ts"
import type { FeeTime } from "./fee-time.ts"
import { feeTime } from "./fee-time.ts"
import type { LineKind } from "./invoice.ts"
import type { ChargeBasis, PriceBasis } from "./line-basis.ts"
import { ratioText, usageText } from "./line-basis.ts"
import type { Period, Schedule } from "./period.ts"
import { periodAt, periodsWithin } from "./period.ts"
import { rate } from "./pricing/pipeline.ts"
import type { Interval } from "./proration.ts"
import type { Ratio } from "./ratio.ts"
import { multiplyRatio, ratio, ZERO_RATIO } from "./ratio.ts"
import { skuUnder } from "./sku-overrides.ts"
import { quantityFor } from "./subscription.ts"
import type { MeterDefinition } from "./terms.ts"
import type { Instant } from "./time.ts"
import { formatInstant } from "./time.ts"
import type { FeeSpan, Segment } from "./timeline.ts"
import { feeSpans, segmentAt, usageSchedule } from "./timeline.ts"
import type { Usage, UsageTotal } from "./usage.ts"
import { NO_USAGE } from "./usage.ts"

export type Charge = {
  /** The same charge has the same key on every invoice: SKU and service period, and for what comes in the midst of it, from when. */
  readonly lineKey: string
  readonly kind: LineKind
  readonly sourceId: string | null
  readonly subscriptionId: string
  readonly skuId: string | null
  readonly planId: string | null
  readonly periodIndex: number
  readonly description: string
  /** Usage adds up over the parts of a charge; the quantity of a recurring fee stands on each of its parts. */
  readonly metered: boolean
  readonly quantity: Decimal
  readonly unitAmountNanos: string | null
  /** What the charge should come to, exact, in nanos. */
  readonly should: Ratio
  /** The share of the period that a fee is owed for; one for usage. */
  readonly share: Ratio
  readonly service: Interval
  /** Whether it is billed by now. What is not keeps what it was billed, if it was. */
  readonly due: boolean
  /** No line is made of it unless it changes something. */
  readonly silent: boolean
  /** What it was computed from; absent where it is stated. */
  readonly basis?: ChargeBasis
}

export function usageKey(periodStart: Instant, meterKey: string): string {
  return `${periodStart}|${meterKey}`
}

/** Every charge of these periods as of an instant, in the order of periods, segments and SKUs. */
export function chargesOf(billable: Billable, usage: Usage, scope: ChargeScope): Charge[] {
  const context = contextOf(billable, usage, scope)
  const charges: Charge[] = []
  for (const index of scope.indices) {
    const period = periodAt(billable.schedule, index)
    if (period.start > scope.asOf) break
    if (billable.end !== null && period.start > billable.end.at) break
    charges.push(...chargesIn(context, period))
  }
  return charges
}

type Context = {
  readonly billable: Billable
  readonly usage: Usage
  readonly scope: ChargeScope
  readonly spans: readonly { readonly span: FeeSpan; readonly sold: SoldSegment }[]
  readonly usageParts: Schedule
}

function contextOf(billable: Billable, usage: Usage, scope: ChargeScope): Context {
  const segments = billable.segments.map(({ segment }) => segment)
  const spans = feeSpans(segments).map((span, at) => {
    const sold = billable.segments[at]
    assert(sold !== undefined, "each segment has one span")
    return { span, sold }
  })
  return { billable, usage, scope, spans, usageParts: usageSchedule(billable.schedule, segments) }
}

/** A charge and its place among those of a period: from when its terms count, and where its SKU stands in its plan. */
type Placed = { readonly from: Instant; readonly order: number; readonly charge: Charge }

/** Of two charges under one key, the later segment's counts: it took the place of the other. */
function chargesIn(context: Context, period: Period): Charge[] {
  const byKey = new Map<string, Placed>()
  for (const placed of [...feesIn(context, period), ...usageIn(context, period)]) {
    const { charge } = placed
    const known = byKey.get(charge.lineKey)
    if (known === undefined || known.charge.silent || !charge.silent) byKey.set(charge.lineKey, placed)
  }
  return [...byKey.values()]
    .toSorted((a, b) => a.from - b.from || a.order - b.order)
    .map(({ charge }) => charge)
}

function feesIn(context: Context, period: Period): Placed[] {
  return context.spans.flatMap(({ span, sold }) => {
    if (span.start >= period.end || span.end < period.start) return []
    const from = span.start > period.start ? span.start : period.start
    return sold.skus.flatMap((sku, order) => {
      if (sku.terms.meter !== null) return []
      return [{ from, order, charge: feeCharge(context, period, span, sold, sku) }]
    })
  })
}

function feeCharge(
  { billable, scope }: Context,
  period: Period,
  span: FeeSpan,
  { segment, proration }: SoldSegment,
  plain: RatedSku,
): Charge {
  const sku = skuUnder(plain, segment.overrides)
  const time = feeTime(billable, { period, span, proration, timing: sku.terms.billingTiming }, scope)
  const quantity = sku.terms.price.model === "Flat" ? ONE : quantityFor(segment.quantities, sku.id)
  const suffix = span.start > period.start ? `:${formatInstant(span.start)}` : ""
  const usage = { value: quantity, events: 0, groups: [] }
  const owed = billable.paysOut === true ? multiplyRatio(time.share, ratio(-1n)) : time.share
  return {
    ...common(billable, sku, segment, period),
    lineKey: `${billable.subscriptionId}:${sku.id}:${formatInstant(period.start)}${suffix}`,
    metered: false,
    quantity,
    should: amount(sku.terms, usage, owed),
    basis: basisOf(sku.terms, usage, owed, null),
    ...timeOf(time),
  }
}

/** A fee for no time makes no line, unless it gives back what was charged. */
function timeOf({ share, service, due }: FeeTime) {
  return { share, service, due, silent: share.num === 0n }
}

function usageIn({ billable, usage, scope, usageParts }: Context, period: Period): Placed[] {
  const segments = billable.segments.map(({ segment }) => segment)
  return periodsWithin(usageParts, period).flatMap((part) => {
    const active = segmentAt(segments, part.start)
    return billable.segments.flatMap((sold, at) => {
      const isActive = sold.segment === active
      // A segment that was replaced in the instant in which it, or the part, began has no usage, but may have been billed for some.
      const touches = sold.segment.from === part.start || segments[at + 1]?.from === part.start
      if (!isActive && !touches) return []
      return sold.skus.flatMap((sku, order) => {
        if (sku.terms.meter === null) return []
        const charge = usageCharge(billable, usage, scope, { period, part, sold, sku, isActive })
        return [{ from: part.start, order, charge }]
      })
    })
  })
}

type UsagePart = {
  readonly period: Period
  readonly part: Period
  readonly sold: SoldSegment
  readonly sku: RatedSku
  readonly isActive: boolean
}

function usageCharge(
  billable: Billable,
  usage: Usage,
  scope: ChargeScope,
  { period, part, sold, sku: plain, isActive }: UsagePart,
): Charge {
  const sku = skuUnder(plain, sold.segment.overrides)
  const meter = meterOfSku(sku)
  assert(meter !== null, "a metered SKU has a meter", { sku: sku.id })
  const end = earlier(part.end, billable.end?.at ?? null)
  const found = usage.get(usageKey(part.start, meter.key)) ?? NO_USAGE
  const counts = isActive && part.start < (billable.end?.at ?? part.end)
  // Corrections can leave a total below zero for a while. Nobody is paid for using a service.
  const total = isNegative(found.value) ? { ...found, value: ZERO } : found
  return {
    ...common(billable, sku, sold.segment, period),
    lineKey: `${billable.subscriptionId}:${sku.id}:${formatInstant(part.start)}`,
    metered: true,
    quantity: counts ? total.value : ZERO,
    should: counts ? amount(sku.terms, total, ratio(1n)) : ZERO_RATIO,
    basis: basisOf(sku.terms, counts ? total : NO_USAGE, ratio(counts ? 1n : 0n), meter),
    share: ratio(1n),
    service: { start: part.start, end: end < part.start ? part.start : end },
    due: scope.running || earlier(period.end, billable.end?.at ?? null) <= scope.asOf,
    silent: !counts,
  }
}

function earlier(a: Instant, b: Instant | null): Instant {
  return b !== null && b < a ? b : a
}

function common(billable: Billable, sku: RatedSku, segment: Segment, period: Period) {
  return {
    kind: "Charge",
    sourceId: null,
    subscriptionId: billable.subscriptionId,
    skuId: sku.id,
    planId: segment.planId,
    periodIndex: period.index,
    description: sku.name,
    unitAmountNanos: signed(billable, unitAmountOf(sku.terms)),
  } as const
}

function signed({ paysOut }: Billable, amountNanos: string | null): string | null {
  return paysOut === true && amountNanos !== null && amountNanos !== "0" ? `-${amountNanos}` : amountNanos
}

function basisOf(
  { price, modifiers }: SkuTerms,
  usage: UsageTotal,
  share: Ratio,
  meter: MeterDefinition | null,
): PriceBasis {
  const pricing = modifiers === undefined ? { price } : { price, modifiers }
  return { kind: "Price", pricing, usage: usageText(usage), share: ratioText(share), meter }
}

/** A minimum and a maximum are on the period's amount: a fee for half of the time has half of them. The share of what is owed to the
 *  customer is below zero. */
function amount(terms: SkuTerms, usage: UsageTotal, share: Ratio): Ratio {
  const price = rate(pricingOf(terms), usage).amount
  assert(price.num >= 0n, "a price is never below zero", { terms })
  return multiplyRatio(price, share)
}

/** The one price of a unit, where there is one. A transformed quantity has it for another unit than the line's. */
function unitAmountOf({ price, modifiers }: SkuTerms): string | null {
  if ((modifiers?.quantityTransform ?? null) !== null) return null
  switch (price.model) {
    case "Flat":
    case "PerUnit":
    case "Package":
      return price.unitAmountNanos
    case "Graduated":
    case "Volume":
    case "Committed":
    case "Percentage":
    case "Matrix":
      return null
  }
}

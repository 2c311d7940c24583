// Escalation: how the prices of a contract rise with its time.
// Laws: a price that is free stays free; the n-th rise is reckoned from the agreed price, not from the one before it, so it is
// rounded once: to whole nanos, since that is what a price list is written in. Pure.

import type { Escalation } from "./contract.ts"
import { decimal, decimalOf, formatDecimal } from "./decimal.ts"
import { formatNanos, ratioToNanos } from "./money.ts"
import type { PriceTerms, TierTerms } from "./price-terms.ts"
import { addRatio, multiplyRatio, ratio } from "./ratio.ts"
import type { Ratio } from "./ratio.ts"
import type { Instant } from "./time.ts"
import { addDuration, NO_TIME } from "./time.ts"

const WHOLE_BPS = 10_000n

/** The price after `steps` rises. */
export function escalated(price: PriceTerms, escalation: Escalation, steps: number): PriceTerms {
  if (steps === 0) return price
  const unit = (text: string) => raised(text, (amount) => after(amount, escalation, steps))
  // What is no price of a unit rises with a share only.
  const amount = escalation.type === "Percent" ? unit : (text: string) => text
  const tier = (terms: TierTerms): TierTerms => {
    const { unitAmountNanos, flatAmountNanos } = terms
    return { ...terms, unitAmountNanos: unit(unitAmountNanos), flatAmountNanos: amount(flatAmountNanos) }
  }
  switch (price.model) {
    case "Flat":
    case "PerUnit":
    case "Package":
      return { ...price, unitAmountNanos: unit(price.unitAmountNanos) }
    case "Graduated":
    case "Volume":
      return { ...price, tiers: price.tiers.map(tier) }
    case "Committed":
      return {
        ...price,
        committedAmountNanos: amount(price.committedAmountNanos),
        unitAmountNanos: price.unitAmountNanos === null ? null : unit(price.unitAmountNanos),
        overageUnitAmountNanos: unit(price.overageUnitAmountNanos),
      }
    case "Percentage": {
      const { minimumPerEventNanos: least, maximumPerEventNanos: most } = price
      return {
        ...price,
        rateBps:
          escalation.type === "Percent" ? rateAfter(price.rateBps, escalation.bps, steps) : price.rateBps,
        fixedAmountNanos: unit(price.fixedAmountNanos),
        minimumPerEventNanos: least === null ? null : amount(least),
        maximumPerEventNanos: most === null ? null : amount(most),
      }
    }
    case "Matrix": {
      const cells = price.cells.map((cell) => ({ ...cell, unitAmountNanos: unit(cell.unitAmountNanos) }))
      return { ...price, cells, defaultUnitAmountNanos: unit(price.defaultUnitAmountNanos) }
    }
  }
}

function raised(text: string, rise: (amount: Ratio) => Ratio): string {
  const amount = BigInt(text)
  return amount === 0n ? text : formatNanos(ratioToNanos(rise(ratio(amount))))
}

function after(amount: Ratio, escalation: Escalation, steps: number): Ratio {
  if (escalation.type === "Fixed") {
    return addRatio(amount, ratio(BigInt(escalation.amountNanos) * BigInt(steps)))
  }
  const times = BigInt(steps)
  const factor = ratio((WHOLE_BPS + BigInt(escalation.bps)) ** times, WHOLE_BPS ** times)
  return multiplyRatio(amount, factor)
}

/** Exact: basis points of basis points are decimals. */
function rateAfter(rateBps: string, bps: number, steps: number): string {
  const { coefficient, scale } = decimalOf(rateBps)
  return formatDecimal(decimal(coefficient * (WHOLE_BPS + BigInt(bps)) ** BigInt(steps), scale + 4 * steps))
}

/** The anniversaries of a contract's first day that lie in its time. */
export function anniversaries(startAt: Instant, endAt: Instant): Instant[] {
  const found: Instant[] = []
  for (let years = 1; ; years++) {
    const at = addDuration(startAt, { ...NO_TIME, years: 1 }, years, "UTC")
    if (at >= endAt) return found
    found.push(at)
  }
}

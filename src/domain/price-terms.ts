// What a price is as it is stored: text and plain objects, which become exact values when they are read.

import { assert } from "./assert.ts"
import { decimalOf, ZERO } from "./decimal.ts"
import type { EventFee } from "./event-fee.ts"
import type { Nanos } from "./money.ts"
import { nanos } from "./money.ts"
import type { PricingModel } from "./pricing/model.ts"
import type { Modifiers, Pricing, QuantityRounding } from "./pricing/pipeline.ts"
import { NO_MODIFIERS } from "./pricing/pipeline.ts"

export type TierTerms = {
  readonly upTo: string | null
  readonly unitAmountNanos: string
  readonly flatAmountNanos: string
}

export type PriceTerms =
  | { readonly model: "Flat" | "PerUnit"; readonly unitAmountNanos: string }
  | { readonly model: "Graduated" | "Volume"; readonly tiers: readonly TierTerms[] }
  | { readonly model: "Package"; readonly unitAmountNanos: string; readonly packageSize: string }
  | {
      readonly model: "Committed"
      readonly committedAmountNanos: string
      readonly committedQuantity: string | null
      readonly unitAmountNanos: string | null
      readonly overageUnitAmountNanos: string
    }
  | PercentageTerms
  | MatrixTerms

export type PercentageTerms = {
  readonly model: "Percentage"
  readonly rateBps: string
  readonly fixedAmountNanos: string
  readonly minimumPerEventNanos: string | null
  readonly maximumPerEventNanos: string | null
}

export type MatrixTerms = {
  readonly model: "Matrix"
  /** The names of the values of each cell, sorted, as the meter has its `groupBy`. */
  readonly dimensions: readonly string[]
  readonly cells: readonly {
    readonly values: readonly (string | null)[]
    readonly unitAmountNanos: string
  }[]
  readonly defaultUnitAmountNanos: string
}

/** What stands around the model of a price; null where nothing does. */
export type ModifierTerms = {
  readonly quantityTransform: { readonly divideBy: string; readonly round: QuantityRounding } | null
  readonly includedQuantity: string | null
  readonly minimumAmountNanos: string | null
  readonly maximumAmountNanos: string | null
  /** What a subscription gets off, in basis points; absent where it gets nothing. */
  readonly discountBps?: number
}

export const NO_MODIFIER_TERMS: ModifierTerms = {
  quantityTransform: null,
  includedQuantity: null,
  minimumAmountNanos: null,
  maximumAmountNanos: null,
}

export type PricingTerms = {
  readonly price: PriceTerms
  /** Absent where there are none, as in all terms that were stored before there were any. */
  readonly modifiers?: ModifierTerms
}

/** Everything that turns a period's total into its amount. */
export function pricingOf({ price, modifiers }: PricingTerms): Pricing {
  return {
    model: pricingModelOf(price),
    modifiers: modifiers === undefined ? NO_MODIFIERS : modifiersOf(modifiers),
  }
}

function modifiersOf(terms: ModifierTerms): Modifiers {
  const { quantityTransform: transform, includedQuantity, minimumAmountNanos, maximumAmountNanos } = terms
  const { discountBps = 0 } = terms
  return {
    quantityTransform:
      transform === null ? null : { divideBy: decimalOf(transform.divideBy), round: transform.round },
    includedQuantity: includedQuantity === null ? ZERO : decimalOf(includedQuantity),
    minimumAmount: minimumAmountNanos === null ? null : stored(minimumAmountNanos),
    maximumAmount: maximumAmountNanos === null ? null : stored(maximumAmountNanos),
    discountBps: BigInt(discountBps),
  }
}

export function pricingModelOf(price: PriceTerms): PricingModel {
  switch (price.model) {
    case "Flat":
    case "PerUnit":
      return { model: price.model, unitAmount: stored(price.unitAmountNanos) }
    case "Graduated":
    case "Volume":
      return { model: price.model, tiers: price.tiers.map(tierOf) }
    case "Package":
      return {
        model: "Package",
        unitAmount: stored(price.unitAmountNanos),
        packageSize: decimalOf(price.packageSize),
      }
    case "Committed":
      return {
        model: "Committed",
        committedAmount: stored(price.committedAmountNanos),
        committedQuantity: price.committedQuantity === null ? null : decimalOf(price.committedQuantity),
        unitAmount: price.unitAmountNanos === null ? null : stored(price.unitAmountNanos),
        overageUnitAmount: stored(price.overageUnitAmountNanos),
      }
    case "Percentage":
      return percentageOf(price)
    case "Matrix":
      return {
        model: "Matrix",
        cells: price.cells.map(({ values, unitAmountNanos }) => ({
          values,
          unitAmount: stored(unitAmountNanos),
        })),
        defaultUnitAmount: stored(price.defaultUnitAmountNanos),
      }
  }
}

function percentageOf(price: PercentageTerms): PricingModel {
  const { minimumPerEventNanos: least, maximumPerEventNanos: most } = price
  return {
    model: "Percentage",
    rateBps: decimalOf(price.rateBps),
    fixedAmount: stored(price.fixedAmountNanos),
    minimumPerEvent: least === null ? null : stored(least),
    maximumPerEvent: most === null ? null : stored(most),
  }
}

/** What a meter has to add up event by event for this price; null where sums and counts say all. */
export function eventFeeOf(price: PriceTerms): EventFee | null {
  if (price.model !== "Percentage") return null
  const { rateBps, fixedAmountNanos: fixedNanos } = price
  const { minimumPerEventNanos: minimumNanos, maximumPerEventNanos: maximumNanos } = price
  if (minimumNanos === null && maximumNanos === null) return null
  return { rateBps, fixedNanos, minimumNanos, maximumNanos }
}

function tierOf(tier: TierTerms) {
  return {
    upTo: tier.upTo === null ? null : decimalOf(tier.upTo),
    unitAmount: stored(tier.unitAmountNanos),
    flatAmount: stored(tier.flatAmountNanos),
  }
}

function stored(text: string): Nanos {
  assert(/^-?\d+$/.test(text), "a stored price is an integer", { text })
  return nanos(BigInt(text))
}

// From the total of a period to its amount: the model, and the modifiers that may stand around it. The order, and why:
//
// 1. transform  The meter counts in its own unit (seconds, bytes), the price list speaks of another (hours, GB). It comes
//               first, so that everything after it, the included quantity and the bounds of tiers too, is in units of sale.
// 2. included   Free units come off before anything is priced, and tiers, packages and commitments begin after them. Were
//               they taken off behind the model, it would have to be said at which tier's price.
// 3. the model  Prices what is left, which may be nothing: a first tier's flat amount and a commitment are owed all the same.
// 4. minimum    A bound on the amount needs the amount. Zero usage is charged the minimum too: that is what it is for.
// 5. maximum    After the minimum, so that nothing whatever is charged beyond it. A minimum above it is refused when the SKU is made.
// 6. discount   Off what anybody else would pay for the same usage, which is what steps 1 to 5 say. Taken off before the bounds,
//               it would be eaten by the minimum, and be worth nothing to whoever is at the maximum.
//
// A Percentage looks at the number of events too, which no step changes: free units and a transform are about the amount moved.
// The combinations of a Matrix go through the transform one by one, and take part in no other step but as a sum: whose units
// would be the free ones?
//
// Law: it is given the whole total of a period, never a part of one, since neither rounding nor free units nor bounds add up
// over parts. The share of time of a recurring fee multiplies what comes out. Exact throughout: with `None` a quotient
// stays a ratio.

import { assert } from "../assert.ts"
import { decimal, formatDecimal, ONE, ZERO, type Decimal } from "../decimal.ts"
import { ratioToNanos, type Nanos } from "../money.ts"
import {
  addRatio,
  ceilRatio,
  compareRatio,
  decimalOfRatio,
  divideRatio,
  floorRatio,
  minRatio,
  multiplyRatio,
  ratio,
  ratioOfDecimal,
  subtractRatio,
  ZERO_RATIO,
  type Ratio,
} from "../ratio.ts"
import type { UsageTotal } from "../usage.ts"
import { price } from "./index.ts"
import { NO_AMOUNT, type Beside, type Priced, type PricePart, type PricingModel } from "./model.ts"

export const ROUNDINGS = ["Up", "Down", "None"] as const
export type QuantityRounding = (typeof ROUNDINGS)[number]
export type QuantityTransform = { readonly divideBy: Decimal; readonly round: QuantityRounding }

export type Modifiers = {
  readonly quantityTransform: QuantityTransform | null
  /** In transformed units. */
  readonly includedQuantity: Decimal
  readonly minimumAmount: Nanos | null
  readonly maximumAmount: Nanos | null
  /** What a subscription gets off, in basis points of 10,000. */
  readonly discountBps: bigint
}

export const NO_MODIFIERS: Modifiers = {
  quantityTransform: null,
  includedQuantity: ZERO,
  minimumAmount: null,
  maximumAmount: null,
  discountBps: 0n,
}

export type Pricing = { readonly model: PricingModel; readonly modifiers: Modifiers }

/** A price and how its quantity came about: `transformed` = `included` + `billable`. The three are for reading, each the
 *  nearest decimal where it is not a finite one. */
export type Rated = Priced & {
  readonly transformed: Decimal
  readonly included: Decimal
  readonly billable: Decimal
}

/** The exact amount in nanos of a period whose whole total, >= 0, is given. */
export function rate({ model, modifiers }: Pricing, usage: UsageTotal): Rated {
  const { value: total } = usage
  assert(total.coefficient >= 0n, "a total to rate is not negative", { total })
  const transformed = transform(total, modifiers.quantityTransform)
  const included = minRatio(transformed, ratioOfDecimal(modifiers.includedQuantity))
  const billable = subtractRatio(transformed, included)
  const priced = price(model, billable, besideOf(usage, modifiers.quantityTransform))
  const bounded = atMost(atLeast(priced, modifiers.minimumAmount), modifiers.maximumAmount)
  const { amount, parts } = discounted(bounded, modifiers.discountBps)
  const sum = parts.reduce((all, part) => addRatio(all, part.amount), ZERO_RATIO)
  assert(compareRatio(sum, amount) === 0, "the parts sum to the amount", { model, modifiers, total })
  return {
    amount,
    parts,
    transformed: decimalOfRatio(transformed),
    included: decimalOfRatio(included),
    billable: decimalOfRatio(billable),
  }
}

function besideOf({ events, fees, groups }: UsageTotal, by: QuantityTransform | null): Beside {
  return {
    events,
    fees: fees ?? null,
    groups: groups.map(({ values, value }) => ({ values, quantity: transform(value, by) })),
  }
}

function transform(total: Decimal, by: QuantityTransform | null): Ratio {
  if (by === null) return ratioOfDecimal(total)
  assert(by.divideBy.coefficient > 0n, "a total is divided by more than nothing", { by })
  const quotient = divideRatio(ratioOfDecimal(total), ratioOfDecimal(by.divideBy))
  switch (by.round) {
    case "Up":
      return ratio(ceilRatio(quotient))
    case "Down":
      return ratio(floorRatio(quotient))
    case "None":
      return quotient
  }
}

function atLeast(priced: Priced, minimum: Nanos | null): Priced {
  if (minimum === null || compareRatio(priced.amount, ratio(minimum)) >= 0) return priced
  return brought(priced, "Up to the minimum", minimum)
}

function atMost(priced: Priced, maximum: Nanos | null): Priced {
  if (maximum === null || compareRatio(priced.amount, ratio(maximum)) <= 0) return priced
  return brought(priced, "Down to the maximum", maximum)
}

function brought(priced: Priced, label: string, bound: Nanos): Priced {
  return changedBy(priced, label, subtractRatio(ratio(bound), priced.amount))
}

const ALL_BPS = 10_000n

function discounted(priced: Priced, bps: bigint): Priced {
  assert(bps >= 0n && bps <= ALL_BPS, "a discount is a part of the price", { bps })
  if (bps === 0n) return priced
  const percent = formatDecimal(decimal(bps, 2))
  return changedBy(priced, `Discount of ${percent}%`, multiplyRatio(priced.amount, ratio(-bps, ALL_BPS)))
}

/** What is missing, or too much, is a part of its own; its unit amount is for reading where it is no whole number of nanos. */
function changedBy({ amount, parts }: Priced, label: string, difference: Ratio): Priced {
  const part: PricePart = {
    tier: null,
    label,
    quantity: ONE,
    unitAmount: ratioToNanos(difference),
    flatAmount: NO_AMOUNT,
    amount: difference,
  }
  return { amount: addRatio(amount, difference), parts: [...parts, part] }
}

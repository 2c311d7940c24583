// Graduated: each tier prices its own slice of the quantity. A tier's flat amount is added once, when the tier is reached:
// the first always is, a later one when the quantity is above the bound before it. Law: the slices sum to the quantity.

import { assert } from "../assert.ts"
import { formatDecimal, subtract, ZERO, type Decimal } from "../decimal.ts"
import {
  addRatio,
  compareRatio,
  decimalOfRatio,
  minRatio,
  ratioOfDecimal,
  subtractRatio,
  ZERO_RATIO,
  type Ratio,
} from "../ratio.ts"
import { exactAmount, type Graduated, type Priced, type PricePart, type Tier } from "./model.ts"

type Slice = { readonly units: Ratio; readonly part: PricePart }

export function priceGraduated({ tiers }: Graduated, quantity: Ratio): Priced {
  const slices: Slice[] = []
  let below = ZERO
  for (const [index, tier] of tiers.entries()) {
    if (index > 0 && compareRatio(quantity, ratioOfDecimal(below)) <= 0) break
    slices.push(slice(tier, index, below, quantity))
    if (tier.upTo === null) break
    below = tier.upTo
  }
  const priced = slices.reduce((sum, { units }) => addRatio(sum, units), ZERO_RATIO)
  assert(compareRatio(priced, quantity) === 0, "every unit is in one tier", { tiers, quantity, priced })
  const parts = slices.map(({ part }) => part)
  return { amount: parts.reduce((sum, part) => addRatio(sum, part.amount), ZERO_RATIO), parts }
}

function slice(tier: Tier, index: number, below: Decimal, quantity: Ratio): Slice {
  const { upTo, unitAmount, flatAmount } = tier
  const above = upTo === null ? quantity : minRatio(quantity, ratioOfDecimal(upTo))
  const units = subtractRatio(above, ratioOfDecimal(below))
  const amount = exactAmount(units, unitAmount, flatAmount)
  const shown = { tier: index, label: label(upTo, below, index), quantity: decimalOfRatio(units) }
  return { units, part: { ...shown, unitAmount, flatAmount, amount } }
}

function label(upTo: Decimal | null, below: Decimal, index: number): string {
  if (upTo === null) return index === 0 ? "All units" : `Above ${formatDecimal(below)}`
  return index === 0 ? `First ${formatDecimal(upTo)}` : `Next ${formatDecimal(subtract(upTo, below))}`
}

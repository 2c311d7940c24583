// Graduated: each tier prices its own slice of the quantity. A tier's flat amount is added once, when the tier is reached:
// the first always is, a later one when the quantity is above the bound before it. Law: the slices sum to the quantity.

import { assert } from "../assert.ts"
import { add, compare, formatDecimal, min, subtract, ZERO, type Decimal } from "../decimal.ts"
import { addRatio, ZERO_RATIO } from "../ratio.ts"
import { exactAmount, type Graduated, type Priced, type PricePart, type Tier } from "./model.ts"

export function priceGraduated({ tiers }: Graduated, quantity: Decimal): Priced {
  const parts: PricePart[] = []
  let below = ZERO
  for (const [index, tier] of tiers.entries()) {
    if (index > 0 && compare(quantity, below) <= 0) break
    parts.push(slice(tier, index, below, quantity))
    below = tier.upTo ?? quantity
  }
  const priced = parts.reduce((sum, part) => add(sum, part.quantity), ZERO)
  assert(compare(priced, quantity) === 0, "every unit is in one tier", { tiers, quantity, priced })
  return { amount: parts.reduce((sum, part) => addRatio(sum, part.amount), ZERO_RATIO), parts }
}

function slice(tier: Tier, index: number, below: Decimal, quantity: Decimal): PricePart {
  const { upTo, unitAmount, flatAmount } = tier
  const above = upTo === null ? quantity : min(quantity, upTo)
  const inTier = subtract(above, below)
  const amount = exactAmount(inTier, unitAmount, flatAmount)
  return { tier: index, label: label(upTo, below, index), quantity: inTier, unitAmount, flatAmount, amount }
}

function label(upTo: Decimal | null, below: Decimal, index: number): string {
  if (upTo === null) return index === 0 ? "All units" : `Above ${formatDecimal(below)}`
  return index === 0 ? `First ${formatDecimal(upTo)}` : `Next ${formatDecimal(subtract(upTo, below))}`
}

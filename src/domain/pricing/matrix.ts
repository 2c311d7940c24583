// Matrix: a price for each combination of the values that the meter groups by, and one for all that are not listed.
// Laws: a combination is priced on its own total, and one that lost more than it had costs nothing, whatever the others have; what no
// group holds, because the meter had no room for more of them, is priced as not listed, so that nothing that was used is free.

import { assert } from "../assert.ts"
import {
  addRatio,
  compareRatio,
  decimalOfRatio,
  multiplyRatio,
  ratio,
  subtractRatio,
  ZERO_RATIO,
  type Ratio,
} from "../ratio.ts"
import { NO_AMOUNT, type Beside, type Matrix, type Priced, type PricePart } from "./model.ts"

/** A part for each listed combination that was used, in the order of the price list; the others are one part. */
export function priceMatrix({ cells, defaultUnitAmount }: Matrix, quantity: Ratio, beside: Beside): Priced {
  const totals = new Map<string, Ratio>()
  let grouped = ZERO_RATIO
  for (const group of beside.groups) {
    if (group.quantity.num <= 0n) continue
    const name = JSON.stringify(group.values)
    assert(!totals.has(name), "a combination has one total", { name })
    totals.set(name, group.quantity)
    grouped = addRatio(grouped, group.quantity)
  }
  let listed = ZERO_RATIO
  const parts: PricePart[] = []
  for (const [index, { values, unitAmount }] of cells.entries()) {
    const total = totals.get(JSON.stringify(values))
    if (total === undefined) continue
    listed = addRatio(listed, total)
    parts.push(part(index, values.map((value) => value ?? "none").join(", "), total, unitAmount))
  }
  const all = compareRatio(quantity, grouped) > 0 ? quantity : grouped
  const rest = subtractRatio(all, listed)
  if (rest.num > 0n) parts.push(part(null, "All others", rest, defaultUnitAmount))
  return { amount: parts.reduce((sum, { amount }) => addRatio(sum, amount), ZERO_RATIO), parts }
}

function part(tier: number | null, label: string, quantity: Ratio, unitAmount: Matrix["defaultUnitAmount"]) {
  const amount = multiplyRatio(quantity, ratio(unitAmount))
  return { tier, label, quantity: decimalOfRatio(quantity), unitAmount, flatAmount: NO_AMOUNT, amount }
}

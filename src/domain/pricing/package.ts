// Package: bundles of a fixed size, each begun one is paid whole; no usage needs no bundle.

import { assert } from "../assert.ts"
import { formatDecimal } from "../decimal.ts"
import { ceilRatio, divideRatio, ratio, ratioOfDecimal, type Ratio } from "../ratio.ts"
import { NO_AMOUNT, type Package, type Priced } from "./model.ts"

/** The part's quantity is the number of bundles, its unit amount the price of one. */
export function pricePackage({ unitAmount, packageSize }: Package, quantity: Ratio): Priced {
  assert(packageSize.coefficient > 0n, "a bundle holds something", { packageSize })
  const packages = ceilRatio(divideRatio(quantity, ratioOfDecimal(packageSize)))
  const amount = ratio(packages * unitAmount)
  const part = {
    tier: null,
    label: `Packages of ${formatDecimal(packageSize)}`,
    quantity: { coefficient: packages, scale: 0 },
    unitAmount,
    flatAmount: NO_AMOUNT,
    amount,
  }
  return { amount, parts: [part] }
}

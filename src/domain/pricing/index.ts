// What a quantity costs under a model: exact, unrounded, with its breakdown. One file per model; a new model is a file, a
// member of `PricingModel` and a case here. Law: price is a function of the model and of what was used alone, and the parts sum to it.

import { assert, unreachable } from "../assert.ts"
import { addRatio, compareRatio, ZERO_RATIO, type Ratio } from "../ratio.ts"
import { priceCommitted } from "./committed.ts"
import { priceFlat } from "./flat.ts"
import { priceGraduated } from "./graduated.ts"
import { priceMatrix } from "./matrix.ts"
import { NOTHING_BESIDE, type Beside, type Priced, type PricingModel } from "./model.ts"
import { pricePackage } from "./package.ts"
import { pricePerUnit } from "./per-unit.ts"
import { pricePercentage } from "./percentage.ts"
import { priceVolume } from "./volume.ts"

export type * from "./model.ts"
export { checkTiers, type TierProblem } from "./tiers.ts"

/** The exact price in nanos of a quantity >= 0, by the model alone: what a SKU costs is `rate` of pipeline.ts. */
export function price(model: PricingModel, quantity: Ratio, beside: Beside = NOTHING_BESIDE): Priced {
  assert(quantity.num >= 0n, "a quantity to price is not negative", { model, quantity })
  const priced = priceBy(model, quantity, beside)
  const sum = priced.parts.reduce((total, part) => addRatio(total, part.amount), ZERO_RATIO)
  assert(compareRatio(sum, priced.amount) === 0, "the parts sum to the price", { model, quantity, priced })
  return priced
}

function priceBy(model: PricingModel, quantity: Ratio, beside: Beside): Priced {
  switch (model.model) {
    case "Flat":
      return priceFlat(model)
    case "PerUnit":
      return pricePerUnit(model, quantity)
    case "Graduated":
      return priceGraduated(model, quantity)
    case "Volume":
      return priceVolume(model, quantity)
    case "Package":
      return pricePackage(model, quantity)
    case "Committed":
      return priceCommitted(model, quantity)
    case "Percentage":
      return pricePercentage(model, quantity, beside)
    case "Matrix":
      return priceMatrix(model, quantity, beside)
    default:
      return unreachable(model)
  }
}

// What makes a list of tiers a price for every quantity: at least one, bounds above zero and strictly increasing, and
// exactly the last one open.

import { compare, formatDecimal, ZERO } from "../decimal.ts"
import { err, ok, type Result } from "../result.ts"
import type { Tier } from "./model.ts"

/** The path is that of the API's field, for the `errors` of a problem answer. */
export type TierProblem = { readonly path: string; readonly message: string }

export function checkTiers(tiers: readonly Tier[]): Result<readonly Tier[], TierProblem> {
  if (tiers.length === 0) return err({ path: "tiers", message: "At least one tier is needed." })
  let below = ZERO
  for (const [index, { upTo }] of tiers.entries()) {
    const path = `tiers.${index}.up_to`
    const isLast = index === tiers.length - 1
    if (upTo === null) {
      if (isLast) break
      return err({ path, message: "Only the last tier may be open (null)." })
    }
    if (isLast) return err({ path, message: "The last tier must be open (null)." })
    if (compare(upTo, below) <= 0)
      return err({ path, message: `Must be greater than ${formatDecimal(below)}.` })
    below = upTo
  }
  return ok(tiers)
}

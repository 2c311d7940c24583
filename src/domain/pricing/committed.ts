// Committed: the commitment is paid in any case, what goes beyond the committed quantity at the overage price.

import { assert } from "../assert.ts"
import { formatDecimal, ONE } from "../decimal.ts"
import {
  addRatio,
  compareRatio,
  decimalOfRatio,
  multiplyRatio,
  ratio,
  ratioOfDecimal,
  subtractRatio,
  ZERO_RATIO,
} from "../ratio.ts"
import type { Ratio } from "../ratio.ts"
import { NO_AMOUNT, type Committed, type Priced, type PricePart } from "./model.ts"

export function priceCommitted(model: Committed, quantity: Ratio): Priced {
  const committed = covered(model)
  const commitment = commitmentPart(model)
  const beyond = subtractRatio(quantity, committed)
  if (compareRatio(beyond, ZERO_RATIO) <= 0) return { amount: commitment.amount, parts: [commitment] }
  const overage = overagePart(model, committed, beyond)
  return { amount: addRatio(commitment.amount, overage.amount), parts: [commitment, overage] }
}

/** How much is covered; a ratio, because an amount divided by a price need not be a finite decimal. */
function covered({ committedQuantity, committedAmount, unitAmount }: Committed): Ratio {
  if (committedQuantity !== null) return ratioOfDecimal(committedQuantity)
  assert(unitAmount !== null && unitAmount > 0n, "a commitment says how much it covers", {
    committedAmount,
    unitAmount,
  })
  return ratio(committedAmount, unitAmount)
}

function commitmentPart({ committedAmount }: Committed): PricePart {
  const amount = ratio(committedAmount)
  return {
    tier: null,
    label: "Commitment",
    quantity: ONE,
    unitAmount: committedAmount,
    flatAmount: NO_AMOUNT,
    amount,
  }
}

/** The amount is exact; the quantity beside it is for reading and is rounded where it is not a finite decimal. */
function overagePart({ overageUnitAmount }: Committed, committed: Ratio, beyond: Ratio): PricePart {
  return {
    tier: null,
    label: `Overage above ${formatDecimal(decimalOfRatio(committed))}`,
    quantity: decimalOfRatio(beyond),
    unitAmount: overageUnitAmount,
    flatAmount: NO_AMOUNT,
    amount: multiplyRatio(beyond, ratio(overageUnitAmount)),
  }
}

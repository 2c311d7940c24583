// PerUnit: quantity × price.

import { decimalOfRatio, type Ratio } from "../ratio.ts"
import { exactAmount, NO_AMOUNT, type PerUnit, type Priced } from "./model.ts"

export function pricePerUnit({ unitAmount }: PerUnit, quantity: Ratio): Priced {
  const amount = exactAmount(quantity, unitAmount, NO_AMOUNT)
  return {
    amount,
    parts: [
      {
        tier: null,
        label: "Per unit",
        quantity: decimalOfRatio(quantity),
        unitAmount,
        flatAmount: NO_AMOUNT,
        amount,
      },
    ],
  }
}

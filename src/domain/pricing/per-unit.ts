// PerUnit: quantity × price.

import type { Decimal } from "../decimal.ts"
import { exactAmount, NO_AMOUNT, type PerUnit, type Priced } from "./model.ts"

export function pricePerUnit({ unitAmount }: PerUnit, quantity: Decimal): Priced {
  const amount = exactAmount(quantity, unitAmount, NO_AMOUNT)
  return {
    amount,
    parts: [{ tier: null, label: "Per unit", quantity, unitAmount, flatAmount: NO_AMOUNT, amount }],
  }
}

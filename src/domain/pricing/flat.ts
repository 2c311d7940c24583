// Flat: the price of a period, whatever the quantity.

import { ONE } from "../decimal.ts"
import { ratio } from "../ratio.ts"
import { NO_AMOUNT, type Flat, type Priced } from "./model.ts"

export function priceFlat({ unitAmount }: Flat): Priced {
  const amount = ratio(unitAmount)
  const part = { tier: null, label: "Flat fee", quantity: ONE, unitAmount, flatAmount: NO_AMOUNT, amount }
  return { amount, parts: [part] }
}

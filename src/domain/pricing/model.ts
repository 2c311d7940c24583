// The pricing models and what a price consists of. Prices per unit and flat amounts are nanos, bounds exact decimals,
// quantities to price and amounts exact ratios (seconds sold by the hour are no decimal): nothing is rounded here, the invoice line does that once.

import type { Decimal } from "../decimal.ts"
import { nanos, type Nanos } from "../money.ts"
import { addRatio, multiplyRatio, ratio, type Ratio } from "../ratio.ts"

/** `upTo` is inclusive and cumulative; null is "everything above", and only the last tier has it. */
export type Tier = { readonly upTo: Decimal | null; readonly unitAmount: Nanos; readonly flatAmount: Nanos }

export type Flat = { readonly model: "Flat"; readonly unitAmount: Nanos }
export type PerUnit = { readonly model: "PerUnit"; readonly unitAmount: Nanos }
export type Graduated = { readonly model: "Graduated"; readonly tiers: readonly Tier[] }
export type Volume = { readonly model: "Volume"; readonly tiers: readonly Tier[] }
export type Package = { readonly model: "Package"; readonly unitAmount: Nanos; readonly packageSize: Decimal }
/** The committed quantity is `committedQuantity`, or else what `committedAmount` buys at `unitAmount`. */
export type Committed = {
  readonly model: "Committed"
  readonly committedAmount: Nanos
  readonly committedQuantity: Decimal | null
  readonly unitAmount: Nanos | null
  readonly overageUnitAmount: Nanos
}

export type PricingModel = Flat | PerUnit | Graduated | Volume | Package | Committed

/** One row of the breakdown: amount = quantity × unitAmount + flatAmount, where the quantity is a finite decimal; else it is
 *  the nearest one, for reading, and the amount is exact all the same. `tier` counts from 0, null where a model has none. */
export type PricePart = {
  readonly tier: number | null
  readonly label: string
  readonly quantity: Decimal
  readonly unitAmount: Nanos
  readonly flatAmount: Nanos
  readonly amount: Ratio
}

/** Law: the amounts of the parts sum to the amount. */
export type Priced = { readonly amount: Ratio; readonly parts: readonly PricePart[] }

export const NO_AMOUNT = nanos(0n)

/** quantity × unitAmount + flatAmount, exactly. */
export function exactAmount(quantity: Ratio, unitAmount: Nanos, flatAmount: Nanos): Ratio {
  return addRatio(multiplyRatio(quantity, ratio(unitAmount)), ratio(flatAmount))
}

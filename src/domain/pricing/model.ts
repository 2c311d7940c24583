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

export type Percentage = {
  readonly model: "Percentage"
  /** Basis points of an amount in the currency's main unit. */
  readonly rateBps: Decimal
  /** For each event, whatever it moves. */
  readonly fixedAmount: Nanos
  /** Of what one event comes to; null where there is none. */
  readonly minimumPerEvent: Nanos | null
  readonly maximumPerEvent: Nanos | null
}
/** `values` by the meter's `groupBy`, in its order; null: an event without the property. */
export type MatrixCell = { readonly values: readonly (string | null)[]; readonly unitAmount: Nanos }
export type Matrix = {
  readonly model: "Matrix"
  readonly cells: readonly MatrixCell[]
  readonly defaultUnitAmount: Nanos
}

export type PricingModel = Flat | PerUnit | Graduated | Volume | Package | Committed | Percentage | Matrix

/** What a meter has beside a quantity: the models that look at more than the quantity look at this. */
export type Beside = {
  readonly events: number
  /** In nanos; null of a meter that adds up none. */
  readonly fees: Decimal | null
  readonly groups: readonly { readonly values: readonly (string | null)[]; readonly quantity: Ratio }[]
}

export const NOTHING_BESIDE: Beside = { events: 0, fees: null, groups: [] }

/** One row of the breakdown: amount = quantity × unitAmount + flatAmount, where the quantity is a finite decimal; else it is
 *  the nearest one, for reading, and the amount is exact all the same. `tier` counts the tiers or combinations of
 *  the price from 0; null where it is none of them. */
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

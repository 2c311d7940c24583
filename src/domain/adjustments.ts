// What changes the sum of a period's charges: commitments, a minimum spend, coupons. Each is computed per billing period over all
// charges of that period, as further charges under keys of their own, which go through the same should − was. So a period that is
// billed in parts comes to what it would have come to in one.
//
// The order, and why:
// 1. commitments  They are money that the customer has paid or promised already; usage consumes them before anything else.
// 2. minimum      What a period must come to is about what was sold, so it is met before coupons reduce what is paid for it.
// 3. coupons      A gift on what would be paid, in the order of their redemption, each on what those before it left; never below zero.
// Taxes come after all of them, over the invoice.

import type { Charge } from "./charges.ts"
import type { Currency } from "./currency.ts"
import type { Minor } from "./money.ts"
import { minor, minorToNanos } from "./money.ts"
import type { Period } from "./period.ts"
import type { Ratio } from "./ratio.ts"
import { ratio } from "./ratio.ts"

/** A charge of the period with what it comes to as of now: rounded, or, where it isn't due yet, what it was billed. */
export type Item = {
  readonly charge: Charge
  readonly amount: Minor
  /** Of a commitment: how much it pays of which charges, by their keys. */
  readonly pays?: ReadonlyMap<string, Minor>
}

/** One billing period of one subscription, with the charges and earlier adjustments in it. */
export type AdjustedPeriod = {
  readonly subscriptionId: string
  readonly currency: Currency
  readonly period: Period
  /** Whether its service has ended as of now: only then is known what it lacks. */
  readonly ended: boolean
  readonly items: readonly Item[]
}

export function sumOf(items: readonly Item[]): Minor {
  return minor(items.reduce((sum, { amount }) => sum + amount, 0n))
}

/** Adjustments are whole minor units, so that rounding has nothing left to do. */
export function exactly(amount: Minor, currency: Currency): Ratio {
  return ratio(minorToNanos(amount, currency))
}

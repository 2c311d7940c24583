// The fee of one event that moves an amount of money, where it has a bound of its own: then the fees of a period are no function of
// the sum that was moved, and the meter adds them up event by event.
// Law: a fee is an exact decimal of nanos. Nothing is rounded until the line is. Pure.

import { add, decimal, decimalOf, max, min, multiply, type Decimal } from "./decimal.ts"

/** As a meter definition has it: text, which is the same in every version of the terms. */
export type EventFee = {
  readonly rateBps: string
  readonly fixedNanos: string
  readonly minimumNanos: string | null
  readonly maximumNanos: string | null
}

/** 10^12 nanos of the main unit by 10^4 basis points: what one basis point of one main unit is, in nanos. */
const NANOS_OF_A_POINT: Decimal = decimal(10n ** 8n, 0)

/** The price, in nanos, of one main unit of money that is moved. */
export function nanosOfUnit(rateBps: Decimal): Decimal {
  return multiply(rateBps, NANOS_OF_A_POINT)
}

/** From the amount of an event, in the currency's main unit, to its fee in nanos: the share and the fixed amount, then the bounds. */
export function feeRule({ rateBps, fixedNanos, minimumNanos, maximumNanos }: EventFee) {
  const unit = nanosOfUnit(decimalOf(rateBps))
  const fixed = decimalOf(fixedNanos)
  const least = minimumNanos === null ? null : decimalOf(minimumNanos)
  const most = maximumNanos === null ? null : decimalOf(maximumNanos)
  return (amount: Decimal): Decimal => {
    const fee = add(multiply(amount, unit), fixed)
    const raised = least === null ? fee : max(fee, least)
    return most === null ? raised : min(raised, most)
  }
}

// Percentage: a share of an amount of money that was moved, and a fixed amount for each event that moved some. With a bound on the
// fee of an event the price is no function of the sum any more: the fees come added up, event by event (see event-fee.ts).

import { assert } from "../assert.ts"
import { decimal, decimalOf, formatDecimal, max, multiply, ONE, ZERO, type Decimal } from "../decimal.ts"
import { nanosOfUnit } from "../event-fee.ts"
import { ratioToNanos } from "../money.ts"
import { addRatio, decimalOfRatio, multiplyRatio, ratioOfDecimal, type Ratio } from "../ratio.ts"
import { NO_AMOUNT, type Beside, type Percentage, type Priced, type PricePart } from "./model.ts"

export function pricePercentage(model: Percentage, quantity: Ratio, beside: Beside): Priced {
  if (model.minimumPerEvent !== null || model.maximumPerEvent !== null) return boundedFees(beside)
  const share = sharePart(model, quantity)
  if (model.fixedAmount === 0n) return { amount: share.amount, parts: [share] }
  const fixed = fixedPart(model, beside)
  return { amount: addRatio(share.amount, fixed.amount), parts: [share, fixed] }
}

function sharePart({ rateBps }: Percentage, quantity: Ratio): PricePart {
  const unit = nanosOfUnit(rateBps)
  return {
    tier: null,
    label: `${formatDecimal(percentOf(rateBps))}% of the amount`,
    quantity: decimalOfRatio(quantity),
    // Rates have few enough digits that this is a whole number: see `limits.rateDigits`.
    unitAmount: ratioToNanos(ratioOfDecimal(unit)),
    flatAmount: NO_AMOUNT,
    amount: multiplyRatio(quantity, ratioOfDecimal(unit)),
  }
}

function percentOf(rateBps: Decimal): Decimal {
  return multiply(rateBps, decimalOf("0.01"))
}

function fixedPart({ fixedAmount }: Percentage, { events }: Beside): PricePart {
  const count = BigInt(events)
  return {
    tier: null,
    label: "Per event",
    quantity: decimal(count, 0),
    unitAmount: fixedAmount,
    flatAmount: NO_AMOUNT,
    amount: ratioOfDecimal(decimal(count * fixedAmount, 0)),
  }
}

/** Amounts below zero can bring fees below zero: nobody is paid for using a service. The unit amount is for reading. */
function boundedFees({ events, fees }: Beside): Priced {
  assert(fees !== null || events === 0, "fees with bounds come added up event by event", { events })
  const amount = ratioOfDecimal(max(fees ?? ZERO, ZERO))
  const label = `Fees of ${events} ${events === 1 ? "event" : "events"}`
  const unitAmount = ratioToNanos(amount)
  return { amount, parts: [{ tier: null, label, quantity: ONE, unitAmount, flatAmount: NO_AMOUNT, amount }] }
}

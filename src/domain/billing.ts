// Billed = should − was. Turns what charges should come to, less what non-void invoices already took, into lines.
// Laws: doing it twice yields nothing new; a charge that is split over invoices adds up to the unsplit charge, to
// the minor unit, because each line is the difference of two rounded totals.

import type { Charge } from "./charges.ts"
import { assert } from "./assert.ts"
import type { Currency } from "./currency.ts"
import type { Decimal } from "./decimal.ts"
import { add, isZero, subtract, ZERO } from "./decimal.ts"
import type { Minor, Nanos } from "./money.ts"
import { minor, nanos, ratioToNanos, roundToMinor } from "./money.ts"
import type { Interval } from "./proration.ts"

/** What earlier lines of the same key came to, on invoices that are not void. */
export type Was = { readonly quantity: Decimal; readonly rated: Nanos; readonly amount: Minor }

export type BilledLine = {
  readonly lineKey: string
  readonly subscriptionId: string
  readonly skuId: string
  readonly description: string
  readonly quantity: Decimal
  readonly unitAmountNanos: string | null
  readonly ratedNanos: Nanos
  readonly amountMinor: Minor
  readonly service: Interval
}

export function addWas(a: Was | undefined, b: Was): Was {
  if (a === undefined) return b
  return {
    quantity: add(a.quantity, b.quantity),
    rated: nanos(a.rated + b.rated),
    amount: minor(a.amount + b.amount),
  }
}

/** The lines of a new bill. A charge that was never billed gets a line also when it comes to zero. */
export function billLines(
  charges: readonly Charge[],
  was: ReadonlyMap<string, Was>,
  currency: Currency,
): BilledLine[] {
  const lines: BilledLine[] = []
  for (const charge of charges) {
    const before = was.get(charge.lineKey)
    const line = difference(charge, before, currency)
    if (before === undefined || !isNothing(charge, line)) lines.push(line)
  }
  return lines
}

function difference(charge: Charge, before: Was | undefined, currency: Currency): BilledLine {
  const should = roundToMinor(charge.should, currency)
  const amountMinor = minor(should - (before?.amount ?? 0n))
  assert(amountMinor + (before?.amount ?? 0n) === should, "was and the new line make the whole charge")
  return {
    lineKey: charge.lineKey,
    subscriptionId: charge.subscriptionId,
    skuId: charge.skuId,
    description: charge.description,
    quantity: charge.metered ? subtract(charge.quantity, before?.quantity ?? ZERO) : charge.quantity,
    unitAmountNanos: charge.unitAmountNanos,
    ratedNanos: nanos(ratioToNanos(charge.should) - (before?.rated ?? 0n)),
    amountMinor,
    service: charge.service,
  }
}

function isNothing(charge: Charge, line: BilledLine): boolean {
  return (!charge.metered || isZero(line.quantity)) && line.ratedNanos === 0n && line.amountMinor === 0n
}

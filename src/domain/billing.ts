// Billed = should − was. Turns what charges should come to, less what non-void invoices already took, into lines.
// Laws: doing it twice yields nothing new; a charge that is split over invoices adds up to the unsplit charge, to
// the minor unit, because each line is the difference of two rounded totals.

import type { Charge } from "./charges.ts"
import { assert } from "./assert.ts"
import type { Currency } from "./currency.ts"
import type { Decimal } from "./decimal.ts"
import { add, formatDecimal, isZero, subtract, ZERO } from "./decimal.ts"
import type { LineKind } from "./invoice.ts"
import type { LineBasis } from "./line-basis.ts"
import { ratioText } from "./line-basis.ts"
import type { Minor, Nanos } from "./money.ts"
import { formatNanos, minor, nanos, ratioToNanos, roundToMinor } from "./money.ts"
import type { Interval } from "./proration.ts"

/** What earlier lines of the same key came to, on invoices that are not void. */
export type Was = { readonly quantity: Decimal; readonly rated: Nanos; readonly amount: Minor }

export type BilledLine = {
  readonly lineKey: string
  readonly kind: LineKind
  readonly sourceId: string | null
  readonly subscriptionId: string
  readonly skuId: string | null
  readonly description: string
  readonly quantity: Decimal
  readonly unitAmountNanos: string | null
  readonly ratedNanos: Nanos
  readonly amountMinor: Minor
  readonly service: Interval
  readonly basis: LineBasis
}

export function addWas(a: Was | undefined, b: Was): Was {
  if (a === undefined) return b
  return {
    quantity: add(a.quantity, b.quantity),
    rated: nanos(a.rated + b.rated),
    amount: minor(a.amount + b.amount),
  }
}

/** The lines of a new bill. A charge that is due and was never billed gets a line also when it comes to zero, unless it is silent. */
export function billLines(
  charges: readonly Charge[],
  was: ReadonlyMap<string, Was>,
  currency: Currency,
): BilledLine[] {
  const lines: BilledLine[] = []
  for (const charge of charges) {
    if (!charge.due) continue
    const before = was.get(charge.lineKey)
    const line = difference(charge, before, currency)
    const isFirst = before === undefined && !charge.silent
    if (isFirst || !isNothing(charge, line)) lines.push(line)
  }
  return lines
}

/** What a charge comes to as of now: rounded, or, where it isn't due, what it was billed. Where the invoice that charged it is void
 *  and one that gave back a part of it is not, that is nothing. */
export function amountNow(charge: Charge, was: Was | undefined, currency: Currency): Minor {
  if (charge.due) return roundToMinor(charge.should, currency)
  const billed = was?.amount ?? 0n
  return minor(billed > 0n ? billed : 0n)
}

function difference(charge: Charge, before: Was | undefined, currency: Currency): BilledLine {
  const should = roundToMinor(charge.should, currency)
  const amountMinor = minor(should - (before?.amount ?? 0n))
  assert(amountMinor + (before?.amount ?? 0n) === should, "was and the new line make the whole charge")
  return {
    lineKey: charge.lineKey,
    kind: charge.kind,
    sourceId: charge.sourceId,
    subscriptionId: charge.subscriptionId,
    skuId: charge.skuId,
    description: charge.description,
    quantity: charge.metered ? subtract(charge.quantity, before?.quantity ?? ZERO) : charge.quantity,
    unitAmountNanos: charge.unitAmountNanos,
    ratedNanos: nanos(ratioToNanos(charge.should) - (before?.rated ?? 0n)),
    amountMinor,
    service: charge.service,
    basis: {
      should: ratioText(charge.should),
      was: {
        quantity: formatDecimal(before?.quantity ?? ZERO),
        ratedNanos: formatNanos(before?.rated ?? nanos(0n)),
        amountMinor: (before?.amount ?? 0n).toString(),
      },
      from: charge.basis ?? null,
    },
  }
}

function isNothing(charge: Charge, line: BilledLine): boolean {
  return (!charge.metered || isZero(line.quantity)) && line.ratedNanos === 0n && line.amountMinor === 0n
}

// What a credit note gives back of an invoice, line by line, with the taxes of each line. Amounts are positive where
// the line was: a credit note is read as "so much is given back".
// Laws: of no line, no tax and no invoice more is given back than is left, and notes that take the rest add up to the
// invoice exactly.

import { assert } from "./assert.ts"
import type { Decimal } from "./decimal.ts"
import { add, compare, subtract, ZERO } from "./decimal.ts"
import type { Currency } from "./currency.ts"
import { formatNanos, minor, minorToNanos } from "./money.ts"
import type { Minor } from "./money.ts"
import { divideRatio, multiplyRatio, ratio, ratioOfDecimal, roundRatio } from "./ratio.ts"
import type { Result } from "./result.ts"
import { err, ok } from "./result.ts"
import { apportion } from "./tax-amounts.ts"
import type { LineTax } from "./tax.ts"

/** `isIncluded`: the tax is in the line's amount already and adds nothing to the total. */
export type CreditTax = LineTax & { readonly isIncluded: boolean }

/** What stands, was given back, or is to be given back, of one line. */
export type Credit = {
  readonly lineId: string
  readonly amount: Minor
  /** Zero where an amount is given back and no units are. */
  readonly quantity: Decimal
  readonly taxes: readonly CreditTax[]
}

/** A line with what is left of it. */
export type CreditableLine = { readonly whole: Credit; readonly left: Credit }

export type WantedLine = {
  readonly lineId: string
  readonly amount: Minor | null
  readonly quantity: Decimal | null
}

export type CreditFault = { readonly path: string; readonly message: string }

/** The lines of an invoice, less what earlier notes gave back of them. */
export function creditableLines(lines: readonly Credit[], given: readonly Credit[]): CreditableLine[] {
  const byLine = Map.groupBy(given, (credit) => credit.lineId)
  return lines.map((whole) => ({
    whole,
    left: (byLine.get(whole.lineId) ?? []).reduce(less, whole),
  }))
}

function less(from: Credit, part: Credit): Credit {
  const taxes = from.taxes.map((tax) => {
    const given = part.taxes.find(({ rateId }) => rateId === tax.rateId)
    return { ...tax, amountMinor: minor(tax.amountMinor - (given?.amountMinor ?? 0n)) }
  })
  const amount = minor(from.amount - part.amount)
  return { lineId: from.lineId, amount, quantity: subtract(from.quantity, part.quantity), taxes }
}

/** What credits come to: their amounts and the taxes that come on top. */
export function creditTotal(credits: readonly Credit[]): Minor {
  return minor(credits.reduce((sum, credit) => sum + cellsOf(credit).reduce((a, b) => a + b, 0n), 0n))
}

/** Everything that is left. */
export function creditRest(lines: readonly CreditableLine[]): Credit[] {
  return lines.map(({ left }) => left)
}

/** An amount, taxes included, spread over what is left of the lines and of their taxes. */
export function creditAmount(
  lines: readonly CreditableLine[],
  total: Minor,
  currency: Currency,
): Result<Credit[], CreditFault> {
  const left = creditTotal(creditRest(lines))
  if (total > left) return err({ path: "amount_nanos", message: tooMuch(left, currency) })
  const shares = spread(
    total,
    lines.flatMap((line) => cellsOf(line.left)),
  )
  let at = 0
  const take = () => shares[at++] ?? minor(0n)
  return ok(
    lines.map((line) => {
      const amount = take()
      const taxes = line.left.taxes.map((tax) => ({
        ...tax,
        amountMinor: tax.isIncluded ? shareOfTax(tax, amount, line.left.amount) : take(),
      }))
      return { lineId: line.whole.lineId, amount, quantity: quantityFor(line, amount), taxes }
    }),
  )
}

/** Amounts or quantities of single lines, before the taxes that come on top; those are given back in proportion. */
export function creditLines(
  lines: readonly CreditableLine[],
  wanted: readonly WantedLine[],
  currency: Currency,
): Result<Credit[], CreditFault> {
  const credits: Credit[] = []
  for (const [at, want] of wanted.entries()) {
    const line = lines.find(({ whole }) => whole.lineId === want.lineId)
    const path = `lines.${at}`
    if (line === undefined) return err({ path: `${path}.line_id`, message: "The invoice has no such line." })
    if (credits.some(({ lineId }) => lineId === want.lineId)) {
      return err({ path: `${path}.line_id`, message: "The line is named twice." })
    }
    const credit = creditOf(line, want, currency)
    if (!credit.ok) return err({ ...credit.error, path: `${path}.${credit.error.path}` })
    credits.push(credit.value)
  }
  const left = creditTotal(creditRest(lines))
  if (creditTotal(credits) > left) return err({ path: "lines", message: tooMuch(left, currency) })
  return ok(credits)
}

function creditOf(
  line: CreditableLine,
  { amount: wantedAmount, quantity }: WantedLine,
  currency: Currency,
): Result<Credit, CreditFault> {
  const { left, whole } = line
  if (whole.amount <= 0n) {
    const message = "The line is not above zero: it is given back with the whole invoice or an amount of it."
    return err({ path: "line_id", message })
  }
  if (quantity !== null && compare(quantity, left.quantity) > 0) {
    return err({ path: "quantity", message: "More units than are left of the line." })
  }
  const amount = wantedAmount ?? (quantity === null ? left.amount : amountOfUnits(line, quantity))
  if (amount > left.amount) {
    const path = wantedAmount === null ? "quantity" : "amount_nanos"
    return err({ path, message: tooMuch(left.amount, currency) })
  }
  if (amount <= 0n)
    return err({
      path: "line_id",
      message: "Nothing, or less than the smallest unit, is given back of the line.",
    })
  const taxes = left.taxes.map((tax) => ({ ...tax, amountMinor: shareOfTax(tax, amount, left.amount) }))
  return ok({ lineId: whole.lineId, amount, quantity: quantity ?? quantityFor(line, amount), taxes })
}

/** The difference of two rounded totals, so that units given back one by one add up to the line. */
function amountOfUnits({ whole, left }: CreditableLine, quantity: Decimal): Minor {
  const before = subtract(whole.quantity, left.quantity)
  const upTo = (units: Decimal) =>
    roundRatio(
      divideRatio(multiplyRatio(ratio(whole.amount), ratioOfDecimal(units)), ratioOfDecimal(whole.quantity)),
    )
  return minor(upTo(add(before, quantity)) - upTo(before))
}

/** Who gets all that is left of the money gives back all that is left of the units. */
function quantityFor({ left }: CreditableLine, amount: Minor): Decimal {
  return amount === left.amount ? left.quantity : ZERO
}

/** The same part of what is left of a tax as of what is left of its line; all of it with all of the line. */
function shareOfTax(tax: LineTax, amount: Minor, left: Minor): Minor {
  return minor(left === 0n ? 0n : roundRatio(ratio(tax.amountMinor * amount, left)))
}

/** What adds to the total: the line, and its taxes that come on top. */
function cellsOf({ amount, taxes }: Credit): Minor[] {
  return [amount, ...taxes.filter((tax) => !tax.isIncluded).map((tax) => tax.amountMinor)]
}

/**
 * Splits `total` in proportion to what is left, by the largest remainder. What is left may be below zero here and there
 * (a discount); with 0 < total ≤ the sum of it, no share exceeds what it is a share of.
 */
function spread(total: Minor, left: readonly Minor[]): Minor[] {
  const sum = left.reduce((a, b) => a + b, 0n)
  assert(total > 0n && total <= sum, "what is spread is positive and there", { total, sum })
  return apportion(
    total,
    left.map((part) => ratio(total * part, sum)),
  )
}

function tooMuch(left: Minor, currency: Currency): string {
  return `More than what is left to credit, which is ${formatNanos(minorToNanos(left, currency))}.`
}

/** `INV-000001-CN-01`: counted for each invoice, so no gap and no counter that all tenants' notes wait for. */
export function creditNoteNumber(invoiceNumber: string, sequence: number): string {
  assert(Number.isSafeInteger(sequence) && sequence > 0, "credit notes count from one", { sequence })
  return `${invoiceNumber}-CN-${String(sequence).padStart(2, "0")}`
}

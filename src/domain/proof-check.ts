// Computes an invoice again from its proof alone. Pure.
// Law: a line is computed again by the functions that made it. What differs in the last digit is a fault.

import { adjustmentAgain } from "./adjustment-basis.ts"
import type { Currency } from "./currency.ts"
import { decimalOf, formatDecimal, subtract } from "./decimal.ts"
import type { LineBasis } from "./line-basis.ts"
import { ratioOfText, ratioText, usageOfText } from "./line-basis.ts"
import { formatNanos, minor, minorToNanos, ratioToNanos, roundToMinor } from "./money.ts"
import { pricingOf } from "./price-terms.ts"
import { rate } from "./pricing/pipeline.ts"
import type { InvoiceProof, ProofFault, ProofLine } from "./proof.ts"
import { taxFaults, totalFaults } from "./proof-totals.ts"
import type { Ratio } from "./ratio.ts"
import { multiplyRatio, ratio, ratioOfDecimal } from "./ratio.ts"

export function faultsOf(proof: InvoiceProof): ProofFault[] {
  return [
    ...proof.lines.flatMap((line) => lineFaults(line, proof.currency)),
    ...taxFaults(proof),
    ...totalFaults(proof),
  ]
}

/** Whether the line can be computed from the proof: what somebody wrote, or agreed, can only be added up. */
export function isComputed({ basis, kind }: ProofLine): boolean {
  return kind === "Manual" || kind === "Tax" || (basis !== null && basis.from !== null)
}

function lineFaults(line: ProofLine, currency: Currency): ProofFault[] {
  const { basis } = line
  if (line.isTax) return []
  if (basis === null) return line.kind === "Manual" ? manualFaults(line, currency) : []
  const should = shouldAgain(line, basis, currency)
  const compare = comparisons(line.id)
  if (should === null) {
    return compare("should", ratioOf(basis.should), "none: the period has no such adjustment")
  }
  const { was } = basis
  const amount = minor(roundToMinor(should, currency) - BigInt(was.amountMinor))
  return [
    ...compare("should", ratioOf(basis.should), ratioOf(ratioText(should))),
    ...compare("quantity", line.quantity, quantityAgain(line, basis)),
    ...compare(
      "rated_amount_nanos",
      line.ratedAmountNanos,
      `${ratioToNanos(should) - BigInt(was.ratedNanos)}`,
    ),
    ...compare("amount_nanos", line.amountNanos, formatNanos(minorToNanos(amount, currency))),
  ]
}

/** What the whole charge comes to. Where nothing says how, what was stated is rounded again. */
function shouldAgain(line: ProofLine, { from, should }: LineBasis, currency: Currency): Ratio | null {
  if (from === null) return ratioOfText(should)
  if (from.kind !== "Price") {
    const { subscriptionId, sourceId } = line
    return adjustmentAgain(from, { subscriptionId: subscriptionId ?? "", sourceId, currency })
  }
  const { amount } = rate(pricingOf(from.pricing), usageOfText(from.usage))
  return multiplyRatio(amount, ratioOfText(from.share))
}

function quantityAgain({ quantity }: ProofLine, { from, was }: LineBasis): string {
  if (from?.kind !== "Price") return quantity
  const total = decimalOf(from.usage.value)
  return formatDecimal(from.meter === null ? total : subtract(total, decimalOf(was.quantity)))
}

function manualFaults(line: ProofLine, currency: Currency): ProofFault[] {
  const compare = comparisons(line.id)
  const unit = ratio(BigInt(line.unitAmountNanos ?? "0"))
  const exact = multiplyRatio(ratioOfDecimal(decimalOf(line.quantity)), unit)
  const amount = minorToNanos(roundToMinor(exact, currency), currency)
  return [
    ...compare("rated_amount_nanos", line.ratedAmountNanos, formatNanos(ratioToNanos(exact))),
    ...compare("amount_nanos", line.amountNanos, formatNanos(amount)),
  ]
}

function ratioOf({ numerator, denominator }: LineBasis["should"]): string {
  return `${numerator}/${denominator}`
}

function comparisons(lineId: string) {
  return (what: string, told: string, computed: string): ProofFault[] =>
    told === computed ? [] : [{ lineId, what, told, computed }]
}

// The part of a proof's check that looks at the invoice as a whole: its taxes and its sums. Pure.

import type { Currency } from "./currency.ts"
import type { Minor } from "./money.ts"
import { formatNanos, minor, minorToNanos, nanos, nanosToMinor } from "./money.ts"
import type { InvoiceProof, ProofFault, ProofLine } from "./proof.ts"
import { taxesOn } from "./tax-amounts.ts"

/** The taxes by the rates that are frozen on the invoice. A credit note takes back what its invoice was taxed. */
export function taxFaults({ lines, tax, currency, invoiceType }: InvoiceProof): ProofFault[] {
  if (tax === null || invoiceType === "CreditNote") return []
  const sold = lines.filter((line) => !line.isTax)
  const amounts = sold.map(({ amountNanos }) => minorOf(amountNanos, currency))
  const isSale = amounts.some((amount) => amount !== 0n)
  const told = lines.filter((line) => line.isTax)
  if (!isSale) return told.map((line) => fault(line, "tax", line.amountNanos, "0"))
  return taxesOn(amounts, tax.rates).flatMap(({ rate: { rateId }, amountMinor, shares }) => {
    const line = told.find(({ sourceId }) => sourceId === rateId)
    const of = (share: Minor | undefined) => formatNanos(minorToNanos(share ?? minor(0n), currency))
    const borne = sold.flatMap((one, at) => {
      const share = one.taxes.find((part) => part.rateId === rateId)?.amountNanos ?? "0"
      return share === of(shares[at]) ? [] : [fault(one, "taxes", share, of(shares[at]))]
    })
    const charged = line?.amountNanos ?? "none"
    return charged === of(amountMinor) ? borne : [...borne, fault(line, "tax", charged, of(amountMinor))]
  })
}

/** A tax that the prices contain adds nothing to the total. */
export function totalFaults({ lines, totalNanos, taxNanos }: InvoiceProof): ProofFault[] {
  const sum = (some: readonly ProofLine[]) =>
    some.reduce((all, { amountNanos }) => all + BigInt(amountNanos), 0n).toString()
  const total = sum(lines.filter((line) => !line.isIncluded))
  const tax = sum(lines.filter((line) => line.isTax))
  const taxes = lines.flatMap((line) => line.taxes)
  const borne = taxes.reduce((all, { amountNanos }) => all + BigInt(amountNanos), 0n).toString()
  return [
    ...(total === totalNanos ? [] : [fault(undefined, "total_nanos", totalNanos, total)]),
    ...(tax === taxNanos ? [] : [fault(undefined, "tax_nanos", taxNanos, tax)]),
    ...(borne === tax ? [] : [fault(undefined, "taxes of the lines", borne, tax)]),
  ]
}

function minorOf(amountNanos: string, currency: Currency): Minor {
  const amount = nanosToMinor(nanos(BigInt(amountNanos)), currency)
  // Not payable: the line is a fault of its own.
  return amount.ok ? amount.value : minor(0n)
}

function fault(line: ProofLine | undefined, what: string, told: string, computed: string): ProofFault {
  return { lineId: line?.id ?? null, what, told, computed }
}

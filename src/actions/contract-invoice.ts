// The draft of what a contract itself is owed: commitments that are paid upfront, and what was missing to them. It only builds.

import type { InvoiceLineRow, InvoiceRow } from "../db/rows.ts"
import type { ContractRow } from "../db/rows.ts"
import type { ContractCharge } from "../domain/contract-due.ts"
import { invoiceTotal } from "../domain/invoice.ts"
import type { Minor } from "../domain/money.ts"
import { formatNanos, minor, minorToNanos } from "../domain/money.ts"
import type { Outcome } from "./act.ts"
import type { Bill } from "./bill.ts"
import { billOfDraft } from "./bill.ts"
import type { Draft } from "./draft-invoice.ts"
import { emptyInvoice } from "./draft-invoice.ts"
import type { Scope } from "./scope.ts"

/** `amount`: what is invoiced of the charge now. */
export type ContractBilled = { readonly charge: ContractCharge; readonly amount: Minor }

export async function contractBill(
  scope: Scope,
  contract: ContractRow,
  billed: readonly ContractBilled[],
): Promise<Outcome<Bill>> {
  return billOfDraft(scope, draftOf(scope, contract, billed), [])
}

function draftOf(scope: Scope, contract: ContractRow, billed: readonly ContractBilled[]): Draft {
  const id = scope.newId()
  const lines = billed.map((one, position) => lineOf(scope, id, position, contract, one))
  const invoice: InvoiceRow = {
    ...emptyInvoice(scope, id),
    customerId: contract.customerId,
    subscriptionId: null,
    currency: contract.currency,
    totalMinor: invoiceTotal(lines),
    taxMinor: minor(0n),
    periodStart: null,
    periodEnd: null,
  }
  return { invoice, lines }
}

function lineOf(
  scope: Scope,
  invoiceId: string,
  position: number,
  { currency }: ContractRow,
  { charge, amount }: ContractBilled,
): InvoiceLineRow {
  return {
    id: scope.newId(),
    tenantId: scope.tenant.id,
    invoiceId,
    position,
    lineKey: charge.lineKey,
    kind: "Commitment",
    sourceId: charge.part.sourceId,
    customerId: null,
    subscriptionId: null,
    skuId: null,
    description: charge.description,
    quantity: "1",
    unitAmountNanos: null,
    ratedNanos: formatNanos(minorToNanos(amount, currency)),
    amountMinor: amount,
    serviceStart: charge.part.within.start,
    serviceEnd: charge.part.within.end,
    isTax: false,
    isIncluded: null,
    taxes: null,
    basis: null,
    usageRanges: null,
  }
}

// Makes a one-off invoice: a draft with lines written by hand, beside any subscription; or a pro-forma, which is an offer and
// never owed.

import type { InvoiceRow } from "../db/rows.ts"
import { customers } from "../db/schema.ts"
import type { AgendaItem } from "../domain/agenda.ts"
import type { Currency } from "../domain/currency.ts"
import type { InvoiceDetails, InvoiceType } from "../domain/invoice.ts"
import { minor } from "../domain/money.ts"
import { err, ok } from "../domain/result.ts"
import type { Outcome, Reply } from "./act.ts"
import { act } from "./act.ts"
import type { Draft } from "./draft-invoice.ts"
import { draftAudit, emptyInvoice } from "./draft-invoice.ts"
import { findCustomer } from "./find.ts"
import { checkMethod } from "./method-of.ts"
import type { ManualLine } from "./manual-line.ts"
import { manualLines } from "./manual-line.ts"
import type { Payer } from "./payer.ts"
import { lineCustomerId, payerOf, sectionsWith } from "./payer.ts"
import { refusal } from "./refusal.ts"
import { belowZero, saveDraft, withLines } from "./save-draft.ts"
import type { Scope } from "./scope.ts"
import { withTaxes } from "./tax-lines.ts"

export type NewInvoice = {
  readonly customerId: string
  readonly currency: Currency | null
  readonly type: Extract<InvoiceType, "Standard" | "ProForma">
  readonly lines: readonly ManualLine[]
  readonly memo: string | null
  readonly externalId: string | null
  /** A name that is unique among the invoices of the customer. */
  readonly customerExternalId?: string | null
  /** Whom it charges; null or absent: the customer's default method. */
  readonly paymentMethodId?: string | null
  readonly statementDescriptor?: string | null
  readonly details?: InvoiceDetails | null
  /** Its job finalizes it at once, unless somebody does so sooner. Absent: it stays a draft. */
  readonly isFinal?: boolean
  readonly metadata: Readonly<Record<string, string>>
}

export async function createInvoice(
  scope: Scope,
  input: NewInvoice,
  reply: Reply<Draft> | null,
): Promise<Outcome<Draft>> {
  return act(
    scope,
    async () => {
      const payer = await payerFor(scope, input)
      if (!payer.ok) return payer
      const { customer } = payer.value
      const draft = await composed(scope, input, payer.value)
      if (!draft.ok) return draft
      const saved = saveDraft(scope, null, draft.value)
      return ok({
        value: draft.value,
        commit: {
          guards: [scope.write.update(customers, customer.id, customer.version, {}), ...saved.guards],
          writes: saved.writes,
          agenda: input.isFinal === true ? [finalItem(scope, draft.value)] : [],
          audit: [draftAudit(draft.value)],
        },
      })
    },
    reply,
  )
}

function finalItem({ now }: Scope, { invoice }: Draft): AgendaItem {
  return { kind: "finalize-invoice", subject: invoice.id, uniqueKey: "made", dueAt: now }
}

/** Whose invoice it is and who gets it, or why there can't be one. One-off invoices are not gathered. */
async function payerFor(scope: Scope, input: NewInvoice): Promise<Outcome<Payer>> {
  const found = await findCustomer(scope, input.customerId)
  if (!found.ok) {
    const { code, detail } = found.error
    return err(refusal(code, detail, [{ path: "customer_id", message: detail }]))
  }
  const customer = found.value
  if (customer.status === "Closed") return err(refusal("invalid_state", "The customer is Closed."))
  const currency = input.currency ?? customer.billingCurrency
  if (currency !== customer.billingCurrency) {
    const message = `The customer is billed in ${customer.billingCurrency}, not in ${currency}.`
    return err(refusal("currency_mismatch", message, [{ path: "currency", message }]))
  }
  return ok({ ...(await payerOf(scope, customer, false)), collects: false })
}

async function composed(scope: Scope, input: NewInvoice, payer: Payer): Promise<Outcome<Draft>> {
  const method = await checkMethod(scope, payer.recipient.id, input.paymentMethodId)
  if (!method.ok) return method
  const id = scope.newId()
  const currency = payer.customer.billingCurrency
  const rows = manualLines(scope, { id, currency }, input.lines, 0)
  if (!rows.ok) return rows
  const customerId = lineCustomerId(payer)
  const invoice: InvoiceRow = {
    ...emptyInvoice(scope, id),
    type: input.type,
    customerId: payer.recipient.id,
    subscriptionId: null,
    sections: sectionsWith(null, payer),
    externalId: input.externalId,
    customerExternalId: input.customerExternalId ?? null,
    paymentMethodId: input.paymentMethodId ?? null,
    statementDescriptor: input.statementDescriptor ?? null,
    details: input.details ?? null,
    currency,
    memo: input.memo,
    totalMinor: minor(0n),
    periodStart: null,
    periodEnd: null,
    metadata: input.metadata,
    version: 0,
  }
  const lines = rows.value.map((line) => ({ ...line, customerId }))
  const draft = withLines({ invoice, lines: [] }, lines)
  const refused = belowZero(draft)
  return refused === null ? withTaxes(scope, draft) : err(refused)
}

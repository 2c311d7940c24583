// Makes a one-off invoice: a draft with lines written by hand, beside any subscription.

import type { InvoiceLineRow, InvoiceRow } from "../db/rows.ts"
import { customers } from "../db/schema.ts"
import type { Currency } from "../domain/currency.ts"
import { decimalOf } from "../domain/decimal.ts"
import { invoiceTotal } from "../domain/invoice.ts"
import { formatNanos, nanos, ratioToNanos, roundToMinor } from "../domain/money.ts"
import { multiplyRatio, ratio, ratioOfDecimal } from "../domain/ratio.ts"
import { err, ok } from "../domain/result.ts"
import type { Outcome, Reply } from "./act.ts"
import { act } from "./act.ts"
import type { Draft } from "./draft-invoice.ts"
import { draftAudit, draftStatements, emptyInvoice } from "./draft-invoice.ts"
import { findCustomer } from "./find.ts"
import { refusal } from "./refusal.ts"
import type { Scope } from "./scope.ts"

export type NewInvoiceLine = {
  readonly description: string
  readonly quantity: string
  readonly unitAmountNanos: string
}

export type NewInvoice = {
  readonly customerId: string
  readonly currency: Currency | null
  readonly lines: readonly NewInvoiceLine[]
  readonly externalId: string | null
  readonly metadata: Readonly<Record<string, string>>
}

const MAX_MINOR = 2n ** 53n / 256n

export async function createInvoice(
  scope: Scope,
  input: NewInvoice,
  reply: Reply<Draft>,
): Promise<Outcome<Draft>> {
  return act(
    scope,
    async () => {
      const customer = await findCustomer(scope, input.customerId)
      if (!customer.ok) {
        const { code, detail } = customer.error
        return err(refusal(code, detail, [{ path: "customer_id", message: detail }]))
      }
      if (customer.value.status === "Closed") return err(refusal("invalid_state", "The customer is Closed."))
      const currency = input.currency ?? customer.value.billingCurrency
      if (currency !== customer.value.billingCurrency) {
        const message = `The customer is billed in ${customer.value.billingCurrency}, not in ${currency}.`
        return err(refusal("currency_mismatch", message, [{ path: "currency", message }]))
      }
      const id = scope.newId()
      const lines = input.lines.map((line, at) => lineRow(scope, id, at, line, currency))
      const huge = lines.findIndex((line) => line.amountMinor > MAX_MINOR)
      if (huge >= 0) {
        const message = "The line comes to more than an invoice can hold."
        return err(refusal("amount_out_of_range", message, [{ path: `lines.${huge}`, message }]))
      }
      const invoice: InvoiceRow = {
        ...emptyInvoice(scope, id),
        customerId: customer.value.id,
        subscriptionId: null,
        externalId: input.externalId,
        currency,
        totalMinor: invoiceTotal(lines),
        periodStart: null,
        periodEnd: null,
        metadata: input.metadata,
      }
      const draft = { invoice, lines }
      return ok({
        value: draft,
        commit: {
          guards: [scope.write.update(customers, customer.value.id, customer.value.version, {})],
          writes: draftStatements(scope, draft),
          audit: [draftAudit(draft)],
        },
      })
    },
    reply,
  )
}

function lineRow(
  scope: Scope,
  invoiceId: string,
  position: number,
  line: NewInvoiceLine,
  currency: Currency,
): InvoiceLineRow {
  const unit = nanos(BigInt(line.unitAmountNanos))
  const exact = multiplyRatio(ratioOfDecimal(decimalOf(line.quantity)), ratio(unit))
  const id = scope.newId()
  return {
    id,
    tenantId: scope.tenant.id,
    invoiceId,
    position,
    lineKey: `line:${id}`,
    subscriptionId: null,
    skuId: null,
    description: line.description,
    quantity: line.quantity,
    unitAmountNanos: line.unitAmountNanos,
    ratedNanos: formatNanos(ratioToNanos(exact)),
    amountMinor: roundToMinor(exact, currency),
    serviceStart: null,
    serviceEnd: null,
    isTax: false,
    usageRanges: null,
  }
}

// A new invoice of a customer's own: its form, the checks in the order in which the original makes them, and the making.

import { collectNow } from "../actions/collect-now.ts"
import { createInvoice } from "../actions/create-invoice.ts"
import { finalizeNow } from "../actions/finalize-now.ts"
import { findCustomer } from "../actions/find.ts"
import type { Scope } from "../actions/scope.ts"
import { isDeleted } from "./customers.ts"
import type { Ctx } from "./door.ts"
import { DomainError, FrameError } from "./errors.ts"
import type { Values } from "./form.ts"
import { givenInteger, optionalText } from "./form.ts"
import { guidOf } from "./guid.ts"
import { unwrap } from "./http.ts"
import { instrumentOf } from "./instruments.ts"
import { linesOf } from "./invoice-lines.ts"
import { readAdjustments, readItems } from "./items.ts"
import type { Params } from "./params.ts"
import { existing, statement } from "./rules.ts"

export const newInvoiceForm = (c: Ctx) => ({
  customer_guid: existing(c, "customer"),
  amount: givenInteger(0),
  title: optionalText({ max: 128 }),
  external_id: optionalText({ max: 128 }),
  appears_on_statement_as: statement,
  funding_instrument_uri: optionalText(),
})

type Form = Values<ReturnType<typeof newInvoiceForm>>

/** Its id. With an instrument it is charged by then, or declined. `params`: where items and adjustments are. */
export async function create(scope: Scope, form: Form, params: Params): Promise<string> {
  const { customer_guid: whose, amount, external_id: externalId, funding_instrument_uri: uri } = form
  if (whose.tenantId !== scope.tenant.id) {
    throw new FrameError(403, "Can only create an invoice for your own customer")
  }
  const customer = unwrap(await findCustomer(scope, whose.id))
  if (isDeleted(customer)) throw new FrameError(400, "Cannot create an invoice for a deleted customer")
  const details = { items: readItems(params), adjustments: readAdjustments(params) }
  const lines = linesOf(amount, form.title, details, customer.billingCurrency)
  await checkName(scope, customer.id, externalId)
  const method = uri === null ? null : await instrumentOf(scope, customer.id, uri)
  const made = await createInvoice(
    scope,
    {
      customerId: customer.id,
      currency: null,
      type: "Standard",
      lines,
      memo: form.title,
      externalId: null,
      customerExternalId: externalId,
      paymentMethodId: method?.id ?? null,
      statementDescriptor: form.appears_on_statement_as,
      details,
      isFinal: true,
      metadata: {},
    },
    null,
  )
  if (!made.ok && made.error.code === "already_exists") throw duplicate(customer.id, externalId ?? "")
  const { id } = unwrap(made).invoice
  await finalizeNow(scope, id)
  await collectNow(scope, id)
  return id
}

async function checkName({ read }: Scope, customerId: string, externalId: string | null): Promise<void> {
  if (externalId === null) return
  const [known] = await read.billyMoney.invoices({ offset: 0, limit: 1 }, { customerId, externalId })
  if (known !== undefined) throw duplicate(customerId, externalId)
}

function duplicate(customerId: string, externalId: string): DomainError {
  const guid = guidOf("customer", customerId)
  return new DomainError(
    "DuplicateExternalIDError",
    `Invoice ${guid} with external_id ${externalId} already exists`,
  )
}

// POST and GET /v1/invoices, GET and PUT /v1/invoices/{guid}, POST …/refund and …/cancel, and the lists of invoices

import { findInvoice } from "../actions/find.ts"
import type { Scope } from "../actions/scope.ts"
import type { Whose } from "../db/readers/billy-money.ts"
import type { Api, Ctx } from "./door.ts"
import { FrameError } from "./errors.ts"
import type { Facts } from "./facts.ts"
import { factsOf } from "./facts.ts"
import { checkForm, givenInteger, readForm, requiredText } from "./form.ts"
import { guidOf } from "./guid.ts"
import { action, answer, collection, entity, nested, unwrap } from "./http.ts"
import { invoiceJson } from "./invoice-json.ts"
import { cancel, refund, settle } from "./invoice-moves.ts"
import { list } from "./lists.ts"
import { create, newInvoiceForm } from "./new-invoice.ts"
import { readParams } from "./params.ts"
import type { Json } from "./print.ts"

export function register(api: Api): void {
  collection(api, "invoice", {
    GET: (c, scope) => listOf(c, scope, {}),
    async POST(c, scope) {
      const params = await readParams(c)
      const created = await create(scope, await checkForm(params, newInvoiceForm(c)), params)
      return answer(c, await shown(scope, created))
    },
  })

  entity(api, "invoice", {
    GET: async (c, scope, id) => answer(c, await shown(scope, id)),
    async PUT(c, scope, id) {
      const { funding_instrument_uri: uri } = await readForm(c, { funding_instrument_uri: requiredText() })
      await settle(scope, await invoiceFacts(scope, id), uri)
      return answer(c, await shown(scope, id))
    },
  })

  action(api, "invoice", "refund", async (c, scope, id) => {
    const { amount } = await readForm(c, { amount: givenInteger(0) })
    await refund(scope, await invoiceFacts(scope, id), amount)
    return answer(c, await shown(scope, id))
  })

  action(api, "invoice", "cancel", async (c, scope, id) => {
    await cancel(scope, await invoiceFacts(scope, id))
    return answer(c, await shown(scope, id))
  })

  nested(api, "plan", "invoices", (c, scope, planId) => listOf(c, scope, { planId }))
  nested(api, "customer", "invoices", (c, scope, customerId) => listOf(c, scope, { customerId }))
  nested(api, "subscription", "invoices", (c, scope, id) => listOf(c, scope, { subscriptionId: id }))
}

function listOf(c: Ctx, scope: Scope, whose: Whose): Promise<Response> {
  return list(c, ["external_id"], async (slice, { external_id: externalId }) => {
    const rows = await scope.read.billyMoney.invoices(slice, { ...whose, externalId })
    return (await factsOf(scope, rows)).map(invoiceJson)
  })
}

async function invoiceFacts(scope: Scope, id: string): Promise<Facts> {
  const [facts] = await factsOf(scope, [unwrap(await findInvoice(scope, id)).invoice])
  if (facts === undefined) throw new FrameError(404, `No such invoice ${guidOf("invoice", id)}`)
  return facts
}

async function shown(scope: Scope, id: string): Promise<Json> {
  return invoiceJson(await invoiceFacts(scope, id))
}

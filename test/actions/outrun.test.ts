// Who reads two rows one after the other may be outrun between the two: what was read is of two moments then, and is read again.

import { env } from "cloudflare:workers"
import { expect, test } from "vitest"
import { applyProcessorEvent } from "../../src/actions/apply-processor-event.ts"
import { beginPayment } from "../../src/actions/begin-payment.ts"
import { payInvoice } from "../../src/actions/pay-invoice.ts"
import { decideRefundNews } from "../../src/actions/refund-news.ts"
import { reconcilePayment } from "../../src/actions/reconcile-payment.ts"
import { refundPayment } from "../../src/actions/refund-payment.ts"
import type { Scope } from "../../src/actions/scope.ts"
import { settlePayment } from "../../src/actions/settle-payment.ts"
import { act } from "../../src/actions/act.ts"
import { instant } from "../../src/domain/time.ts"
import type { ChargeOutcome } from "../../src/payments/port.ts"
import { create, newTenant } from "../support/client.ts"
import { CENT, newCustomer } from "../support/fixtures.ts"
import { scopeOf } from "../support/race.ts"

const REPLY = () => ({ status: 201, body: "" })

async function setting() {
  const { id: tenantId, api } = await newTenant("test")
  const customer = await newCustomer(api)
  const lines = [{ description: "Workshop", unit_amount_nanos: String(25_000n * CENT) }]
  const { id } = await create(api, "/admin/v1/invoices", { customer_id: customer.id, lines })
  await api.post(`/admin/v1/invoices/${id}/finalize`)
  const path = `/admin/v1/customers/${customer.id}/payment-methods`
  await create(api, path, { payment_method: "pm_card_refundFail" })
  const differences = async () => (await api.get("/admin/v1/ledger/audit")).json.differences
  return { api, invoiceId: id as string, scope: await scopeOf(tenantId), differences }
}

/** The scope of one who is outrun once, right before this reading. */
function slow(scope: Scope, what: "invoices" | "payments", outrun: () => Promise<unknown>): Scope {
  let isOutrun = false
  const byId = async (id: string) => {
    if (!isOutrun) {
      isOutrun = true
      await outrun()
    }
    return scope.read[what].byId(id)
  }
  const read = { ...scope.read, [what]: { ...scope.read[what], byId } }
  return { ...scope, read }
}

test("two who settle a payment, one between the readings of the other, settle it once", async () => {
  const { api, invoiceId, scope, differences } = await setting()
  const begun = await beginPayment(scope, { invoiceId, key: "collect:finalized", amountNanos: null })
  if (!begun.ok) throw new Error(begun.error.detail)
  const { id } = begun.value.payment
  const outcome: ChargeOutcome = { status: "Succeeded", ref: `ch_${id}` }
  const second = slow(scope, "invoices", () => settlePayment(scope, id, outcome, null))
  const settled = await settlePayment(second, id, outcome, null)
  expect(settled).toMatchObject({ ok: true, value: { id, status: "Succeeded" } })
  expect((await api.get(`/v1/invoices/${invoiceId}`)).json).toMatchObject({
    status: "Paid",
    paid_nanos: String(25_000n * CENT),
    payment_pending_nanos: "0",
  })
  expect(await differences()).toEqual([])
})

test("two who hear that a refund came back, one between the readings of the other, free its amount once", async () => {
  const { invoiceId, scope, differences } = await setting()
  const wanted = { method: "Default", amountNanos: null, reference: null } as const
  const paid = await payInvoice(scope, invoiceId, wanted, REPLY)
  if (!paid.ok) throw new Error(paid.error.detail)
  const what = { kind: "Payment", id: paid.value.id } as const
  const refunded = await refundPayment(
    scope,
    what,
    { amountNanos: null, reason: null, creditNoteId: null },
    REPLY,
  )
  const [refund] = refunded.ok ? refunded.value : []
  if (refund === undefined) throw new Error("no refund")
  const word = { status: "Failed", ref: refund.refundRef, code: "refused", message: "Refused." } as const
  const hear = (by: Scope) =>
    act(
      by,
      async () => {
        const row = await scope.read.payments.refund(refund.id)
        return decideRefundNews(by, row ?? refund, word)
      },
      null,
    )
  expect((await hear(slow(scope, "payments", () => hear(scope)))).ok).toBe(true)
  expect((await scope.read.payments.refund(refund.id))?.status).toBe("Failed")
  expect((await scope.read.payments.byId(paid.value.id))?.refundedMinor).toBe(0n)
  expect(await differences()).toEqual([])
})

test("a look that is overtaken by the end of the payment looks once more, for the events that wait", async () => {
  const { invoiceId, scope } = await setting()
  const begun = await beginPayment(scope, { invoiceId, key: "collect:finalized", amountNanos: null })
  if (!begun.ok) throw new Error(begun.error.detail)
  const { id } = begun.value.payment
  // The bank says nothing to the one who looks; another one, who dies behind it, has settled the payment before the look is over.
  const silent = {
    ...scope.platform.processorOf(scope.tenant),
    findCharge: () => Promise.reject(new Error("no answer")),
  }
  const looking: Scope = { ...scope, platform: { ...scope.platform, processorOf: () => silent } }
  const chargeRef = `ch_${id}`
  const settle = async () => {
    await settlePayment(scope, id, { status: "Succeeded", ref: chargeRef }, null)
    await env.DB.prepare("UPDATE processor_events SET applied_at = NULL WHERE charge_ref = ?")
      .bind(chargeRef)
      .run()
  }
  const event = {
    id: `evt_${id}`,
    kind: "ChargeSucceeded",
    chargeRef,
    outcome: { status: "Succeeded", ref: chargeRef },
  } as const
  await applyProcessorEvent(scope, "sandbox", event)
  let readings = 0
  const byId = async (wanted: string) => {
    readings += 1
    if (readings === 3) await settle()
    return scope.read.payments.byId(wanted)
  }
  const read = { ...scope.read, payments: { ...scope.read.payments, byId } }
  const looks = await reconcilePayment({ ...looking, read, aside: () => ({ ...looking, read }) }, id, "0")
  expect([looks.ok, readings]).toEqual([true, 3])
  const due = (await scope.read.records.due(instant(scope.now + 86_400_000), [], 50)).filter(
    ({ kind, subject }) => kind === "reconcile-payment" && subject === id,
  )
  expect(due.map(({ uniqueKey }) => uniqueKey)).toContain("1")
})

// Refunds that somebody made on Stripe's own site: each is booked once, whatever tells of it and however often, and never beside one of
// ours whose answer was lost.

import { expect, test } from "vitest"
import { applyProcessorEvent } from "../../src/actions/apply-processor-event.ts"
import { attachPaymentMethod } from "../../src/actions/attach-payment-method.ts"
import { payInvoice } from "../../src/actions/pay-invoice.ts"
import { receiveWebhook } from "../../src/actions/receive-webhook.ts"
import { refundPayment } from "../../src/actions/refund-payment.ts"
import { sendRefundAgain } from "../../src/actions/send-refund.ts"
import { newTenant } from "../support/client.ts"
import { FakeStripe, stripeCall } from "../support/fake-stripe.ts"
import { CENT } from "../support/fixtures.ts"
import { dying } from "../support/race.ts"
import { answer, openInvoice, platformWith, scopeWith, SECRET, stripeOn } from "./stripe-tenant.ts"

/** An invoice of $250 that is charged at the tenant's Stripe, and what Stripe tells. */
async function charged(methodRef = "pm_card_visa") {
  const tenant = await newTenant("live")
  const { api } = tenant
  const { customer, invoiceId } = await openInvoice(tenant)
  const fake = new FakeStripe()
  const operator = stripeOn(fake)
  const platform = platformWith(operator, { operatorStripe: () => operator })
  const scope = await scopeWith(tenant, operator)
  await attachPaymentMethod(scope, customer.id, { methodRef, isDefault: true }, answer)
  const input = { method: "Default", amountNanos: null, reference: null } as const
  const paid = await payInvoice(scope, invoiceId, input, answer)
  if (!paid.ok) throw new Error(paid.error.detail)
  const paymentId = paid.value.id
  const [intent = {}] = [...fake.books.intents.values()]
  const intentId = String(intent["id"])
  const tell = async (type: string, object: object) => {
    const { body: rawBody, headers } = await stripeCall(type, { ...object }, SECRET, Date.now())
    return receiveWebhook(platform, {
      processor: "stripe",
      tenantId: tenant.id,
      rawBody,
      headers,
      requestId: "test",
    })
  }
  const elsewhere = (amount: number) => fake.books.refundElsewhere(intentId, amount)
  const refunded = () => tell("charge.refunded", { id: "ch_1", payment_intent: intentId })
  const refund = (cents: bigint) => {
    const wanted = { amountNanos: String(cents * CENT), reason: null, creditNoteId: null }
    return refundPayment(scope, { kind: "Payment", id: paymentId }, wanted, answer)
  }
  const refunds = async () =>
    (await api.get(`/admin/v1/payments/${paymentId}/refunds`)).json.map((one: any) => [
      one.source,
      one.status,
      String(BigInt(one.amount_nanos) / CENT),
    ])
  const payment = async () => (await api.get(`/admin/v1/payments/${paymentId}`)).json
  /** What the customer's accounts stand at, in cents. */
  const books = async () => {
    expect((await api.get("/admin/v1/ledger/audit")).json.differences).toEqual([])
    const { balances } = (await api.get(`/admin/v1/customers/${customer.id}`)).json
    const stand = balances.map((one: any) => [one.account, String(BigInt(one.amount_nanos) / CENT)])
    return Object.fromEntries(stand.filter(([, amount]: string[]) => amount !== "0"))
  }
  const at = { api, fake, scope, intent, invoiceId, customer }
  return { ...at, tell, elsewhere, refunded, refund, refunds, payment, books }
}

const told = { ok: true, value: null }

test("one is booked once, whichever events tell of it and how often", async () => {
  const at = await charged()
  const made = at.elsewhere(7_000)
  const all = await Promise.all([
    at.tell("refund.created", made),
    at.refunded(),
    at.tell("refund.updated", made),
  ])
  expect(all.some(({ ok }) => ok)).toBe(true)
  // Whoever was in the way of another tells it again.
  for (const type of ["refund.created", "refund.updated", "refund.updated"]) {
    expect(await at.tell(type, made)).toEqual(told)
  }
  expect(await at.refunded()).toEqual(told)
  expect(await at.refunds()).toEqual([["Processor", "Succeeded", "7000"]])
  expect(await at.payment()).toMatchObject({ status: "Succeeded", refunded_nanos: String(7_000n * CENT) })
  expect(await at.books()).toEqual({ Cash: "18000", Refunds: "7000", Revenue: "-25000" })
  const { json: invoice } = await at.api.get(`/v1/invoices/${at.invoiceId}`)
  expect(invoice.status).toBe("Paid")
  const { json: trail } = await at.api.get(`/admin/v1/audit?action=refund.succeeded`)
  expect(trail).toHaveLength(1)
})

test("one in several parts is booked part by part, beside one of ours", async () => {
  const at = await charged()
  at.elsewhere(1_000)
  at.elsewhere(2_000)
  expect(await at.refunded()).toEqual(told)
  expect(await at.refund(4_000n)).toMatchObject({ ok: true, value: [{ status: "Succeeded" }] })
  expect(await at.refunded()).toEqual(told)
  expect((await at.refunds()).toSorted()).toEqual([
    ["Processor", "Succeeded", "1000"],
    ["Processor", "Succeeded", "2000"],
    ["Requested", "Succeeded", "4000"],
  ])
  expect(await at.books()).toMatchObject({ Cash: "18000" })
  // No more than the rest can be given back.
  expect(await at.refund(18_001n)).toMatchObject({ ok: false })
})

test("one of ours whose answer was lost is that one, when Stripe tells of it", async () => {
  const at = await charged()
  at.fake.loseAnswer(2)
  expect(await at.refund(7_000n)).toMatchObject({ ok: true, value: [{ status: "Processing" }] })
  const [made = {}] = at.fake.books.refunds
  expect(await at.tell("refund.created", made)).toEqual(told)
  expect(await at.refunded()).toEqual(told)
  expect(await at.refunds()).toEqual([["Requested", "Succeeded", "7000"]])
  expect(await at.books()).toMatchObject({ Cash: "18000" })
})

test("one that waits is looked after, never asked for, and comes back when it fails", async () => {
  const at = await charged()
  const made = at.elsewhere(7_000)
  made["status"] = "pending"
  expect(await at.tell("refund.created", made)).toEqual(told)
  expect(await at.refunds()).toEqual([["Processor", "Pending", "7000"]])
  expect(await at.books()).toMatchObject({ Cash: "25000" })
  made["status"] = "succeeded"
  const known = await at.scope.read.payments.refundByRef(made["id"])
  await sendRefundAgain(at.scope, known?.id ?? "", "0")
  expect(await at.refunds()).toEqual([["Processor", "Succeeded", "7000"]])
  expect(await at.books()).toMatchObject({ Cash: "18000" })
  expect(await at.tell("refund.failed", { ...made, status: "failed" })).toEqual(told)
  expect(await at.refunds()).toEqual([["Processor", "Failed", "7000"]])
  expect(await at.books()).toEqual({ Cash: "25000", Revenue: "-25000" })
  const posts = at.fake.requests.filter(({ path, method }) => path === "/v1/refunds" && method === "POST")
  expect(posts).toEqual([])
})

test("one that is told before its payment is known to have come waits for nothing", async () => {
  const at = await charged("pm_usBankAccount_success")
  expect((await at.payment()).status).toBe("Pending")
  at.intent["status"] = "succeeded"
  const made = at.elsewhere(25_000)
  expect(await at.tell("refund.created", made)).toEqual(told)
  expect((await at.payment()).status).toBe("Succeeded")
  expect(await at.books()).toEqual({ Refunds: "25000", Revenue: "-25000" })
})

test("one that failed before anybody heard of it is none", async () => {
  const at = await charged()
  const made = at.elsewhere(7_000)
  made["status"] = "failed"
  expect(await at.tell("refund.created", { ...made, status: "pending" })).toEqual(told)
  expect(await at.tell("refund.failed", made)).toEqual(told)
  expect(await at.refunds()).toEqual([])
})

test("one that goes beyond what is left here is booked, since the money is gone", async () => {
  const at = await charged()
  // Ours never arrived, and is spoken for; meanwhile somebody gives back everything there.
  at.fake.loseAnswer(1)
  expect(await at.refund(7_000n)).toMatchObject({ ok: true, value: [{ status: "Processing" }] })
  at.elsewhere(25_000)
  expect(await at.refunded()).toEqual(told)
  expect(await at.books()).toMatchObject({ Refunds: "25000" })
  const [own] = await at.scope.read.payments.refundsOf(at.invoiceId)
  await sendRefundAgain(at.scope, own?.id ?? "", "0")
  expect((await at.refunds()).toSorted()).toEqual([
    ["Processor", "Succeeded", "25000"],
    ["Requested", "Failed", "7000"],
  ])
  expect(await at.payment()).toMatchObject({ refunded_nanos: String(25_000n * CENT) })
  expect(await at.books()).toEqual({ Refunds: "25000", Revenue: "-25000" })
})

test("one pays out a credit note of what was paid first, and the rest is goodwill", async () => {
  const at = await charged()
  const note = { reason: "Outage", amount_nanos: String(4_000n * CENT) }
  expect((await at.api.post(`/admin/v1/invoices/${at.invoiceId}/credit-notes`, note)).status).toBe(201)
  at.elsewhere(7_000)
  expect(await at.refunded()).toEqual(told)
  expect(await at.books()).toEqual({ Cash: "18000", Refunds: "3000", Revenue: "-21000" })
})

test("one that is made while ours is on its way has paid the credit note, once ours is refused", async () => {
  const at = await charged()
  const note = { reason: "Outage", amount_nanos: String(7_000n * CENT) }
  expect((await at.api.post(`/admin/v1/invoices/${at.invoiceId}/credit-notes`, note)).status).toBe(201)
  at.fake.loseAnswer(1)
  expect(await at.refund(7_000n)).toMatchObject({ ok: true, value: [{ status: "Processing" }] })
  at.elsewhere(25_000)
  expect(await at.refunded()).toEqual(told)
  // The 70 that are owed are on their way by ours.
  expect(await at.books()).toEqual({ Refunds: "25000", Revenue: "-18000", PayoutsPayable: "-7000" })
  const [own] = await at.scope.read.payments.refundsOf(at.invoiceId)
  await sendRefundAgain(at.scope, own?.id ?? "", "0")
  expect((await at.refunds()).toSorted()).toEqual([
    ["Processor", "Succeeded", "25000"],
    ["Requested", "Failed", "7000"],
  ])
  expect(await at.books()).toEqual({ Refunds: "18000", Revenue: "-18000" })
})

test("one of a payment that has come back since is booked all the same", async () => {
  const at = await charged("pm_usBankAccount_success")
  at.intent["status"] = "succeeded"
  expect(await at.tell("payment_intent.succeeded", at.intent)).toEqual(told)
  const made = at.elsewhere(7_000)
  at.intent["status"] = "requires_payment_method"
  expect(await at.tell("payment_intent.payment_failed", at.intent)).toEqual(told)
  expect(await at.tell("refund.created", made)).toEqual(told)
  expect(await at.payment()).toMatchObject({ status: "Failed", refunded_nanos: String(7_000n * CENT) })
  const owed = { AccountsReceivable: "25000", Revenue: "-25000" }
  expect(await at.books()).toEqual({ ...owed, Cash: "-7000", Refunds: "7000" })
})

test("one of which nobody has told is found when a refund of ours is refused", async () => {
  const at = await charged()
  at.elsewhere(25_000)
  expect(await at.refund(7_000n)).toMatchObject({ ok: true, value: [{ status: "Failed" }] })
  expect((await at.refunds()).toSorted()).toEqual([
    ["Processor", "Succeeded", "25000"],
    ["Requested", "Failed", "7000"],
  ])
  expect(await at.books()).toEqual({ Refunds: "25000", Revenue: "-25000" })
  expect(await at.refund(1n)).toMatchObject({ ok: false })
})

test.each([1, 2, 3, 4])("one is booked once, where the worker dies behind %i commits", async (commits) => {
  const at = await charged()
  const made = at.elsewhere(7_000)
  const event = { id: "evt_1", kind: "ChargeRefunded", chargeRef: made["payment_intent"] } as const
  const dead = await applyProcessorEvent(dying(at.scope, commits), "stripe", event).catch(() => null)
  if (commits < 4) expect(dead).toBeNull()
  // The job that looks after the refund, and who tells it again.
  const known = await at.scope.read.payments.refundByRef(made["id"])
  if (known !== null) await sendRefundAgain(at.scope, known.id, "0")
  expect(await applyProcessorEvent(at.scope, "stripe", event)).toEqual(told)
  expect(await at.refunds()).toEqual([["Processor", "Succeeded", "7000"]])
  expect(await at.books()).toEqual({ Cash: "18000", Refunds: "7000", Revenue: "-25000" })
})

// Refunds at Stripe whose answer was lost, or that settle later: nothing goes back twice, however late it is asked again.

import { expect, test } from "vitest"
import { attachPaymentMethod } from "../../src/actions/attach-payment-method.ts"
import { payInvoice } from "../../src/actions/pay-invoice.ts"
import { refundPayment } from "../../src/actions/refund-payment.ts"
import { sendRefundAgain } from "../../src/actions/send-refund.ts"
import { newTenant } from "../support/client.ts"
import { FakeStripe } from "../support/fake-stripe.ts"
import { CENT } from "../support/fixtures.ts"
import { answer, openInvoice, scopeWith, stripeOn } from "./stripe-tenant.ts"

async function paidBy(methodRef: string) {
  const tenant = await newTenant("test")
  const { customer, invoiceId } = await openInvoice(tenant)
  const fake = new FakeStripe()
  const scope = await scopeWith(tenant, stripeOn(fake))
  await attachPaymentMethod(scope, customer.id, { methodRef, isDefault: true }, answer)
  const paid = await payInvoice(
    scope,
    invoiceId,
    { method: "Default", amountNanos: null, reference: null },
    answer,
  )
  if (!paid.ok || paid.value.status !== "Succeeded") throw new Error("not paid")
  const input = { amountNanos: String(7_000n * CENT), reason: null, creditNoteId: null }
  const refund = () => refundPayment(scope, { kind: "Payment", id: paid.value.id }, input, answer)
  const asked = () =>
    fake.requests.filter(({ path, method }) => path === "/v1/refunds" && method === "POST").length
  return { fake, scope, refund, asked, read: scope.read.payments, paymentId: paid.value.id }
}

test("one whose answer was lost is found after the keys were forgotten, and not made twice", async () => {
  const { fake, scope, refund, asked, read, paymentId } = await paidBy("pm_card_visa")
  // A refund is looked for first, then made: the second answer is the one that is lost.
  fake.loseAnswer(2)
  const begun = await refund()
  expect(begun).toMatchObject({ ok: true, value: [{ status: "Processing" }] })
  const id = begun.ok ? (begun.value[0]?.id ?? "") : ""
  fake.forgetKeys()
  expect(await sendRefundAgain(scope, id, "0")).toMatchObject({ ok: true })
  expect(fake.books.refunds.map(({ amount }) => amount)).toEqual([7_000])
  expect(asked()).toBe(1)
  expect(await read.refund(id)).toMatchObject({
    status: "Succeeded",
    refundRef: fake.books.refunds[0]?.["id"],
  })
  expect((await read.byId(paymentId))?.refundedMinor).toBe(7_000n)
  // Another refund of the same amount is another one.
  expect(await refund()).toMatchObject({ ok: true, value: [{ status: "Succeeded" }] })
  expect(fake.books.refunds.map(({ amount }) => amount)).toEqual([7_000, 7_000])
})

test("one that waits is looked after until it has an end, and not asked for again", async () => {
  const { fake, scope, refund, asked, read } = await paidBy("pm_card_pendingRefund")
  const begun = await refund()
  expect(begun).toMatchObject({ ok: true, value: [{ status: "Pending" }] })
  const id = begun.ok ? (begun.value[0]?.id ?? "") : ""
  await sendRefundAgain(scope, id, "0")
  expect((await read.refund(id))?.status).toBe("Pending")
  for (const made of fake.books.refunds) made["status"] = "failed"
  fake.forgetKeys()
  await sendRefundAgain(scope, id, "1")
  expect(await read.refund(id)).toMatchObject({ status: "Failed" })
  expect(asked()).toBe(1)
})

// A payment that waits for its customer does not keep its invoice for ever: it is cancelled, by hand or because something else is to be
// done with the invoice.

import { describe, expect, test } from "vitest"
import type { Tenant } from "../support/client.ts"
import { create, newTenant } from "../support/client.ts"
import { request } from "../support/client.ts"
import { openInvoice } from "./stripe-tenant.ts"

const attach = ({ api }: Tenant, customer: { id: string }, card: string) =>
  create(api, `/admin/v1/customers/${customer.id}/payment-methods`, {
    payment_method: card,
    is_default: true,
  })

async function waiting() {
  const tenant = await newTenant("test")
  const { customer, invoiceId } = await openInvoice(tenant)
  await attach(tenant, customer, "pm_card_authenticationRequired")
  const paid = await tenant.api.post(`/admin/v1/invoices/${invoiceId}/pay`, { method: "Default" })
  expect([paid.status, paid.json.status]).toEqual([201, "RequiresAction"])
  return { tenant, customer, invoiceId, payment: paid.json }
}

const invoiceOf = async ({ api }: Tenant, id: string) => {
  const { status, payment_pending_nanos, paid_nanos } = (await api.get(`/v1/invoices/${id}`)).json
  return [status, payment_pending_nanos, paid_nanos]
}

describe("POST /admin/v1/payments/{id}/cancel", () => {
  test("ends the payment, frees its invoice, and makes its link worthless", async () => {
    const { tenant, invoiceId, payment } = await waiting()
    const path = `/admin/v1/payments/${payment.id}/cancel`
    const cancelled = await tenant.api.post(path)
    expect([cancelled.status, cancelled.json.status, cancelled.json.failure_code]).toEqual([
      200,
      "Failed",
      "canceled",
    ])
    expect(await invoiceOf(tenant, invoiceId)).toEqual(["Open", "0", "0"])
    const url = new URL(payment.action_url)
    const late = await request("POST", url.pathname + url.search, { approve: true }, {})
    expect([late.status, late.json.code]).toEqual([404, "not_found"])
    const unclear = await request("POST", url.pathname + url.search, { approve: "yes" }, {})
    expect([unclear.status, unclear.json.code]).toEqual([400, "malformed_request"])
    expect(unclear.headers.get("Content-Type")).toBe("application/problem+json")
    const again = await tenant.api.post(path)
    expect([again.status, again.json.status]).toEqual([200, "Failed"])
  })

  test("is refused for what is paid, declined, on its way, or nobody's", async () => {
    const tenant = await newTenant("test")
    const cards: [string, string][] = [
      ["pm_card_visa", "Succeeded"],
      ["pm_card_chargeDeclined", "Failed"],
      ["pm_card_pendingThenSucceeds", "Pending"],
    ]
    for (const [card, status] of cards) {
      const { customer, invoiceId } = await openInvoice(tenant)
      await attach(tenant, customer, card)
      const paid = (await tenant.api.post(`/admin/v1/invoices/${invoiceId}/pay`, { method: "Default" })).json
      expect(paid.status).toBe(status)
      const refused = await tenant.api.post(`/admin/v1/payments/${paid.id}/cancel`)
      expect([refused.status, refused.json.code]).toEqual([409, "invalid_state"])
      expect((await tenant.api.get(`/admin/v1/payments/${paid.id}`)).json.status).toBe(status)
    }
    const { payment } = await waiting()
    expect((await tenant.api.post(`/admin/v1/payments/${payment.id}/cancel`)).status).toBe(404)
  })
})

describe("a payment that waits for its customer gives way", () => {
  test("to voiding its invoice", async () => {
    const { tenant, invoiceId, payment } = await waiting()
    const voided = await tenant.api.post(`/admin/v1/invoices/${invoiceId}/void`, { reason: "Sent twice" })
    expect([voided.status, voided.json.status]).toEqual([200, "Void"])
    const { status, failure_code } = (await tenant.api.get(`/admin/v1/payments/${payment.id}`)).json
    expect([status, failure_code]).toEqual(["Failed", "canceled"])
  })

  test("to another method that is charged", async () => {
    const { tenant, customer, invoiceId, payment } = await waiting()
    const again = await tenant.api.post(`/admin/v1/invoices/${invoiceId}/pay`, { method: "Default" })
    expect([again.status, again.json.code]).toEqual([409, "invalid_state"])
    expect((await tenant.api.get(`/admin/v1/payments/${payment.id}`)).json.status).toBe("RequiresAction")
    // A job may charge the new default by itself meanwhile.
    await attach(tenant, customer, "pm_card_visa")
    const paid = await tenant.api.post(`/admin/v1/invoices/${invoiceId}/pay`, { method: "Default" })
    expect([201, 409]).toContain(paid.status)
    expect(await invoiceOf(tenant, invoiceId)).toEqual(["Paid", "0", "250000000000000"])
    expect((await tenant.api.get(`/admin/v1/payments/${payment.id}`)).json.failure_code).toBe("canceled")
  })

  test("only where there is no room beside it", async () => {
    const tenant = await newTenant("test")
    const { customer, invoiceId } = await openInvoice(tenant)
    await attach(tenant, customer, "pm_card_authenticationRequired")
    const pay = (amount: string) =>
      tenant.api.post(`/admin/v1/invoices/${invoiceId}/pay`, { method: "Default", amount_nanos: amount })
    const waits = (await pay("100000000000000")).json
    await create(tenant.api, `/admin/v1/customers/${customer.id}/payment-methods`, {
      payment_method: "pm_card_visa",
    })
    const [card] = (await tenant.api.get(`/admin/v1/customers/${customer.id}/payment-methods`)).json
    expect(card.is_default).toBe(false)
    const partly = { method: "Default", amount_nanos: "150000000000000", payment_method_id: card.id }
    const paid = await tenant.api.post(`/admin/v1/invoices/${invoiceId}/pay`, partly)
    expect([paid.status, paid.json.status]).toEqual([201, "Succeeded"])
    expect((await tenant.api.get(`/admin/v1/payments/${waits.id}`)).json.status).toBe("RequiresAction")
  })
})

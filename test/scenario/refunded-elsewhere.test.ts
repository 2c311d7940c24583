// A business gives money back on the site of its processor, told by the test clock: the refund is there a day later, told, booked, and no
// more is left than the rest.

import { expect, test } from "vitest"
import { advance, create, newTenant, setClock } from "../support/client.ts"
import { quiet } from "../support/database.ts"
import { CENT, newCustomer } from "../support/fixtures.ts"

const nanos = (cents: number) => (BigInt(cents) * CENT).toString()

test("half of a payment that was given back at the processor is a refund of ours from then on", async () => {
  const { api } = await newTenant("test")
  await setClock(api, "2026-01-01T00:00:00Z")
  const customer = await newCustomer(api)
  const card = { payment_method: "pm_card_refundedElsewhere" }
  await create(api, `/admin/v1/customers/${customer.id}/payment-methods`, card)
  const lines = [{ description: "Workshop", unit_amount_nanos: nanos(5_000) }]
  const { id } = await create(api, "/admin/v1/invoices", { customer_id: customer.id, lines })
  await api.post(`/admin/v1/invoices/${id}/finalize`)
  const payment = await create(api, `/admin/v1/invoices/${id}/pay`, { method: "Default" })
  expect(payment.status).toBe("Succeeded")

  await advance(api, { by: "P1D" })
  await quiet()
  const refunds = (await api.get(`/admin/v1/payments/${payment.id}/refunds`)).json
  expect(refunds).toMatchObject([{ source: "Processor", status: "Succeeded", amount_nanos: nanos(2_500) }])
  const told = (await api.get("/admin/v1/webhook-events")).json
  expect(told.filter(({ type }: any) => type === "refund.succeeded")).toHaveLength(1)

  const rest = await api.post(`/admin/v1/payments/${payment.id}/refund`, { amount_nanos: nanos(2_501) })
  expect(rest.status).toBe(422)
  await create(api, `/admin/v1/payments/${payment.id}/refund`, {})
  const { balances } = (await api.get(`/admin/v1/customers/${customer.id}`)).json
  const stands = balances.filter((one: any) => one.amount_nanos !== "0")
  expect(stands.map((one: any) => [one.account, one.amount_nanos])).toEqual([
    ["Refunds", nanos(5_000)],
    ["Revenue", nanos(-5_000)],
  ])
  const { currencies } = (await api.get("/admin/v1/ledger/trial-balance")).json
  expect(currencies.map((one: any) => one.difference_nanos)).toEqual(["0"])
  expect((await api.get("/admin/v1/ledger/audit")).json.differences).toEqual([])
})

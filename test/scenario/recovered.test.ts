// Money that comes for an invoice which was given up: it lessens the loss, the invoice is Paid once nothing is left of it, and what comes
// back of that is given up again. After each step the books balance and agree with the documents.

import { describe, expect, test } from "vitest"
import type { Api, Json } from "../support/client.ts"
import { create, newTenant } from "../support/client.ts"
import { CENT, newCustomer } from "../support/fixtures.ts"

const nanos = (cents: number) => String(BigInt(cents) * CENT)

/** An invoice of $100 that was given up. */
async function givenUp() {
  const { api } = await newTenant("test")
  const customer = await newCustomer(api)
  const lines = [{ description: "Workshop", unit_amount_nanos: nanos(10_000) }]
  const { id } = await create(api, "/admin/v1/invoices", { customer_id: customer.id, lines })
  await api.post(`/admin/v1/invoices/${id}/finalize`)
  const lost = await api.post(`/admin/v1/invoices/${id}/mark-uncollectible`)
  expect(lost.json.status).toBe("Uncollectible")
  const pay = (body: Json) => api.post(`/admin/v1/invoices/${id}/pay`, body)
  const invoice = async () => (await api.get(`/v1/invoices/${id}`)).json
  return { api, customer, id, pay, invoice }
}

/** In cents, but for what is nothing. */
async function standing(api: Api, customer: any): Promise<Record<string, number>> {
  const { currencies } = (await api.get("/admin/v1/ledger/trial-balance")).json
  for (const { difference_nanos } of currencies) expect(difference_nanos).toBe("0")
  expect((await api.get("/admin/v1/ledger/audit")).json.differences).toEqual([])
  const { balances } = (await api.get(`/admin/v1/customers/${customer.id}`)).json
  const all = balances.map(({ account, amount_nanos }: any) => [account, Number(BigInt(amount_nanos) / CENT)])
  return Object.fromEntries(all.filter(([, amount]: [string, number]) => amount !== 0))
}

describe("an invoice that was given up", () => {
  test("is paid by money that was received, in parts", async () => {
    const { api, customer, pay, invoice } = await givenUp()
    expect(await standing(api, customer)).toEqual({ BadDebt: 10_000, Revenue: -10_000 })
    expect((await pay({ method: "Manual", amount_nanos: nanos(3_000) })).json.status).toBe("Succeeded")
    expect((await invoice()).status).toBe("Uncollectible")
    expect(await standing(api, customer)).toEqual({ Cash: 3_000, BadDebt: 7_000, Revenue: -10_000 })
    expect((await pay({ method: "Manual" })).json.amount_nanos).toBe(nanos(7_000))
    expect(await invoice()).toMatchObject({ status: "Paid", amount_due_nanos: "0" })
    expect(await standing(api, customer)).toEqual({ Cash: 10_000, Revenue: -10_000 })
    const again = await pay({ method: "Manual" })
    expect([again.status, again.json.code]).toEqual([409, "invalid_state"])
  })

  test("is paid by a method that is asked for, and never by itself", async () => {
    const { api, customer, pay, invoice } = await givenUp()
    await create(api, `/admin/v1/customers/${customer.id}/payment-methods`, {
      payment_method: "pm_card_visa",
    })
    expect((await invoice()).status).toBe("Uncollectible")
    expect(await standing(api, customer)).toEqual({ BadDebt: 10_000, Revenue: -10_000 })
    const much = await pay({ method: "Default", amount_nanos: nanos(10_001) })
    expect([much.status, much.json.code]).toEqual([422, "invalid_request"])
    expect((await pay({ method: "Default" })).json).toMatchObject({
      status: "Succeeded",
      amount_nanos: nanos(10_000),
    })
    expect((await invoice()).status).toBe("Paid")
    expect(await standing(api, customer)).toEqual({ Cash: 10_000, Revenue: -10_000 })
  })

  test("stays given up where the method is declined", async () => {
    const { api, customer, id, pay, invoice } = await givenUp()
    const declined = { payment_method: "pm_card_chargeDeclined" }
    await create(api, `/admin/v1/customers/${customer.id}/payment-methods`, declined)
    expect((await pay({ method: "Default" })).json.status).toBe("Failed")
    expect((await invoice()).status).toBe("Uncollectible")
    expect((await api.get(`/admin/v1/invoices/${id}/dunning`)).status).toBe(404)
    expect(await standing(api, customer)).toEqual({ BadDebt: 10_000, Revenue: -10_000 })
  })

  test("is owed what came beyond it, and after a credit note only the rest is asked for", async () => {
    const { api, customer, id, pay, invoice } = await givenUp()
    await create(api, `/admin/v1/invoices/${id}/credit-notes`, { reason: "x", amount_nanos: nanos(4_000) })
    expect((await pay({ method: "Manual", amount_nanos: nanos(6_500) })).status).toBe(201)
    expect((await invoice()).status).toBe("Paid")
    expect(await standing(api, customer)).toEqual({ Cash: 6_500, PayoutsPayable: -500, Revenue: -6_000 })
  })
})

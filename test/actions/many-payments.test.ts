// An invoice with more payments than are shown together: what is decided from them counts all of them.

import { beforeAll, expect, test } from "vitest"
import { payInvoice } from "../../src/actions/pay-invoice.ts"
import type { Scope } from "../../src/actions/scope.ts"
import type { Api } from "../support/client.ts"
import { create, newTenant } from "../support/client.ts"
import { CENT, newCustomer } from "../support/fixtures.ts"
import { scopeOf } from "../support/race.ts"

const PARTS = 103
/** A hundred commits one after the other, on a machine that does other things as well. */
const PATIENCE_MS = 60_000

let api: Api
let scope: Scope
let invoice: string
let customer: any
let stolen: string

const nanos = (cents: number) => String(BigInt(cents) * CENT)
/** Not as the default, which would be tried by itself. */
const attach = async (methodName: string): Promise<string> => {
  const asked = { payment_method: methodName }
  return (await create(api, `/admin/v1/customers/${customer.id}/payment-methods`, asked)).id
}
const pay = (body: object) => api.post(`/admin/v1/invoices/${invoice}/pay`, body)
const get = async (path: string) => (await api.get(path)).json

/** In ten cents each. */
async function payParts(): Promise<void> {
  const received = { method: "Manual", amountNanos: nanos(10), reference: null } as const
  for (let part = 0; part < PARTS; part += 1) {
    const paid = await payInvoice(scope, invoice, received, () => ({ status: 201, body: "" }))
    expect(paid.ok).toBe(true)
  }
}

beforeAll(async () => {
  const tenant = await newTenant("test")
  api = tenant.api
  scope = await scopeOf(tenant.id)
  customer = await newCustomer(api)
  const lines = [{ description: "Workshop", unit_amount_nanos: nanos(10_000) }]
  invoice = (await create(api, "/admin/v1/invoices", { customer_id: customer.id, lines })).id
  await api.post(`/admin/v1/invoices/${invoice}/finalize`)
  stolen = await attach("pm_card_chargeDeclinedStolenCard")
  const declined = await pay({ payment_method_id: stolen, amount_nanos: nanos(100) })
  expect(declined.json.status).toBe("Failed")
  const asking = await attach("pm_card_authenticationRequired")
  const waits = await pay({ payment_method_id: asking, amount_nanos: nanos(500) })
  expect(waits.json.status).toBe("RequiresAction")
  await payParts()
}, PATIENCE_MS)

test("a method that was declined for good long ago is not asked again", async () => {
  const refused = await pay({ payment_method_id: stolen, amount_nanos: nanos(100) })
  expect([refused.status, refused.json.detail]).toEqual([409, expect.stringContaining("declined for good")])
})

test("a payment that has waited for its customer since then gives way", async () => {
  const id = await attach("pm_card_visa")
  const due = 10_000 - PARTS * 10
  const paid = await pay({ payment_method_id: id, amount_nanos: nanos(due) })
  expect([paid.status, paid.json.status]).toEqual([201, "Succeeded"])
  expect((await get(`/v1/invoices/${invoice}`)).status).toBe("Paid")
})

test(
  "all of them are refunded, so many at once, to the cent",
  async () => {
    const refund = (body: object) => api.post(`/admin/v1/invoices/${invoice}/refund`, body)
    // The newest hundred are the card's payment and 99 parts.
    const atOnce = 10_000 - PARTS * 10 + 99 * 10
    const more = await refund({ amount_nanos: nanos(atOnce + 1) })
    expect([more.status, more.json.code]).toEqual([422, "invalid_request"])
    expect(more.json.errors[0].message).toContain("at once")
    const first = await refund({})
    expect([first.status, first.json.length]).toEqual([201, 100])
    const rest = await refund({})
    expect(rest.json.map((one: any) => one.amount_nanos)).toEqual(Array(4).fill(nanos(10)))
    expect((await refund({})).status).toBe(409)
    const { differences } = await get("/admin/v1/ledger/audit")
    expect(differences).toEqual([])
    const { balances } = await get(`/admin/v1/customers/${customer.id}`)
    expect(balances.find(({ account }: any) => account === "Cash").amount_nanos).toBe("0")
  },
  PATIENCE_MS,
)

test(
  "one of the oldest is refunded by its own name",
  async () => {
    const oneOff = {
      customer_id: customer.id,
      lines: [{ description: "Talk", unit_amount_nanos: nanos(2_000) }],
    }
    invoice = (await create(api, "/admin/v1/invoices", oneOff)).id
    await api.post(`/admin/v1/invoices/${invoice}/finalize`)
    const oldest = (await pay({ amount_nanos: nanos(20) })).json
    await payParts()
    const refunded = await api.post(`/admin/v1/payments/${oldest.id}/refund`, {})
    expect([refunded.status, refunded.json[0].amount_nanos]).toEqual([201, nanos(20)])
  },
  PATIENCE_MS,
)

// The money endpoints under fifty calls at once, each with a key of its own: they never ask for more than is owed, give back more than was
// paid, or take more than is held. Who lost too many races is told to try again; nobody is told anything else that is not so.

import { env } from "cloudflare:workers"
import { expect, test } from "vitest"
import type { Api, Json, Reply } from "../support/client.ts"
import { create, newTenant } from "../support/client.ts"
import { quiet } from "../support/database.ts"
import { CENT, newCustomer } from "../support/fixtures.ts"

const MANY = 50
/** Fifty at once wait for each other. */
const PATIENCE_MS = 120_000
const TOTAL = 25_000

const nanos = (cents: number) => (BigInt(cents) * CENT).toString()
const cents = (text: string) => Number(BigInt(text) / CENT)

async function setting() {
  const tenant = await newTenant("test")
  const { api } = tenant
  const customer = await newCustomer(api)
  const lines = [{ description: "Workshop", unit_amount_nanos: nanos(TOTAL) }]
  const { id } = await create(api, "/admin/v1/invoices", { customer_id: customer.id, lines })
  await api.post(`/admin/v1/invoices/${id}/finalize`)
  // Once it is final, so that no job collects it.
  await create(api, `/admin/v1/customers/${customer.id}/payment-methods`, { payment_method: "pm_card_visa" })
  const invoice = async () => (await api.get(`/v1/invoices/${id}`)).json
  return { tenant, api, customer, path: `/admin/v1/invoices/${id}`, invoice }
}

type Call = readonly [path: string, body: Json]

/** All at once, each under a key of its own. */
function atOnce(api: Api, calls: readonly Call[]): Promise<Reply[]> {
  return Promise.all(
    calls.map(([path, body], at) => api.post(path, body, { "Idempotency-Key": `call-${at}-${path}` })),
  )
}

const times = (call: Call): Call[] => Array.from({ length: MANY }, () => call)

/** What was done, and that all others were refused for what is so. */
function done(replies: readonly Reply[]): any[] {
  expect(replies.filter(({ status }) => ![201, 409, 422].includes(status)).map(({ text }) => text)).toEqual(
    [],
  )
  return replies.filter(({ status }) => status === 201).map(({ json }) => json)
}

/** What the sandbox itself took and gave back, in cents. */
async function atTheBank(tenantId: string): Promise<Record<string, number>> {
  const sql = `SELECT kind, SUM(amount_minor) AS amount FROM sandbox_objects
    WHERE tenant_id = ? AND kind IN ('Charge', 'Refund', 'Payout') AND status = 'Succeeded' GROUP BY kind`
  const { results } = await env.DB.prepare(sql).bind(tenantId).all<{ kind: string; amount: number }>()
  return Object.fromEntries(results.map(({ kind, amount }) => [kind, amount]))
}

async function expectClean(api: Api): Promise<void> {
  await quiet()
  const { currencies } = (await api.get("/admin/v1/ledger/trial-balance")).json
  expect(currencies.map((one: any) => one.difference_nanos)).toEqual(["0"])
  expect((await api.get("/admin/v1/ledger/audit")).json.differences).toEqual([])
}

test(
  "fifty charges never take more than is due",
  async () => {
    const { tenant, api, path, invoice } = await setting()
    const charges = done(
      await atOnce(api, times([`${path}/pay`, { method: "Default", amount_nanos: nanos(7_000) }])),
    )
    // Three times $70 fit into $250.
    expect(charges.length).toBeGreaterThan(0)
    expect(charges.length).toBeLessThanOrEqual(3)
    expect(await atTheBank(tenant.id)).toEqual({ Charge: 7_000 * charges.length })
    expect(cents((await invoice()).paid_nanos)).toBe(7_000 * charges.length)
    // What is left is asked for once, by however many.
    const rest = done(await atOnce(api, times([`${path}/pay`, { method: "Default" }])))
    expect(rest.map(({ amount_nanos }) => cents(amount_nanos))).toEqual([TOTAL - 7_000 * charges.length])
    expect(await atTheBank(tenant.id)).toEqual({ Charge: TOTAL })
    expect((await invoice()).status).toBe("Paid")
    await expectClean(api)
  },
  PATIENCE_MS,
)

test(
  "charges and money that came by hand, at once, take nothing twice",
  async () => {
    const { tenant, api, path, invoice } = await setting()
    const calls = times([`${path}/pay`, { method: "Default", amount_nanos: nanos(4_000) }]).map(
      (call, at): Call =>
        at % 2 === 0 ? call : [`${path}/pay`, { reference: `WIRE-${at}`, amount_nanos: nanos(4_000) }],
    )
    const paid = done(await atOnce(api, calls))
    const sum = (kind: string) => 4_000 * paid.filter((one) => one.kind === kind).length
    expect((await atTheBank(tenant.id))["Charge"] ?? 0).toBe(sum("Processor"))
    expect(sum("Processor")).toBeLessThanOrEqual(TOTAL)
    const told = await invoice()
    // By hand more may come than is due; it is credit then. Of it all, what settles the invoice is never more than the invoice.
    const applied = paid.reduce((total, one) => total + cents(one.applied_nanos), 0)
    expect([cents(told.paid_nanos), cents(told.amount_due_nanos)]).toEqual([applied, TOTAL - applied])
    expect(applied).toBeLessThanOrEqual(TOTAL)
    await expectClean(api)
  },
  PATIENCE_MS,
)

test(
  "fifty refunds never give back more than was paid",
  async () => {
    const { tenant, api, path } = await setting()
    await create(api, `${path}/pay`, { method: "Default" })
    const refunds = done(await atOnce(api, times([`${path}/refund`, { amount_nanos: nanos(7_000) }]))).flat()
    expect(refunds.length).toBeGreaterThan(0)
    expect(refunds.length).toBeLessThanOrEqual(3)
    expect((await atTheBank(tenant.id))["Refund"]).toBe(7_000 * refunds.length)
    const rest = done(await atOnce(api, times([`${path}/refund`, {}]))).flat()
    expect(rest.map(({ amount_nanos }) => cents(amount_nanos))).toEqual([TOTAL - 7_000 * refunds.length])
    expect(await atTheBank(tenant.id)).toEqual({ Charge: TOTAL, Refund: TOTAL })
    await expectClean(api)
  },
  PATIENCE_MS,
)

test(
  "what a credit note left is refunded, paid out or kept, and never two of it",
  async () => {
    const { tenant, api, customer, path } = await setting()
    await create(api, `${path}/pay`, { method: "Default" })
    const note = { reason: "Outage", amount_nanos: nanos(6_000) }
    const { id } = await create(api, `${path}/credit-notes`, note)
    const calls = times([`${path}/refund`, { credit_note_id: id }]).map((call, at): Call =>
      at % 2 === 0 ? call : [`/admin/v1/customers/${customer.id}/payouts`, { amount_nanos: nanos(6_000) }],
    )
    done(await atOnce(api, calls))
    await quiet()
    const { Refund = 0, Payout = 0 } = await atTheBank(tenant.id)
    expect([Refund, Payout].toSorted((a, b) => a - b)).toEqual([0, 6_000])
    await expectClean(api)
  },
  PATIENCE_MS,
)

test(
  "fifty who give, take and spend credit never hold less than nothing",
  async () => {
    const { api, customer } = await setting()
    const credits = `/admin/v1/customers/${customer.id}/credits`
    await create(api, credits, { amount_nanos: nanos(5_000) })
    const calls = Array.from({ length: MANY }, (_, at): Call => [
      credits,
      { amount_nanos: at % 5 === 0 ? nanos(1_000) : `-${nanos(700)}` },
    ])
    const moved = done(await atOnce(api, calls))
    const wallet = (await api.get(`/admin/v1/customers/${customer.id}/wallet`)).json
    const [balance] = wallet.balances
    const given = 5_000 + 1_000 * moved.filter(({ grant }) => grant !== null).length
    const taken = 700 * moved.filter(({ grant }) => grant === null).length
    expect(cents(balance.balance_nanos)).toBe(given - taken)
    expect(given - taken).toBeGreaterThanOrEqual(0)
    await expectClean(api)
  },
  PATIENCE_MS,
)

// A year of a business in its books: fees in advance by the month and by the year, usage in arrears, taxes, credit notes, voids and an
// invoice that is given up. Every month the books balance, and in the end nothing is deferred. By the test clock.

import { beforeAll, describe, expect, test } from "vitest"
import type { Api, Json } from "../support/client.ts"
import { advance, create, newTenant, setClock } from "../support/client.ts"
import { CALLS, CENT, newCustomer, newPlan, newSubscription, use } from "../support/fixtures.ts"

let api: Api
let monthly: any
let metered: any
let yearly: any

const nanos = (cents: number) => (BigInt(cents) * CENT).toString()
const cents = (text: string) => Number(BigInt(text) / CENT)

const ADVANCE = { pricing_model: "Flat", billing_timing: "InAdvance" }

beforeAll(async () => {
  api = (await newTenant("test", { draft_grace_hours: 1 })).api
  await setClock(api, "2026-01-01T00:00:00Z")
  await api.patch("/admin/v1/tenant", { tax: { mode: "FlatRate", bps: 1000, name: "VAT" } })
  const taxed = () => newCustomer(api, { payment_terms_days: 0 })
  const month = await newPlan(api, [{ ...ADVANCE, name: "Fee", unit_amount_nanos: nanos(3_100) }])
  const usage = await newPlan(api, [CALLS])
  const year = await newPlan(api, [{ ...ADVANCE, name: "Year", unit_amount_nanos: nanos(36_500) }], {
    billing_cadence: "Annual",
  })
  monthly = await newSubscription(api, month, { customer_id: (await taxed()).id })
  metered = await newSubscription(api, usage, { customer_id: (await taxed()).id })
  await advance(api, { to: "2026-03-01T00:00:00Z" })
  yearly = await newSubscription(api, year, { customer_id: (await taxed()).id })
}, 60_000)

/** A final invoice of one line for the months of a year, tax comes on top. */
async function oneOff(amount: number, service: Json): Promise<any> {
  const { id } = await newCustomer(api, { payment_terms_days: 0 })
  const lines = [{ description: "Support", unit_amount_nanos: nanos(amount), ...service }]
  const draft = await create(api, "/admin/v1/invoices", { customer_id: id, lines })
  const final = await api.post(`/admin/v1/invoices/${draft.id}/finalize`)
  expect(final.status).toBe(200)
  return final.json
}

async function post(path: string, body?: Json): Promise<any> {
  const answer = await api.post(path, body)
  if (answer.status > 201) throw new Error(`${path}: ${answer.text}`)
  return answer.json
}

async function get(path: string): Promise<any> {
  const answer = await api.get(`/admin/v1/ledger${path}`)
  expect(answer.status).toBe(200)
  return answer.json
}

async function standing(date?: string): Promise<Record<string, number>> {
  const { accounts } = await get(`/accounts${date === undefined ? "" : `?date=${date}`}`)
  return Object.fromEntries(accounts.map((one: any) => [one.account, cents(one.balance_nanos)]))
}

/** What every day must hold: debits are credits, what is owed is what open invoices say, and no audit finds anything. */
async function sound(): Promise<Record<string, number>> {
  const { currencies } = await get("/trial-balance")
  expect(currencies.map((one: any) => one.difference_nanos)).toEqual(currencies.map(() => "0"))
  const open = (await api.get("/admin/v1/invoices?status=Open&limit=100")).json
  const owed = open.reduce((sum: number, row: any) => sum + cents(row.amount_due_nanos), 0)
  const stands = await standing()
  expect(stands["AccountsReceivable"]).toBe(owed)
  const aged = await get("/receivables?limit=100")
  expect(aged.reduce((sum: number, row: any) => sum + cents(row.total_nanos), 0)).toBe(owed)
  expect((await get("/audit?limit=100")).differences).toEqual([])
  return stands
}

const lastDays = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
const pad = (n: number) => String(n).padStart(2, "0")

describe("a year in the books", () => {
  test("every month the books balance, whatever happened in it", async () => {
    // For the 184 days from March to August, a dollar a day.
    const half = { service_start: "2026-03-01T00:00:00Z", service_end: "2026-09-01T00:00:00Z" }
    const [toVoid, toCredit] = [await oneOff(18_400, half), await oneOff(18_400, half)]
    const lost = await oneOff(9_000, {})
    for (let month = 3; month <= 12; month++) {
      await advance(api, { to: `2026-${pad(month)}-02T00:00:00Z` })
      await use(api, metered, `2026-${pad(month)}-01T00:00:00Z`, month)
      await advance(api, { to: `2026-${pad(month)}-${lastDays[month - 1]}T12:00:00Z` })
      const before = await sound()
      if (month === 4) {
        // 61 days were earned; with the void neither they nor the rest are.
        await post(`/admin/v1/invoices/${toVoid.id}/void`, { reason: "Never ordered" })
        const after = await sound()
        expect((after["Revenue"] ?? 0) - (before["Revenue"] ?? 0)).toBe(-6_100)
        expect((after["DeferredRevenue"] ?? 0) - (before["DeferredRevenue"] ?? 0)).toBe(-12_300)
        expect((after["TaxPayable"] ?? 0) - (before["TaxPayable"] ?? 0)).toBe(-1_840)
      }
      if (month === 6) {
        // Half of it: 122 of 184 days were earned.
        const credit = { reason: "Half the team", amount_nanos: nanos(10_120) }
        await post(`/admin/v1/invoices/${toCredit.id}/credit-notes`, credit)
        const after = await sound()
        expect((after["Revenue"] ?? 0) - (before["Revenue"] ?? 0)).toBe(-6_100)
        expect((after["DeferredRevenue"] ?? 0) - (before["DeferredRevenue"] ?? 0)).toBe(-3_100)
      }
      if (month === 8) {
        await post(`/admin/v1/invoices/${lost.id}/mark-uncollectible`)
        expect((await sound())["BadDebt"]).toBe(9_900)
      }
    }
  }, 180_000)

  test("of the fees in advance each month has earned its days", async () => {
    const months = await get("/revenue?from=2026-01&to=2026-12")
    // The usage of a month is billed in the next one; the year's fee is a dollar a day from March on.
    const usage = (month: number) => (month > 3 ? month - 1 : 0)
    // March: two supports of a dollar a day and what was lost later; April took the first one's 61 days back.
    const once: Readonly<Record<number, number>> = {
      3: 3_100 * 2 + 9_000,
      4: 3_000 * 2 - 6_100,
      5: 3_100,
      6: 3_000 - 6_100,
      7: 1_550,
      8: 1_550,
    }
    for (const [at, found] of months.entries()) {
      const month = at + 1
      const year = month >= 3 ? (lastDays[at] ?? 0) * 100 : 0
      expect([found.month, cents(found.recognized_nanos)]).toEqual([
        `2026-${pad(month)}`,
        3_100 + usage(month) + year + (once[month] ?? 0),
      ])
    }
    // Of the year's fee, January and February are ahead.
    expect(cents(months.at(-1).deferred_nanos)).toBe(5_900)
  })

  test("after the last period nothing is deferred", async () => {
    await post(`/v1/subscriptions/${monthly.id}/cancel`, { at: "PeriodEnd" })
    await post(`/v1/subscriptions/${yearly.id}/cancel`, { at: "PeriodEnd" })
    expect((await standing("2027-02-28"))["DeferredRevenue"]).toBe(0)
    await advance(api, { to: "2027-03-02T00:00:00Z" })
    const stands = await sound()
    expect(stands["DeferredRevenue"]).toBe(0)
    // Twelve monthly fees, one yearly, the usage of March to December, half a support, and what was lost.
    const earned = 12 * 3_100 + 36_500 + (3 + 4 + 5 + 6 + 7 + 8 + 9 + 10 + 11 + 12) + 9_200 + 9_000
    expect(stands["Revenue"]).toBe(earned)
    expect((await standing("2025-12-31"))["Revenue"]).toBeUndefined()
  }, 60_000)
})

// The ledger over the API: balances of any day, entries and their filters, what is owed by age, revenue by month, and an audit that
// finds what was changed behind its back. By the test clock; the amounts are worked out by hand.

import { env } from "cloudflare:workers"
import { beforeEach, describe, expect, test } from "vitest"
import type { Api, Json, Tenant } from "../support/client.ts"
import { create, newTenant, setClock } from "../support/client.ts"
import { CENT, newCustomer } from "../support/fixtures.ts"

const LEDGER = "/admin/v1/ledger"

let tenant: Tenant
let api: Api

beforeEach(async () => {
  tenant = await newTenant("test")
  api = tenant.api
  await setClock(api, "2026-01-01T00:00:00Z")
})

const nanos = (cents: number) => (BigInt(cents) * CENT).toString()
const cents = (text: string) => Number(BigInt(text) / CENT)

/** A final invoice of so many cents, for a time if it is given. */
async function invoice(customer: any, amount: number, service: Json = {}): Promise<any> {
  const lines = [{ description: "Fee", unit_amount_nanos: nanos(amount), ...service }]
  const fields = { customer_id: customer.id, currency: customer.billing_currency, lines }
  const { id } = await create(api, "/admin/v1/invoices", fields)
  const final = await api.post(`/admin/v1/invoices/${id}/finalize`)
  expect(final.status).toBe(200)
  return final.json
}

const JANUARY = { service_start: "2026-01-01T00:00:00Z", service_end: "2026-02-01T00:00:00Z" }

async function get(path: string): Promise<any> {
  const answer = await api.get(LEDGER + path)
  expect(answer.status).toBe(200)
  return answer.json
}

/** What accounts stand at on their normal side, in cents, those at zero left out. */
async function accounts(query = ""): Promise<Record<string, number>> {
  const found = (await get(`/accounts${query}`)).accounts.filter((one: any) => one.balance_nanos !== "0")
  return Object.fromEntries(
    found.map((one: any) => [`${one.currency} ${one.account}`, cents(one.balance_nanos)]),
  )
}

async function fault(path: string): Promise<unknown[]> {
  const answer = await api.get(LEDGER + path)
  return [answer.status, answer.json.errors?.[0]?.path]
}

describe("balances", () => {
  test("tell today, any day before and any day ahead, each currency for itself", async () => {
    await invoice(await newCustomer(api), 3_100, JANUARY)
    await invoice(await newCustomer(api, { currency: "EUR" }), 700)
    expect(await accounts()).toEqual({
      "USD AccountsReceivable": 3_100,
      "USD DeferredRevenue": 3_000,
      "USD Revenue": 100,
      "EUR AccountsReceivable": 700,
      "EUR Revenue": 700,
    })
    await setClock(api, "2026-01-10T12:00:00Z")
    expect(await accounts()).toMatchObject({ "USD DeferredRevenue": 2_100, "USD Revenue": 1_000 })
    expect(await accounts("?date=2026-01-02")).toMatchObject({ "USD Revenue": 200 })
    const done = { "USD AccountsReceivable": 3_100, "USD Revenue": 3_100 }
    for (const day of ["2026-01-31", "2026-02-01", "2030-01-01"]) {
      const found = await accounts(`?date=${day}`)
      expect(found).toMatchObject(done)
      expect(found).not.toHaveProperty("USD DeferredRevenue")
    }
    expect(await accounts("?date=2025-12-31")).toEqual({})
    const { date } = await get("/accounts")
    expect(date).toBe("2026-01-10")
  })

  test("are cut to the cent and exact, however large and long", async () => {
    const small = await newCustomer(api)
    await invoice(small, 100, { service_start: JANUARY.service_start, service_end: "2026-01-04T00:00:00Z" })
    // Two thirds of a dollar.
    const second = { "USD Revenue": 66, "USD DeferredRevenue": 34 }
    expect(await accounts("?date=2026-01-02")).toMatchObject(second)
    await setClock(api, "2026-01-02T00:00:00Z")
    const { balances } = (await api.get(`/admin/v1/customers/${small.id}`)).json
    expect(balances.map((one: any) => cents(one.amount_nanos))).toEqual([100, -34, -66])
    // The largest line for the longest time: as one product, amount and days would not fit into 64 bits.
    const large = 35_000_000_000_001
    const ages = { service_start: JANUARY.service_start, service_end: "2990-01-01T00:00:00Z" }
    await invoice(await newCustomer(api, { currency: "EUR" }), large, ages)
    const days = (Date.UTC(2980, 0, 1) - Date.UTC(2026, 0, 1)) / 86_400_000
    const whole = (Date.UTC(2990, 0, 1) - Date.UTC(2026, 0, 1)) / 86_400_000
    expect(large * days).toBeGreaterThan(2 ** 63)
    const earned = (BigInt(large) * BigInt(days)) / BigInt(whole)
    expect(await accounts("?date=2979-12-31")).toMatchObject({ "EUR Revenue": Number(earned) })
  })

  test("have their sign by the side on which the account normally stands", async () => {
    await invoice(await newCustomer(api), 500)
    const [receivable, revenue] = (await get("/accounts")).accounts
    expect(receivable).toEqual({
      account: "AccountsReceivable",
      normal_balance: "Debit",
      currency: "USD",
      balance_nanos: nanos(500),
      amount_nanos: nanos(500),
    })
    expect([revenue.normal_balance, revenue.balance_nanos, revenue.amount_nanos]).toEqual([
      "Credit",
      nanos(500),
      nanos(-500),
    ])
  })

  test("are as many debits as credits", async () => {
    await invoice(await newCustomer(api), 3_100, JANUARY)
    const { currencies } = await get("/trial-balance?date=2026-01-05")
    expect(currencies).toEqual([
      {
        currency: "USD",
        debit_nanos: nanos(3_100),
        credit_nanos: nanos(3_100),
        difference_nanos: "0",
        accounts: [
          { account: "AccountsReceivable", debit_nanos: nanos(3_100), credit_nanos: "0" },
          { account: "Revenue", debit_nanos: "0", credit_nanos: nanos(500) },
          { account: "DeferredRevenue", debit_nanos: "0", credit_nanos: nanos(2_600) },
        ],
      },
    ])
  })

  test("of a customer tell what is deferred today", async () => {
    const customer = await newCustomer(api)
    await invoice(customer, 3_100, JANUARY)
    await setClock(api, "2026-01-10T12:00:00Z")
    const { balances } = (await api.get(`/admin/v1/customers/${customer.id}`)).json
    expect(Object.fromEntries(balances.map((one: any) => [one.account, cents(one.amount_nanos)]))).toEqual({
      AccountsReceivable: 3_100,
      DeferredRevenue: -2_100,
      Revenue: -1_000,
    })
  })

  test("of what is no day are refused", async () => {
    for (const date of ["2026-02-30", "2026-1-1", "today", "2026-01-01T00:00:00Z", ""]) {
      expect(await fault(`/accounts?date=${date}`)).toEqual([422, "date"])
      expect(await fault(`/trial-balance?date=${date}`)).toEqual([422, "date"])
    }
  })
})

describe("entries", () => {
  test("say what was booked, why, and over which days", async () => {
    const customer = await newCustomer(api)
    const { id } = await invoice(customer, 3_100, JANUARY)
    const entries = await get("/entries")
    const daily = { recognized_from: "2026-01-01", recognized_to: "2026-02-01" }
    const atOnce = { recognized_from: null, recognized_to: null }
    const expected = [
      { account: "AccountsReceivable", amount_nanos: nanos(3_100), ...atOnce },
      { account: "DeferredRevenue", amount_nanos: nanos(-3_100), ...atOnce },
      { account: "DeferredRevenue", amount_nanos: nanos(3_100), ...daily },
      { account: "Revenue", amount_nanos: nanos(-3_100), ...daily },
    ]
    const common = { customer_id: customer.id, currency: "USD", cause: "invoice.finalized", cause_id: id }
    expect(entries.toReversed()).toEqual(
      expected.map((entry) => ({
        ...common,
        ...entry,
        id: expect.any(String),
        transaction_id: entries[0].transaction_id,
        booked_at: "2026-01-01T00:00:00Z",
      })),
    )
  })

  test("are found by customer, account, cause and time, a page at a time, newest first", async () => {
    const [one, two] = [await newCustomer(api), await newCustomer(api)]
    await setClock(api, "2026-03-01T00:00:00Z")
    const late = await invoice(one, 300)
    // The clock of a test tenant goes back: what is made later is older.
    await setClock(api, "2026-02-01T00:00:00Z")
    await invoice(two, 200)
    await api.post(`/admin/v1/invoices/${late.id}/void`, { reason: "Wrong" })
    const told = async (query: string) =>
      (await get(`/entries${query}`)).map((entry: any) => [entry.account, cents(entry.amount_nanos)])
    expect(await told(`?customer_id=${two.id}`)).toEqual([
      ["Revenue", -200],
      ["AccountsReceivable", 200],
    ])
    expect(await told("?account=Revenue&from=2026-03-01T00:00:00Z")).toEqual([["Revenue", -300]])
    expect(await told("?account=Revenue&to=2026-03-01T00:00:00Z&cause=invoice.finalized")).toEqual([
      ["Revenue", -200],
    ])
    expect(await told("?cause=invoice.voided")).toEqual([
      ["Revenue", 300],
      ["AccountsReceivable", -300],
    ])
    const paged: string[] = []
    for (let next: string | null = `${LEDGER}/entries?limit=4`; next !== null;) {
      const answer = await api.get(next)
      paged.push(...answer.json.map((entry: any) => entry.id))
      const url: string | undefined = /<[^>]*?(\/admin[^>]*)>/.exec(answer.headers.get("Link") ?? "")?.[1]
      next = url ?? null
    }
    const all = await get("/entries?limit=100")
    expect(all.map((entry: any) => entry.booked_at)).toEqual(
      all
        .map((entry: any) => entry.booked_at)
        .toSorted()
        .toReversed(),
    )
    expect(paged).toEqual(all.map((entry: any) => entry.id))
    expect(paged).toHaveLength(6)
  })

  test("by what is no account, no cause and no time are refused", async () => {
    expect(await fault("/entries?account=Gold")).toEqual([422, "account"])
    expect(await fault("/entries?cause=weather")).toEqual([422, "cause"])
    expect(await fault("/entries?from=yesterday")).toEqual([422, "from"])
    expect(await fault("/entries?cursor=1")).toEqual([422, "cursor"])
  })
})

describe("receivables", () => {
  test("stand by how long they are overdue, a row for each customer and currency", async () => {
    // Due when they are final.
    const [one, two] = [
      await newCustomer(api, { payment_terms_days: 0 }),
      await newCustomer(api, { payment_terms_days: 30, currency: "EUR" }),
    ]
    await invoice(one, 100)
    await setClock(api, "2026-02-01T00:00:00Z")
    await invoice(one, 20)
    await invoice(two, 7)
    await setClock(api, "2026-03-03T00:00:00Z")
    await invoice(one, 3)
    // January's has been due for 61 days, February's for 30; the other customer's falls due today.
    const row = (customer: any, currency: string, amounts: readonly number[]) => ({
      customer_id: customer.id,
      currency,
      current_nanos: nanos(amounts[0] ?? 0),
      overdue_1_30_nanos: nanos(amounts[1] ?? 0),
      overdue_31_60_nanos: nanos(amounts[2] ?? 0),
      overdue_61_90_nanos: nanos(amounts[3] ?? 0),
      overdue_over_90_nanos: nanos(amounts[4] ?? 0),
      total_nanos: nanos(amounts.reduce((a, b) => a + b, 0)),
    })
    expect(await get("/receivables")).toEqual([row(two, "EUR", [7]), row(one, "USD", [3, 20, 0, 100])])
    await setClock(api, "2026-05-05T00:00:00Z")
    expect((await get("/receivables"))[1]).toEqual(row(one, "USD", [0, 0, 0, 3, 120]))
  })

  test("are paged by customer, and what is settled is not among them", async () => {
    const customers = [await newCustomer(api), await newCustomer(api), await newCustomer(api)]
    const [first] = [await invoice(customers[0], 100), await invoice(customers[1], 200)]
    await invoice(customers[2], 300)
    await invoice(customers[2], 50)
    await api.post(`/admin/v1/invoices/${first.id}/void`, { reason: "Wrong" })
    const page = await api.get(`${LEDGER}/receivables?limit=1`)
    expect(page.json.map((row: any) => cents(row.total_nanos))).toEqual([350])
    const next = /[?&]cursor=([^&>]+)/.exec(page.headers.get("Link") ?? "")?.[1]
    const rest = await api.get(`${LEDGER}/receivables?limit=1&cursor=${next}`)
    expect(rest.json.map((row: any) => cents(row.total_nanos))).toEqual([200])
    expect(rest.headers.get("Link")).toBeNull()
  })
})

describe("revenue", () => {
  test("is told by month, what is deferred at its end, and what is to come", async () => {
    // Ninety days from January to March: 31, 28 and 31 dollars.
    await invoice(await newCustomer(api), 9_000, {
      service_start: "2026-01-01T00:00:00Z",
      service_end: "2026-04-01T00:00:00Z",
    })
    await setClock(api, "2026-02-10T00:00:00Z")
    await invoice(await newCustomer(api), 55)
    const months = await get("/revenue?from=2025-12&to=2026-04")
    const told = months.map((one: any) => [one.month, cents(one.recognized_nanos), cents(one.deferred_nanos)])
    expect(told).toEqual([
      ["2025-12", 0, 0],
      ["2026-01", 3_100, 5_900],
      ["2026-02", 2_855, 3_100],
      ["2026-03", 3_100, 0],
      ["2026-04", 0, 0],
    ])
    expect(months[2].net_nanos).toBe(nanos(2_855))
    const year = await get("/revenue")
    expect([year.length, year[0].month, year.at(-1).month]).toEqual([12, "2025-03", "2026-02"])
  })

  test("of no month, backwards or of too many is refused", async () => {
    expect(await fault("/revenue?from=2026-13")).toEqual([422, "from"])
    expect(await fault("/revenue?to=2026")).toEqual([422, "to"])
    expect(await fault("/revenue?from=2026-02&to=2026-01")).toEqual([422, "from"])
    expect((await api.get(`${LEDGER}/revenue?from=2024-01&to=2026-12`)).status).toBe(200)
    expect(await fault("/revenue?from=2023-12&to=2026-12")).toEqual([422, "from"])
  })
})

describe("an audit", () => {
  const change = (text: string, ...values: readonly string[]) =>
    env.DB.prepare(text)
      .bind(...values)
      .run()
  const told = async () =>
    (await get("/audit")).differences.map((found: any) => [
      found.check,
      found.customer_id,
      cents(found.expected_nanos),
      cents(found.actual_nanos),
    ])

  test("finds nothing in a sound ledger, and covers every customer page by page", async () => {
    for (const amount of [100, 200, 300]) await invoice(await newCustomer(api), amount, JANUARY)
    const first = await api.get(`${LEDGER}/audit?limit=2`)
    expect(first.json).toEqual({ customers: 2, differences: [] })
    const cursor = /[?&]cursor=([^&>]+)/.exec(first.headers.get("Link") ?? "")?.[1]
    const last = await api.get(`${LEDGER}/audit?limit=2&cursor=${cursor}`)
    expect([last.json, last.headers.get("Link")]).toEqual([{ customers: 1, differences: [] }, null])
  })

  test("finds an amount that was changed: the posting, the law and the sums of the days", async () => {
    const customer = await newCustomer(api)
    await invoice(customer, 1_000)
    await change(
      "UPDATE ledger_entries SET amount_minor = 900 WHERE tenant_id = ? AND account = 'AccountsReceivable'",
      tenant.id,
    )
    expect(await told()).toEqual([
      ["Sums", null, 900, 1_000],
      ["Balance", customer.id, 0, -100],
      ["Balance", customer.id, 0, -100],
      ["Receivables", customer.id, 1_000, 900],
    ])
  })

  test("finds an invoice that says something else than what was booked, and one that is gone", async () => {
    const customer = await newCustomer(api)
    const { id } = await invoice(customer, 1_000)
    await change("UPDATE invoices SET credited_minor = 400 WHERE id = ?", id)
    expect(await told()).toEqual([["Receivables", customer.id, 600, 1_000]])
    await change("DELETE FROM invoices WHERE id = ?", id)
    expect(await told()).toEqual([
      ["Receivables", customer.id, 0, 1_000],
      ["Income", customer.id, 0, -1_000],
    ])
  })

  test("finds revenue that is deferred and never recognized", async () => {
    const customer = await newCustomer(api)
    await invoice(customer, 3_100, JANUARY)
    await change("DELETE FROM ledger_entries WHERE tenant_id = ? AND to_day > 0", tenant.id)
    const found = await told()
    expect(found).toContainEqual(["Deferral", customer.id, 0, -3_100])
    expect(found.filter(([check]: string[]) => check === "Sums")).toHaveLength(2)
  })
})

test("the ledger is read with a permission of its own, and of one's own tenant", async () => {
  const other = await newTenant("test")
  const customer = await newCustomer(api)
  await invoice(customer, 100)
  expect((await other.api.get(`${LEDGER}/accounts`)).json.accounts).toEqual([])
  expect((await other.api.get(`${LEDGER}/entries?customer_id=${customer.id}`)).json).toEqual([])
  expect((await other.api.get(`${LEDGER}/receivables`)).json).toEqual([])
  expect((await other.api.get(`${LEDGER}/revenue`)).json).toEqual([])
  expect((await other.api.get(`${LEDGER}/audit`)).json).toEqual({ customers: 0, differences: [] })
})

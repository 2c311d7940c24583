// A business collects its money, told by the test clock: a card that is declined until the third try, one that is declined until the end,
// credit that pays before the card, a refund in two parts, a dispute, a payout. After each step debits are credits, what is receivable is
// what open invoices say is due, and no audit finds anything.

import { beforeAll, describe, expect, test } from "vitest"
import type { Api, Json } from "../support/client.ts"
import { advance, create, newTenant, setClock } from "../support/client.ts"
import { quiet } from "../support/database.ts"
import { CENT, FEE, newCustomer, newPlan, newSubscription } from "../support/fixtures.ts"

const FEE_CENTS = 3_100

let api: Api
let plan: any

const nanos = (cents: number) => (BigInt(cents) * CENT).toString()
const cents = (text: string) => Number(BigInt(text) / CENT)

beforeAll(async () => {
  const dunning = { schedule_days: [3, 7, 14, 21], final_action: "Cancel" }
  api = (await newTenant("test", { draft_grace_hours: 1, dunning })).api
  await setClock(api, "2026-01-01T00:00:00Z")
  plan = await newPlan(api, [FEE])
})

/** What every step must leave. Gives back what the accounts stand at, in cents, each on its normal side. */
async function sound(): Promise<Record<string, number>> {
  await quiet()
  const get = async (path: string) => (await api.get(`/admin/v1/ledger${path}`)).json
  const { currencies } = await get("/trial-balance")
  expect(currencies.map((one: any) => one.difference_nanos)).toEqual(currencies.map(() => "0"))
  const open = (await api.get("/admin/v1/invoices?status=Open&limit=100")).json
  const owed = open.reduce((sum: number, row: any) => sum + cents(row.amount_due_nanos), 0)
  const { accounts } = await get("/accounts")
  const stands = Object.fromEntries(accounts.map((one: any) => [one.account, cents(one.balance_nanos)]))
  expect(stands["AccountsReceivable"] ?? 0).toBe(owed)
  expect((await get("/audit?limit=100")).differences).toEqual([])
  return stands
}

/** How the accounts differ by what is done, but for those that don't. */
async function moves(work: () => Promise<unknown>): Promise<Record<string, number>> {
  const before = await sound()
  await work()
  const after = await sound()
  const changed = Object.keys(after).map((account) => [
    account,
    (after[account] ?? 0) - (before[account] ?? 0),
  ])
  return Object.fromEntries(changed.filter(([, amount]) => amount !== 0))
}

async function subscriber(card: string) {
  const customer = await newCustomer(api)
  await attach(customer, card)
  const subscription = await newSubscription(api, plan, { customer_id: customer.id })
  return { customer, subscription }
}

const attach = (customer: any, card: string) =>
  create(api, `/admin/v1/customers/${customer.id}/payment-methods`, {
    payment_method: card,
    is_default: true,
  })

const to = (time: string) => advance(api, { to: time })

async function lastInvoice(customer: any): Promise<any> {
  const [row] = (await api.get(`/admin/v1/invoices?customer_id=${customer.id}`)).json
  return (await api.get(`/v1/invoices/${row.id}`)).json
}

async function paymentsOf(customer: any): Promise<[string, string, number][]> {
  const found = (await api.get(`/admin/v1/payments?customer_id=${customer.id}`)).json.toReversed()
  return found.map((one: any) => [one.created_at, one.status, cents(one.amount_nanos)])
}

const statusOf = async (subscription: any) =>
  (await api.get(`/v1/subscriptions/${subscription.id}`)).json.status

/** A final invoice of one line. */
async function oneOff(customer: any, amount: number): Promise<any> {
  const lines = [{ description: "Workshop", unit_amount_nanos: nanos(amount) }]
  const draft = await create(api, "/admin/v1/invoices", { customer_id: customer.id, lines })
  const final = await api.post(`/admin/v1/invoices/${draft.id}/finalize`)
  expect(final.status).toBe(200)
  return final.json
}

describe("dunning", () => {
  let third: Json
  let lost: Json

  beforeAll(async () => {
    third = await subscriber("pm_card_declinedTwiceThenSucceeds")
    lost = await subscriber("pm_card_chargeDeclined")
  })

  test("begins with the first decline", async () => {
    const moved = await moves(() => to("2026-02-01T01:30:00Z"))
    // Two invoices, and nothing came for either.
    expect(moved).toEqual({ AccountsReceivable: 2 * FEE_CENTS, Revenue: 2 * FEE_CENTS })
    expect(await Promise.all([third, lost].map((one) => statusOf(one["subscription"])))).toEqual([
      "PastDue",
      "PastDue",
    ])
  })

  test("declines a second time, and nothing moves", async () => {
    expect(await moves(() => to("2026-02-05T00:00:00Z"))).toEqual({})
  })

  test("ends with the third try, which succeeds", async () => {
    const moved = await moves(() => to("2026-02-09T00:00:00Z"))
    expect(moved).toEqual({ AccountsReceivable: -FEE_CENTS, Cash: FEE_CENTS })
    expect(await paymentsOf(third["customer"])).toEqual([
      ["2026-02-01T01:00:00Z", "Failed", FEE_CENTS],
      ["2026-02-04T01:00:00Z", "Failed", FEE_CENTS],
      ["2026-02-08T01:00:00Z", "Succeeded", FEE_CENTS],
    ])
    expect(await statusOf(third["subscription"])).toBe("Active")
    expect((await lastInvoice(third["customer"])).status).toBe("Paid")
  })

  test("ends in Cancelled for the other one, whose debt stays until it is given up", async () => {
    expect(await statusOf(lost["subscription"])).toBe("PastDue")
    await to("2026-02-22T02:00:00Z")
    await sound()
    expect(await statusOf(lost["subscription"])).toBe("Cancelled")
    const invoices = (await api.get(`/admin/v1/invoices?customer_id=${lost["customer"].id}&status=Open`)).json
    const owed = invoices.reduce((sum: number, row: any) => sum + cents(row.amount_due_nanos), 0)
    expect(owed).toBeGreaterThanOrEqual(FEE_CENTS)
    const moved = await moves(async () => {
      for (const { id } of invoices) {
        expect((await api.post(`/admin/v1/invoices/${id}/mark-uncollectible`)).status).toBe(200)
      }
    })
    expect(moved).toEqual({ AccountsReceivable: -owed, BadDebt: owed })
  })
})

describe("credit, then the card", () => {
  let customer: any
  let invoice: any

  test("is drawn as it is given: what was given for nothing first", async () => {
    customer = await newCustomer(api)
    await attach(customer, "pm_card_visa")
    const credit = (amount: number, kind: string) => () =>
      create(api, `/admin/v1/customers/${customer.id}/credits`, { amount_nanos: nanos(amount), kind })
    expect(await moves(credit(1_500, "Paid"))).toEqual({ Cash: 1_500, PrepaidCredit: 1_500 })
    expect(await moves(credit(500, "Promotional"))).toEqual({ Promotions: 500, PromotionalCredit: 500 })
  })

  test("pays $20 of an invoice of $31, and the card the rest", async () => {
    const drawn = await moves(async () => (invoice = await oneOff(customer, FEE_CENTS)))
    expect(drawn).toEqual({ Revenue: FEE_CENTS, PromotionalCredit: -500, PrepaidCredit: -1_500, Cash: 1_100 })
    expect((await paymentsOf(customer)).map(([, status, amount]) => [status, amount])).toEqual([
      ["Succeeded", 1_100],
    ])
    const told = await lastInvoice(customer)
    expect([told.status, cents(told.paid_nanos), cents(told.amount_due_nanos)]).toEqual(["Paid", 1_100, 0])
    await sound()
  })

  test("is refunded in two parts, and never beyond what the card paid", async () => {
    const refund = (amount: number) => () =>
      create(api, `/admin/v1/invoices/${invoice.id}/refund`, { amount_nanos: nanos(amount) })
    expect(await moves(refund(400))).toEqual({ Cash: -400, Refunds: 400 })
    expect(await moves(refund(700))).toEqual({ Cash: -700, Refunds: 700 })
    const more = await api.post(`/admin/v1/invoices/${invoice.id}/refund`, {})
    expect([more.status, more.json.code]).toEqual([409, "invalid_state"])
  })
})

describe("a dispute", () => {
  /** What the accounts of a customer stand at, in cents, but for what is nothing. What it is owed is below zero. */
  async function standing({ id }: any): Promise<Record<string, number>> {
    await sound()
    const { balances } = (await api.get(`/admin/v1/customers/${id}`)).json
    const all = balances.map((one: any) => [one.account, cents(one.amount_nanos)])
    return Object.fromEntries(all.filter(([, amount]: [string, number]) => amount !== 0))
  }

  test.each([
    ["pm_card_createDisputeThenWon", { Cash: 5_000 }],
    ["pm_card_createDisputeThenLost", { BadDebt: 5_000 }],
  ])("of %s takes the money until it is decided", async (card, decided) => {
    const customer = await newCustomer(api)
    await attach(customer, card)
    await oneOff(customer, 5_000)
    expect(await standing(customer)).toEqual({ Cash: 5_000, Revenue: -5_000 })
    await advance(api, { by: "P1D" })
    expect(await standing(customer)).toEqual({ Disputes: 5_000, Revenue: -5_000 })
    await advance(api, { by: "P8D" })
    expect(await standing(customer)).toEqual({ ...decided, Revenue: -5_000 })
    expect((await lastInvoice(customer)).status).toBe("Paid")
  })
})

describe("a payout", () => {
  test("sends what a credit note left owed to the customer", async () => {
    const customer = await newCustomer(api)
    await attach(customer, "pm_card_visa")
    const invoice = await oneOff(customer, 4_000)
    await sound()
    expect((await lastInvoice(customer)).status).toBe("Paid")
    const note = { reason: "Half of it was not held", amount_nanos: nanos(1_500) }
    const credited = await moves(() => create(api, `/admin/v1/invoices/${invoice.id}/credit-notes`, note))
    expect(credited).toEqual({ Revenue: -1_500, PayoutsPayable: 1_500 })
    const pay = (amount: number) => () =>
      create(api, `/admin/v1/customers/${customer.id}/payouts`, {
        amount_nanos: nanos(amount),
        currency: "USD",
      })
    expect(await moves(pay(600))).toEqual({ PayoutsPayable: -600, Cash: -600 })
    expect(await moves(pay(900))).toEqual({ PayoutsPayable: -900, Cash: -900 })
    const more = await api.post(`/admin/v1/customers/${customer.id}/payouts`, { currency: "USD" })
    expect([more.status, more.json.code]).toEqual([409, "invalid_state"])
  })
})

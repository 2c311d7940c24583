// Coupons on invoices: what a subscription pays while it has one, and after.

import { expect, test } from "vitest"
import type { Api, Json } from "../support/client.ts"
import { advance, create, newTenant, setClock } from "../support/client.ts"
import { CALLS, CENT, FEE, invoicesOf, newPlan, newSubscription, told, use } from "../support/fixtures.ts"

async function business(): Promise<Api> {
  const { api } = await newTenant("test")
  await setClock(api, "2026-01-01T00:00:00Z")
  return api
}

const coupon = (api: Api, code: string, fields: Json) => create(api, "/admin/v1/coupons", { code, ...fields })

const redeem = (api: Api, subscription: any, code: string) =>
  create(api, `/v1/subscriptions/${subscription.id}/coupons`, { coupon: code })

const cents = (amount: bigint) => (amount * CENT).toString()

/** What each invoice's lines say, without quantities, and its total in cents. */
async function bills(api: Api, subscription: any): Promise<[lines: [string, number][], total: number][]> {
  const found = await invoicesOf(api, subscription)
  return found.map((invoice) => {
    const lines = told(invoice).map(([description, , amount]): [string, number] => [description, amount])
    return [lines, lines.reduce((sum, [, amount]) => sum + amount, 0)]
  })
}

const byName = (lines: readonly [string, number][]) => lines.toSorted(([a], [b]) => (a < b ? -1 : 1))

test("a fifth off for three months, and the full price from the fourth on", async () => {
  const api = await business()
  await coupon(api, "THREE", { percent_bps: 2_000, duration: "Repeating", periods: 3 })
  const subscription = await newSubscription(api, await newPlan(api, [FEE]), { coupon: "THREE" })
  for (let month = 0; month < 5; month++) await advance(api, { by: "P1M" })
  // A fifth of 31.00 are 6.20.
  const reduced = [
    [
      ["Fee", 3_100],
      ["Coupon THREE", -620],
    ],
    2_480,
  ]
  const full = [[["Fee", 3_100]], 3_100]
  expect(await bills(api, subscription)).toEqual([reduced, reduced, reduced, full, full])
  const [first] = await invoicesOf(api, subscription)
  expect(first.total_nanos).toBe(cents(2_480n))
})

test("a quarter off, and 5.00 off what that leaves", async () => {
  const api = await business()
  await coupon(api, "QUARTER", { percent_bps: 2_500, duration: "Forever" })
  await coupon(api, "FIVE", { amount_nanos: cents(500n), currency: "USD", duration: "Forever" })
  const subscription = await newSubscription(api, await newPlan(api, [FEE, CALLS]), { coupon: "QUARTER" })
  await redeem(api, subscription, "FIVE")
  await use(api, subscription, "2026-01-10T00:00:00Z", 100)
  await advance(api, { by: "P1M" })
  const [bill] = await bills(api, subscription)
  // 32.00 − 8.00 − 5.00
  expect(byName(bill?.[0] ?? [])).toEqual([
    ["Calls", 100],
    ["Coupon FIVE", -500],
    ["Coupon QUARTER", -800],
    ["Fee", 3_100],
  ])
  expect(bill?.[1]).toBe(1_900)
})

test("more off than there is leaves nothing to pay, and nothing for the month after", async () => {
  const api = await business()
  await coupon(api, "FIVE", { amount_nanos: cents(500n), currency: "USD", duration: "Forever" })
  const subscription = await newSubscription(api, await newPlan(api, [CALLS]), { coupon: "FIVE" })
  await use(api, subscription, "2026-01-10T00:00:00Z", 300)
  await advance(api, { by: "P1M" })
  await use(api, subscription, "2026-02-10T00:00:00Z", 600)
  await advance(api, { by: "P1M" })
  expect(await bills(api, subscription)).toEqual([
    [
      [
        ["Calls", 300],
        ["Coupon FIVE", -300],
      ],
      0,
    ],
    [
      [
        ["Calls", 600],
        ["Coupon FIVE", -500],
      ],
      100,
    ],
  ])
})

test("once: a month that is billed in two parts is reduced as a whole, and so is what comes late to it", async () => {
  const api = await business()
  await coupon(api, "HALF", { percent_bps: 5_000, duration: "Once" })
  const subscription = await newSubscription(api, await newPlan(api, [CALLS]), { coupon: "HALF" })
  await use(api, subscription, "2026-01-01T00:00:00Z", 33)
  await advance(api, { to: "2026-01-15T00:00:00Z" })
  const interim = await api.post(`/admin/v1/subscriptions/${subscription.id}/bill`)
  expect(interim.status).toBe(201)
  expect((await api.post(`/admin/v1/invoices/${interim.json.id}/finalize`)).status).toBe(200)
  await use(api, subscription, "2026-01-15T00:00:00Z", 34)
  await advance(api, { to: "2026-02-10T00:00:00Z" })
  await use(api, subscription, "2026-01-20T00:00:00Z", 10)
  await use(api, subscription, "2026-02-10T00:00:00Z", 20)
  await advance(api, { to: "2026-03-02T00:00:00Z" })
  expect(await bills(api, subscription)).toEqual([
    // Half of 0.33 is 0.17.
    [
      [
        ["Calls", 33],
        ["Coupon HALF", -17],
      ],
      16,
    ],
    // Half of 0.67 in all is 0.34.
    [
      [
        ["Calls", 34],
        ["Coupon HALF", -17],
      ],
      17,
    ],
    // Of January 0.77 in all, half of it 0.39; February in full.
    [
      expect.arrayContaining([
        ["Calls", 10],
        ["Calls", 20],
        ["Coupon HALF", -5],
      ]),
      25,
    ],
  ])
})

test("a fee in advance is reduced when it is billed, the usage of the same month when that is", async () => {
  const api = await business()
  const ahead = { ...FEE, billing_timing: "InAdvance", unit_amount_nanos: cents(1_000n) }
  const plan = await newPlan(api, [ahead, CALLS])
  await coupon(api, "START", { percent_bps: 5_000, duration: "Once" })
  await coupon(api, "FEES", {
    amount_nanos: cents(400n),
    currency: "USD",
    duration: "Once",
    sku_ids: [plan.skus[0].id],
  })
  const subscription = await newSubscription(api, plan, { coupon: "START" })
  await advance(api, { to: "2026-01-02T00:00:00Z" })
  await use(api, subscription, "2026-01-02T00:00:00Z", 100)
  await advance(api, { to: "2026-02-15T00:00:00Z" })
  // February's fee is billed already: what comes off it is on the next bill.
  await redeem(api, subscription, "FEES")
  await use(api, subscription, "2026-02-15T00:00:00Z", 200)
  await advance(api, { to: "2026-03-02T00:00:00Z" })
  const found = await bills(api, subscription)
  expect(found.map(([, total]) => total)).toEqual([500, 1_050, 800])
  expect(found.map(([lines]) => byName(lines))).toEqual([
    [
      ["Coupon START", -500],
      ["Fee", 1_000],
    ],
    [
      ["Calls", 100],
      ["Coupon START", -50],
      ["Fee", 1_000],
    ],
    [
      ["Calls", 200],
      ["Coupon FEES", -400],
      ["Fee", 1_000],
    ],
  ])
})

test("a coupon that is taken off reduces the month that runs, and none after it", async () => {
  const api = await business()
  await coupon(api, "TEN", { percent_bps: 1_000, duration: "Forever" })
  const subscription = await newSubscription(api, await newPlan(api, [FEE]), { coupon: "TEN" })
  await advance(api, { to: "2026-02-15T00:00:00Z" })
  const path = `/v1/subscriptions/${subscription.id}/coupons`
  const [redeemed] = (await api.get(path)).json
  expect((await api.delete(`${path}/${redeemed.id}`)).status).toBe(204)
  await advance(api, { to: "2026-04-01T00:00:00Z" })
  const found = await bills(api, subscription)
  expect(found.map(([, total]) => total)).toEqual([2_790, 2_790, 3_100])
})

test("prices of its own: another fee, and a tenth off what calls come to", async () => {
  const api = await business()
  const plan = await newPlan(api, [FEE, CALLS])
  const overrides = [
    { sku_id: plan.skus[0].id, unit_amount_nanos: cents(2_500n) },
    { sku_id: plan.skus[1].id, discount_bps: 1_000 },
  ]
  const [special, plain] = [await newSubscription(api, plan, { overrides }), await newSubscription(api, plan)]
  for (const one of [special, plain]) await use(api, one, "2026-01-10T00:00:00Z", 105)
  await advance(api, { by: "P1M" })
  // A tenth off 1.05 are 0.945, rounded 0.95.
  expect((await bills(api, special)).map(([lines]) => byName(lines))).toEqual([
    [
      ["Calls", 95],
      ["Fee", 2_500],
    ],
  ])
  expect((await bills(api, plain)).map(([, total]) => total)).toEqual([3_205])
})

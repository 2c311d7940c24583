// A wallet that stops at zero: usage is served as long as the customer's credit can pay it, and not one event longer, however many
// write at once and wherever periods end; and a wallet that fills itself up.

import { beforeEach, describe, expect, test, vi } from "vitest"
import type { Api, Json, Tenant } from "../support/client.ts"
import { advance, create, newTenant, setClock } from "../support/client.ts"
import { CENT, newCustomer, newPlan, newSubscription } from "../support/fixtures.ts"

const START = "2026-01-01T00:00:00Z"

/** $0.03 each: $10 pay for 333 of them, and a cent is left. */
const CALLS: Json = {
  name: "Calls",
  pricing_model: "PerUnit",
  unit_amount_nanos: (3n * CENT).toString(),
  meter_event_type: "api.request",
}

let tenant: Tenant
let api: Api
let sent = 0

beforeEach(async () => {
  tenant = await newTenant("test")
  api = tenant.api
  await setClock(api, START)
})

const dollars = (amount: number) => (BigInt(Math.round(amount * 100)) * CENT).toString()

const credit = (customer: any, amount: number, fields: Json = {}) =>
  create(api, `/admin/v1/customers/${customer.id}/credits`, { amount_nanos: dollars(amount), ...fields })

const wallet = (customer: any, fields: Json): Promise<any> =>
  create(api, `/admin/v1/customers/${customer.id}/wallets`, { name: "Prepaid", ...fields })

const changeWallet = (customer: any, id: string, fields: Json) =>
  api.patch(`/admin/v1/customers/${customer.id}/wallets/${id}`, fields)

const held = async (customer: any) => (await api.get(`/admin/v1/customers/${customer.id}/wallet`)).json

/** In cents. */
async function live(customer: any): Promise<number> {
  const [balance] = (await held(customer)).balances
  return Number(BigInt(balance.live_balance_nanos)) / Number(CENT)
}

async function send(subscription: any, timestamp = START): Promise<any> {
  sent += 1
  const event = { id: `live-${sent}`, event_type: "api.request", subscription_id: subscription.id, timestamp }
  return api.post("/v1/events", event)
}

/** How many of so many events were accepted, sent by several writers side by side, some alone and some in batches. */
async function flood(subscriptions: readonly any[], events: number, timestamp = START): Promise<number> {
  const batches = Array.from({ length: Math.ceil(events / 10) }, (_, at) => {
    const subscription = subscriptions[at % subscriptions.length]
    return Array.from({ length: Math.min(10, events - at * 10) }, () => {
      return {
        id: `live-${(sent += 1)}`,
        event_type: "api.request",
        subscription_id: subscription.id,
        timestamp,
      }
    })
  })
  const answers = await Promise.all(batches.map((batch) => sendAll(batch)))
  return answers.reduce((sum, accepted) => sum + accepted, 0)
}

/** Sends again what a meter had no time for. */
async function sendAll(batch: readonly Json[]): Promise<number> {
  let rest = batch
  let accepted = 0
  for (let tries = 0; rest.length > 0 && tries < 20; tries++) {
    const { results } = (await api.post("/v1/events/batch", { events: rest })).json
    accepted += results.filter((one: any) => one.status === "Accepted").length
    const busy = new Set(
      results.filter((one: any) => one.code === "meter_busy").map((one: any) => one.event_id),
    )
    rest = rest.filter(({ id }) => busy.has(id))
  }
  return accepted
}

const eventsOf = async (type: string): Promise<any[]> =>
  (await api.get(`/admin/v1/audit?action=${type}`)).json.toReversed()

describe("a wallet that stops at zero", () => {
  test("serves exactly what its credit pays, however many write at once", async () => {
    const customer = await newCustomer(api)
    const { id } = await wallet(customer, { stop_at_zero: true })
    await credit(customer, 10)
    const plan = await newPlan(api, [CALLS])
    const some = [1, 2, 3].map(() => newSubscription(api, plan, { customer_id: customer.id }))
    const subscriptions = await Promise.all(some)
    expect(await flood(subscriptions, 600)).toBe(333)
    expect(await live(customer)).toBe(1)
    const refused = await send(subscriptions[0])
    expect([refused.status, refused.json.code]).toEqual([402, "spend_limit_reached"])
    expect(refused.json.detail).toContain(id)
  })

  test("goes on after a top-up, and tells once each time that it is empty", async () => {
    const customer = await newCustomer(api)
    // Before it is watched: an empty wallet that is watched is low at once.
    await credit(customer, 10)
    const watch = { stop_at_zero: true, low_balance_nanos: dollars(4) }
    await changeWallet(customer, (await held(customer)).wallets[0].id, watch)
    const subscription = await newSubscription(api, await newPlan(api, [CALLS]), { customer_id: customer.id })
    // $10 − 200 × $0.03 = $4 is not less than $4; one more is.
    expect(await flood([subscription], 200)).toBe(200)
    expect(await eventsOf("wallet.low")).toEqual([])
    expect(await flood([subscription], 200)).toBe(133)
    await vi.waitFor(async () => expect(await eventsOf("wallet.depleted")).toHaveLength(1), WAIT)
    await vi.waitFor(async () => expect(await eventsOf("wallet.low")).toHaveLength(1), WAIT)
    const [told] = (await held(customer)).wallets
    expect([told.low_at, told.depleted_at]).toEqual([START, START])

    await credit(customer, 5)
    // What is more is noted by the job that follows; a top-up that is gone before that is told of no second time.
    await vi.waitFor(async () => {
      const [{ low_at, depleted_at }] = (await held(customer)).wallets
      expect([low_at, depleted_at]).toEqual([null, null])
    }, WAIT)
    // A cent was left, $5.01 pay for 167.
    expect(await flood([subscription], 200)).toBe(167)
    expect(await live(customer)).toBe(0)
    await vi.waitFor(async () => expect(await eventsOf("wallet.depleted")).toHaveLength(2), WAIT)
    await vi.waitFor(async () => expect(await eventsOf("wallet.low")).toHaveLength(2), WAIT)
  })

  test("counts what an ended period has used, before it is billed, while it is, and after", async () => {
    const customer = await newCustomer(api)
    await wallet(customer, { stop_at_zero: true })
    await credit(customer, 10)
    const subscription = await newSubscription(api, await newPlan(api, [CALLS]), { customer_id: customer.id })
    expect(await flood([subscription], 200)).toBe(200)
    // February began, and January is not even closed: setting the clock runs nothing.
    await setClock(api, "2026-02-01T00:00:30Z")
    expect(await live(customer)).toBe(400)
    expect(await flood([subscription], 100, "2026-02-01T00:00:10Z")).toBe(100)
    expect(await live(customer)).toBe(100)
    // Closed, and on a draft.
    await advance(api, { to: "2026-02-01T00:30:00Z" })
    expect(await live(customer)).toBe(100)
    // A late event of January takes from the same credit.
    expect((await send(subscription, "2026-01-31T00:00:00Z")).status).toBe(200)
    expect(await live(customer)).toBe(97)
    // Finalized: $6.03 are drawn, and nothing else has changed.
    await advance(api, { to: "2026-02-01T02:00:00Z" })
    const [balance] = (await held(customer)).balances
    expect(balance).toMatchObject({ balance_nanos: dollars(3.97), unbilled_nanos: dollars(3) })
    expect(await flood([subscription], 100, "2026-02-01T01:00:00Z")).toBe(32)
    expect(await live(customer)).toBe(1)
    await advance(api, { to: "2026-03-01T02:00:00Z" })
    expect((await held(customer)).balances[0]).toMatchObject({
      balance_nanos: dollars(0.01),
      unbilled_nanos: "0",
    })
    expect((await send(subscription, "2026-03-01T01:00:00Z")).status).toBe(402)
    await audited()
  })

  test("counts what was used before it was told to stop, in every period that is not billed yet", async () => {
    const customer = await newCustomer(api)
    const subscription = await newSubscription(api, await newPlan(api, [CALLS]), { customer_id: customer.id })
    expect(await flood([subscription], 100)).toBe(100)
    await advance(api, { to: "2026-02-01T00:30:00Z" })
    expect(await flood([subscription], 100, "2026-02-01T00:00:00Z")).toBe(100)
    await credit(customer, 10)
    const [{ id }] = (await held(customer)).wallets
    expect(await live(customer)).toBe(400)
    expect((await changeWallet(customer, id, { stop_at_zero: true })).status).toBe(200)
    expect(await flood([subscription], 200, "2026-02-01T00:10:00Z")).toBe(133)
    // It may be told to go on.
    expect((await changeWallet(customer, id, { stop_at_zero: false })).status).toBe(200)
    expect(await flood([subscription], 10, "2026-02-01T00:20:00Z")).toBe(10)
  })

  test("serves as many while its invoices are made and drawn", async () => {
    const customer = await newCustomer(api)
    await wallet(customer, { stop_at_zero: true })
    await credit(customer, 10)
    const plan = await newPlan(api, [CALLS])
    const subscriptions = [
      await newSubscription(api, plan, { customer_id: customer.id }),
      await newSubscription(api, plan, { customer_id: customer.id }),
    ]
    expect(await flood(subscriptions, 150)).toBe(150)
    const [accepted] = await Promise.all([
      flood(subscriptions, 300, "2026-02-01T00:00:00Z"),
      advance(api, { to: "2026-02-01T02:00:00Z" }),
    ])
    expect(accepted).toBe(183)
    expect(await live(customer)).toBe(1)
    const [balance] = (await held(customer)).balances
    expect(balance).toMatchObject({ balance_nanos: dollars(5.5), unbilled_nanos: dollars(5.49) })
    await audited()
  })

  test("is spent by the subscriptions of children whose usage is on its customer's invoices", async () => {
    const parent = await newCustomer(api)
    const child = await newCustomer(api, { parent_id: parent.id, consolidation: "ConsolidateToParent" })
    await wallet(parent, { stop_at_zero: true })
    await credit(parent, 1)
    const plan = await newPlan(api, [CALLS])
    const [own, below] = [
      await newSubscription(api, plan, { customer_id: parent.id }),
      await newSubscription(api, plan, { customer_id: child.id }),
    ]
    expect(await flood([own, below], 60)).toBe(33)
    // Whoever leaves pays for itself.
    const left = await api.patch(`/admin/v1/customers/${child.id}`, { consolidation: "Standalone" })
    expect([left.status, left.text]).toEqual([200, left.text])
    await advance(api, { by: "PT1M" })
    expect((await send(below)).status).toBe(200)
    expect((await send(own)).status).toBe(200)
  })

  test("is spent by those whose invoices go to its customer, and their own credit is not", async () => {
    const payer = await newCustomer(api)
    const customer = await newCustomer(api, { bill_to_id: payer.id })
    await wallet(payer, { stop_at_zero: true })
    await credit(payer, 1)
    // Nothing is in it, and nothing that it pays for is used.
    await wallet(customer, { stop_at_zero: true })
    const plan = await newPlan(api, [CALLS])
    const subscription = await newSubscription(api, plan, { customer_id: customer.id })
    expect(await flood([subscription], 60)).toBe(33)
    expect(await live(payer)).toBe(1)
    expect(await live(customer)).toBe(0)

    // From now on its invoices are its own, and what is used and not billed is on them.
    const back = await api.patch(`/admin/v1/customers/${customer.id}`, { bill_to_id: null })
    expect([back.status, back.text]).toEqual([200, back.text])
    await advance(api, { by: "PT1M" })
    expect(await live(payer)).toBe(100)
    expect(await live(customer)).toBe(-99)
    expect((await send(subscription)).status).toBe(402)
    await credit(customer, 2)
    // $1.01 are left, and pay for 33 more.
    expect(await flood([subscription], 60)).toBe(33)
    expect(await live(customer)).toBe(2)

    // And the other way round: $1 does not pay for $1.98.
    await api.patch(`/admin/v1/customers/${customer.id}`, { bill_to_id: payer.id })
    await advance(api, { by: "PT1M" })
    expect([await live(payer), await live(customer)]).toEqual([-98, 200])
    expect((await send(subscription)).status).toBe(402)
    await credit(payer, 1)
    expect((await send(subscription)).status).toBe(402)
    await credit(payer, 0.01)
    expect(await flood([subscription], 10)).toBe(1)
    // The invoice draws what its usage has counted against.
    await advance(api, { to: "2026-02-01T02:00:00Z" })
    expect([await live(payer), await live(customer)]).toEqual([0, 200])
    expect((await held(payer)).balances[0]).toMatchObject({ balance_nanos: "0", unbilled_nanos: "0" })
    await audited()
  })

  test("is what usage counts against that is open again, whoever was billed for it before", async () => {
    const customer = await newCustomer(api)
    const plan = await newPlan(api, [CALLS])
    const subscription = await newSubscription(api, plan, { customer_id: customer.id })
    expect(await flood([subscription], 20)).toBe(20)
    await advance(api, { to: "2026-02-01T02:00:00Z" })
    const [billed] = (await api.get(`/admin/v1/invoices?customer_id=${customer.id}`)).json
    expect(billed.total_nanos).toBe(dollars(0.6))

    const payer = await newCustomer(api)
    await wallet(payer, { stop_at_zero: true })
    await credit(payer, 1)
    await api.patch(`/admin/v1/customers/${customer.id}`, { bill_to_id: payer.id })
    await advance(api, { by: "PT1M" })
    expect(await flood([subscription], 1, "2026-02-01T02:00:00Z")).toBe(1)
    expect(await live(payer)).toBe(97)
    const voided = await api.post(`/admin/v1/invoices/${billed.id}/void`, { reason: "Wrong customer" })
    expect([voided.status, voided.text]).toEqual([200, voided.text])
    await advance(api, { by: "PT1M" })
    // 97 cents less the 60 that nobody has paid: 37 pay for 12.
    expect(await live(payer)).toBe(37)
    expect(await flood([subscription], 20, "2026-02-01T02:01:00Z")).toBe(12)
  })

  test("of a child whose usage is on its parent's invoices is of no use to it, nor in its way", async () => {
    const parent = await newCustomer(api)
    const child = await newCustomer(api, { parent_id: parent.id, consolidation: "ConsolidateToParent" })
    await wallet(child, { stop_at_zero: true })
    const plan = await newPlan(api, [CALLS])
    const subscription = await newSubscription(api, plan, { customer_id: child.id })
    expect(await flood([subscription], 20)).toBe(20)
    expect(await live(child)).toBe(0)
    // The parent's own invoices go to somebody else, and so do those of the child with them.
    const payer = await newCustomer(api)
    await wallet(payer, { stop_at_zero: true })
    await credit(payer, 1)
    await api.patch(`/admin/v1/customers/${parent.id}`, { bill_to_id: payer.id })
    await advance(api, { by: "PT1M" })
    expect(await live(payer)).toBe(40)
    expect(await flood([subscription], 20)).toBe(13)
  })
})

const WAIT = { timeout: 10_000, interval: 100 }

/** Everything that the ledger says is what the documents say. */
async function audited(): Promise<void> {
  const { json } = await api.get("/admin/v1/ledger/audit?limit=100")
  expect(json).toMatchObject({ differences: [] })
}

describe("a wallet that fills itself up", () => {
  const RECHARGE = { threshold_nanos: dollars(5), amount_nanos: dollars(20) }

  async function charged(card: string | null, recharge: Json = RECHARGE) {
    const customer = await newCustomer(api)
    if (card !== null) await attach(customer, card)
    await credit(customer, 10)
    const [{ id }] = (await held(customer)).wallets
    const changed = await changeWallet(customer, id, { stop_at_zero: true, auto_recharge: recharge })
    expect(changed.status).toBe(200)
    const subscription = await newSubscription(api, await newPlan(api, [CALLS]), { customer_id: customer.id })
    return { customer, subscription, id }
  }

  const attach = (customer: any, card: string) =>
    create(api, `/admin/v1/customers/${customer.id}/payment-methods`, {
      payment_method: card,
      is_default: true,
    })

  const topUps = async (customer: any): Promise<any[]> =>
    (await api.get(`/admin/v1/invoices?customer_id=${customer.id}&invoice_type=TopUp`)).json.toReversed()

  test("charges and grants once it holds less than it should, and books no revenue for it", async () => {
    const { customer, subscription } = await charged("pm_card_visa")
    expect(await flood([subscription], 166)).toBe(166)
    expect(await topUps(customer)).toEqual([])
    expect((await send(subscription)).status).toBe(200)
    await vi.waitFor(async () => expect(await eventsOf("wallet.recharged")).toHaveLength(1), WAIT)
    const [invoice] = await topUps(customer)
    expect(invoice).toMatchObject({ status: "Paid", total_nanos: dollars(20) })
    // $10 + $20 − 167 × $0.03.
    expect(await live(customer)).toBe(2499)
    const told = await api.get(`/admin/v1/customers/${customer.id}`)
    const accounts = new Map(told.json.balances.map((one: any) => [one.account, one.amount_nanos]))
    expect(accounts.get("Cash")).toBe(dollars(30))
    expect(accounts.get("PrepaidCredit")).toBe(dollars(-30))
    expect(["0", undefined]).toContain(accounts.get("Revenue"))
    expect(["0", undefined]).toContain(accounts.get("AccountsReceivable"))
    await audited()
  })

  test("is declined once, owes nothing for it, and is tried again no sooner than the next day", async () => {
    const { customer, subscription } = await charged("pm_card_chargeDeclined")
    expect(await flood([subscription], 400)).toBe(333)
    await vi.waitFor(async () => expect(await eventsOf("wallet.recharge_failed")).toHaveLength(1), WAIT)
    const [invoice, ...more] = await topUps(customer)
    expect([invoice.status, more]).toEqual(["Void", []])
    expect((await api.get(`/admin/v1/invoices/${invoice.id}/dunning`)).status).toBe(404)
    expect((await api.get(`/v1/subscriptions/${subscription.id}`)).json.status).toBe("Active")
    await advance(api, { to: "2026-01-01T23:00:00Z" })
    expect(await topUps(customer)).toHaveLength(1)
    await attach(customer, "pm_card_visa")
    await advance(api, { to: "2026-01-02T01:00:00Z" })
    await vi.waitFor(async () => expect(await eventsOf("wallet.recharged")).toHaveLength(1), WAIT)
    expect((await topUps(customer)).map((one: any) => one.status)).toEqual(["Void", "Paid"])
    expect(await live(customer)).toBe(2001)
    expect((await send(subscription)).status).toBe(200)
    await audited()
  })

  test("has nobody to charge where there is no method", async () => {
    const { customer, subscription } = await charged(null)
    expect(await flood([subscription], 200)).toBe(200)
    await vi.waitFor(async () => expect(await eventsOf("wallet.recharge_failed")).toHaveLength(1), WAIT)
    const [failed] = await eventsOf("wallet.recharge_failed")
    expect(failed.after).toMatchObject({ failure_code: "no_payment_method" })
    expect((await topUps(customer)).map((one: any) => one.status)).toEqual(["Void"])
    // Nothing else happens: the wallet is looked at again by itself.
    await attach(customer, "pm_card_visa")
    await advance(api, { to: "2026-01-02T01:00:00Z" })
    await vi.waitFor(async () => expect(await eventsOf("wallet.recharged")).toHaveLength(1), WAIT)
    expect((await topUps(customer)).map((one: any) => one.status)).toEqual(["Void", "Paid"])
  })

  test("charges no more than its cap in a month", async () => {
    const { customer, subscription } = await charged("pm_card_visa", {
      ...RECHARGE,
      monthly_cap_nanos: dollars(45),
    })
    // $10 + 2 × $20 pay for 1,666; a third recharge would make $60.
    let accepted = 0
    for (let round = 0; round < 12 && accepted < 1666; round++) {
      accepted += await flood([subscription], 200)
      await new Promise((done) => setTimeout(done, 300))
    }
    expect(accepted).toBe(1666)
    expect(await topUps(customer)).toHaveLength(2)
    await advance(api, { to: "2026-02-01T12:00:00Z" })
    await vi.waitFor(async () => expect(await eventsOf("wallet.recharged")).toHaveLength(3), WAIT)
    await audited()
  })

  test("has one recharge under way, also while its money takes its time", async () => {
    const { customer, subscription } = await charged("pm_card_pendingThenSucceeds")
    expect(await flood([subscription], 200)).toBe(200)
    await vi.waitFor(async () => expect(await topUps(customer)).toHaveLength(1), WAIT)
    expect(await flood([subscription], 300)).toBe(133)
    await credit(customer, 1)
    // A cent was left, and $1.01 pay for 33.
    expect(await flood([subscription], 100)).toBe(33)
    expect(await topUps(customer)).toHaveLength(1)
    // The money comes.
    await advance(api, { by: "P3D" })
    await vi.waitFor(async () => expect(await eventsOf("wallet.recharged")).toHaveLength(1), WAIT)
    expect(await live(customer)).toBe(2002)
    await audited()
  })

  test("gives back what is left of a top-up whose payment is refunded", async () => {
    const { customer, subscription } = await charged("pm_card_visa")
    expect(await flood([subscription], 200)).toBe(200)
    await vi.waitFor(async () => expect(await eventsOf("wallet.recharged")).toHaveLength(1), WAIT)
    expect(
      (await changeWallet(customer, (await held(customer)).wallets[0].id, { auto_recharge: null })).status,
    ).toBe(200)
    const [invoice] = await topUps(customer)
    const [payment] = (await api.get(`/admin/v1/payments?invoice_id=${invoice.id}`)).json
    const refund = await api.post(`/admin/v1/payments/${payment.id}/refund`, { amount_nanos: dollars(20) })
    expect([refund.status, refund.text]).toEqual([201, refund.text])
    await advance(api, { by: "PT1M" })
    // $10 − $6 of usage, which stops where the credit by then ends.
    expect(await live(customer)).toBe(400)
    expect(await flood([subscription], 200)).toBe(133)
    await audited()
  })
})

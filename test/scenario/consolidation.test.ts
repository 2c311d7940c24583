// A group whose subsidiaries are billed on one invoice, and a customer whose invoices go to another. By the test clock.

import { beforeEach, describe, expect, test } from "vitest"
import type { Api } from "../support/client.ts"
import { advance, api as apiWith, newTenant, setClock } from "../support/client.ts"
import { CALLS, CENT, FEE, newCustomer, newPlan, newSubscription, told, use } from "../support/fixtures.ts"

let api: Api

beforeEach(async () => {
  api = (await newTenant("test")).api
  await setClock(api, "2026-01-01T00:00:00Z")
})

const read = async (id: string) => (await api.get(`/v1/invoices/${id}`)).json

/** The invoices that a customer receives, with their lines, oldest first. */
async function received(customer: any): Promise<any[]> {
  const listed = await api.get(`/admin/v1/invoices?customer_id=${customer.id}`)
  return Promise.all(listed.json.toReversed().map((row: any) => read(row.id)))
}

const below = (parent: any, name: string, fields = {}) =>
  newCustomer(api, {
    display_name: name,
    account_type: "Subsidiary",
    parent_id: parent.id,
    consolidation: "ConsolidateToParent",
    ...fields,
  })

const sections = (invoice: any) =>
  invoice.sections.map((section: any) => [
    section.display_name,
    Number(BigInt(section.subtotal_nanos) / CENT),
    section.line_ids.length,
  ])

describe("a parent with three subsidiaries", () => {
  test("has one invoice a month, a section for each", async () => {
    const group = await newCustomer(api, { display_name: "Group" })
    const [asia, europe] = [await below(group, "Asia"), await below(group, "Europe")]
    const alone = await below(group, "Alone", { consolidation: "Standalone" })
    const plan = await newPlan(api, [CALLS, FEE])
    const subscribe = (customer: any) => newSubscription(api, plan, { customer_id: customer.id })
    const [own, inAsia, inEurope, other] = [
      await subscribe(group),
      await subscribe(asia),
      await subscribe(europe),
      await subscribe(alone),
    ]
    await use(api, inAsia, "2026-01-10T00:00:00Z", 5)
    await use(api, inEurope, "2026-01-11T00:00:00Z", 7)
    await use(api, other, "2026-01-12T00:00:00Z", 9)
    await advance(api, { to: "2026-02-01T00:30:00Z" })
    // Usage of January that comes while the invoice is a draft is on it.
    await use(api, inEurope, "2026-01-31T23:00:00Z", 3)
    await advance(api, { to: "2026-02-02T00:00:00Z" })

    const [january, ...more] = await received(group)
    expect(more).toEqual([])
    expect(january).toMatchObject({ status: "Open", subscription_id: null, customer_id: group.id })
    // $31.00 each, and a cent a call.
    expect(sections(january).toSorted()).toEqual([
      ["Asia", 3_105, 2],
      ["Europe", 3_110, 2],
      ["Group", 3_100, 2],
    ])
    expect(BigInt(january.total_nanos)).toBe(9_315n * CENT)
    expect((await received(alone)).map(told)).toEqual([
      [
        ["Calls", "9", 9],
        ["Fee", "1", 3_100],
      ],
    ])
    expect(await received(asia)).toEqual([])
    for (const { id } of [own, inAsia, inEurope]) {
      const listed = await api.get(`/admin/v1/invoices?subscription_id=${id}`)
      expect(listed.json.map((row: any) => row.id)).toEqual([january.id])
    }
    const view = await api.get(`/admin/v1/customers/${group.id}`)
    const owed = view.json.balances.find((balance: any) => balance.account === "AccountsReceivable")
    expect(owed.amount_nanos).toBe(january.total_nanos)

    await advance(api, { to: "2026-03-02T00:00:00Z" })
    expect((await received(group)).map((invoice) => sections(invoice).length)).toEqual([3, 3])
  })

  test("what one bills twice within a draft stays one line of it", async () => {
    const group = await newCustomer(api)
    const subscription = await newSubscription(api, await newPlan(api, [CALLS]), {
      customer_id: (await below(group, "Asia")).id,
    })
    const bill = () => api.post(`/admin/v1/subscriptions/${subscription.id}/bill`)
    await use(api, subscription, "2026-01-01T00:00:00Z", 4)
    const first = await bill()
    await use(api, subscription, "2026-01-01T00:00:00Z", 6)
    const second = await bill()
    expect(second.json.id).toBe(first.json.id)
    expect(told(second.json)).toEqual([["Calls", "10", 10]])
    await use(api, subscription, "2026-01-01T00:00:00Z", 1)
    const final = await api.post(`/admin/v1/invoices/${first.json.id}/finalize`)
    expect(told(final.json)).toEqual([["Calls", "11", 11]])
    await use(api, subscription, "2026-01-01T00:00:00Z", 2)
    const third = await bill()
    expect(third.json.id).not.toBe(first.json.id)
    expect(told(third.json)).toEqual([["Calls", "2", 2]])
  })

  test("bills of several at once are gathered on one draft", async () => {
    const group = await newCustomer(api)
    const plan = await newPlan(api, [FEE])
    const made = await Promise.all(
      ["A", "B", "C"].map(async (name) =>
        newSubscription(api, plan, { customer_id: (await below(group, name)).id }),
      ),
    )
    await advance(api, { to: "2026-01-11T00:00:00Z" })
    const bills = await Promise.all(made.map(({ id }) => api.post(`/admin/v1/subscriptions/${id}/bill`)))
    expect(bills.map(({ status }) => status)).toEqual([201, 201, 201])
    const drafts = await received(group)
    // Ten of January's 31 days at $31.00, three times.
    expect(drafts.map(told)).toEqual([Array.from({ length: 3 }, () => ["Fee", "1", 1_000])])
  })

  test("a void opens the charges of all of them, and the next bills take them", async () => {
    const group = await newCustomer(api)
    const plan = await newPlan(api, [FEE])
    const first = await newSubscription(api, plan, { customer_id: (await below(group, "A")).id })
    const second = await newSubscription(api, plan, { customer_id: (await below(group, "B")).id })
    await advance(api, { to: "2026-02-02T00:00:00Z" })
    const [january] = await received(group)
    expect((await api.post(`/admin/v1/invoices/${january.id}/void`, { reason: "Wrong" })).status).toBe(200)
    for (const { id } of [first, second]) await api.post(`/admin/v1/subscriptions/${id}/bill`)
    const [, again] = await received(group)
    // January anew, and one of February's 28 days each: $31 / 28 = $1.107.
    expect(told(again).map(([, , amount]) => amount)).toEqual([3_100, 111, 3_100, 111])
  })

  test("follows its parents upwards, as long as they consolidate", async () => {
    const top = await newCustomer(api, { display_name: "Top" })
    const middle = await below(top, "Middle", { account_type: "Organization" })
    const leaf = await below(middle, "Leaf")
    await newSubscription(api, await newPlan(api, [FEE]), { customer_id: leaf.id })
    await advance(api, { to: "2026-02-02T00:00:00Z" })
    expect((await received(top)).map(sections)).toEqual([[["Leaf", 3_100, 1]]])
    await api.patch(`/admin/v1/customers/${middle.id}`, { consolidation: "Standalone" })
    await advance(api, { to: "2026-03-02T00:00:00Z" })
    expect((await received(middle)).map(sections)).toEqual([[["Leaf", 3_100, 1]]])
    expect(await received(top)).toHaveLength(1)
  })

  test("lines by hand and one-off invoices of a subsidiary are the parent's to pay", async () => {
    const group = await newCustomer(api, { display_name: "Group" })
    const child = await below(group, "Asia")
    const lines = [{ description: "Workshop", unit_amount_nanos: "1000000000000" }]
    const made = await api.post("/admin/v1/invoices", { customer_id: child.id, lines })
    expect(made.json).toMatchObject({ customer_id: group.id })
    expect(sections(made.json)).toEqual([["Asia", 100, 1]])
    const extended = await api.post(`/admin/v1/invoices/${made.json.id}/lines`, { lines })
    expect(sections(extended.json)).toEqual([
      ["Group", 100, 1],
      ["Asia", 100, 1],
    ])
  })

  test("a subsidiary that asks for its next invoice sees its own part of it alone", async () => {
    const group = await newCustomer(api)
    const [asia, europe] = [await below(group, "Asia"), await below(group, "Europe")]
    const plan = await newPlan(api, [FEE])
    const inAsia = await newSubscription(api, plan, { customer_id: asia.id })
    const inEurope = await newSubscription(api, plan, { customer_id: europe.id })
    await advance(api, { to: "2026-01-11T00:00:00Z" })
    await api.post(`/admin/v1/subscriptions/${inAsia.id}/bill`)
    const token = await api.post(`/admin/v1/customers/${europe.id}/tokens`)
    const upcoming = await apiWith(token.json.token).get(`/v1/subscriptions/${inEurope.id}/upcoming-invoice`)
    expect(told(upcoming.json)).toEqual([["Fee", "1", 3_100]])
    expect(sections(upcoming.json)).toEqual([["Europe", 3_100, 1]])
    expect(upcoming.text).not.toContain("Asia")
    const stranger = apiWith(token.json.token)
    const [gathered] = await received(group)
    await api.post(`/admin/v1/invoices/${gathered.id}/finalize`)
    expect((await stranger.get(`/v1/invoices/${gathered.id}`)).status).toBe(404)
  })

  test("a void invoice of several is replaced by one with all of their charges", async () => {
    const group = await newCustomer(api)
    const plan = await newPlan(api, [CALLS])
    const first = await newSubscription(api, plan, { customer_id: (await below(group, "A")).id })
    const second = await newSubscription(api, plan, { customer_id: (await below(group, "B")).id })
    await use(api, first, "2026-01-01T00:00:00Z", 2)
    await use(api, second, "2026-01-01T00:00:00Z", 3)
    await advance(api, { to: "2026-02-02T00:00:00Z" })
    const [january] = await received(group)
    const made = await api.post(`/admin/v1/invoices/${january.id}/reissue`, { reason: "Wrong" })
    expect([made.status, sections(made.json)]).toEqual([201, sections(january)])
    // The replacement gathers nothing more: what comes next is on a draft of its own.
    await use(api, first, "2026-02-01T00:00:00Z", 4)
    const bill = await api.post(`/admin/v1/subscriptions/${first.id}/bill`)
    expect(told(bill.json)).toEqual([["Calls", "4", 4]])
    expect(bill.json.id).not.toBe(made.json.id)
  })

  test("where late events are refused, a period stays open as long as the draft that gathers it", async () => {
    await api.patch("/admin/v1/tenant", { late_events: "Reject" })
    const group = await newCustomer(api)
    const plan = await newPlan(api, [CALLS])
    const first = await newSubscription(api, plan, { customer_id: (await below(group, "A")).id })
    await newSubscription(api, plan, { customer_id: (await below(group, "B")).id })
    await use(api, first, "2026-01-10T00:00:00Z", 2)
    await advance(api, { to: "2026-02-01T00:30:00Z" })
    await use(api, first, "2026-01-20T00:00:00Z", 3)
    await advance(api, { to: "2026-02-01T02:00:00Z" })
    const [january] = await received(group)
    expect([january.status, told(january)[0]]).toEqual(["Open", ["Calls", "5", 5]])
    const event = {
      id: "late",
      event_type: "api.request",
      subscription_id: first.id,
      timestamp: "2026-01-20T00:00:00Z",
    }
    const refused = await api.post("/v1/events", event)
    expect([refused.status, refused.json.code]).toEqual([409, "period_finalized"])
  })

  test("the events of each subscription are archived when the invoice has rested", async () => {
    await api.patch("/admin/v1/tenant", { raw_events_retention_days: 30 })
    const group = await newCustomer(api)
    const plan = await newPlan(api, [CALLS])
    const made = [
      await newSubscription(api, plan, { customer_id: (await below(group, "A")).id }),
      await newSubscription(api, plan, { customer_id: (await below(group, "B")).id }),
    ]
    for (const subscription of made) await use(api, subscription, "2026-01-10T00:00:00Z", 4)
    await advance(api, { to: "2026-03-05T00:00:00Z" })
    for (const { id } of made) {
      const archives = await api.get(`/admin/v1/subscriptions/${id}/archives`)
      expect(archives.json.map((archive: any) => archive.count)).toEqual([4])
    }
  })

  test("spends from the alerts of its parent, all subsidiaries together", async () => {
    const group = await newCustomer(api)
    const plan = await newPlan(api, [CALLS])
    const [first, second] = [
      await newSubscription(api, plan, { customer_id: (await below(group, "A")).id }),
      await newSubscription(api, plan, { customer_id: (await below(group, "B")).id }),
    ]
    const limit = { alert_type: "HardLimit", threshold_nanos: (10n * CENT).toString() }
    expect((await api.post(`/admin/v1/customers/${group.id}/alerts`, limit)).status).toBe(201)
    await use(api, first, "2026-01-01T00:00:00Z", 6)
    await use(api, second, "2026-01-01T00:00:00Z", 4)
    const event = {
      id: "one too many",
      event_type: "api.request",
      subscription_id: second.id,
      timestamp: "2026-01-01T00:00:00Z",
    }
    const refused = await api.post("/v1/events", event)
    expect([refused.status, refused.json.code]).toEqual([402, "spend_limit_reached"])
  })
})

describe("bill_to_id", () => {
  test("redirects the invoices of subscriptions and by hand, whose lines stay the customer's", async () => {
    const agency = await newCustomer(api, { display_name: "Agency", payment_terms_days: 7 })
    const client = await newCustomer(api, { display_name: "Client", bill_to_id: agency.id })
    const subscription = await newSubscription(api, await newPlan(api, [CALLS]), { customer_id: client.id })
    await use(api, subscription, "2026-01-01T00:00:00Z", 5)
    await advance(api, { to: "2026-02-02T00:00:00Z" })
    const [january] = await received(agency)
    expect(january).toMatchObject({
      subscription_id: subscription.id,
      recipient: { display_name: "Agency" },
      due_date: "2026-02-08",
    })
    expect(january.line_items[0].customer_id).toBe(client.id)
    expect(sections(january)).toEqual([["Client", 5, 1]])
    expect(await received(client)).toEqual([])
  })
})

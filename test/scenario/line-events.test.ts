// The events behind the lines of invoices: however a charge is split, voided and billed again, each event is behind one line, and
// what is behind a line adds up to its quantity.

import { beforeEach, describe, expect, test } from "vitest"
import type { Api, Tenant } from "../support/client.ts"
import { advance, api, create, newTenant, setClock } from "../support/client.ts"
import { CALLS, FEE, invoicesOf, newCustomer, newPlan, newSubscription } from "../support/fixtures.ts"

const TOKENS = {
  name: "Tokens",
  pricing_model: "PerUnit",
  unit_amount_nanos: "1000000",
  meter_event_type: "api.request",
  meter_property: "tokens",
  filters: { model: "large" },
}

let tenant: Tenant
let caller: Api
let subscription: any
let sent: string[]

beforeEach(async () => {
  tenant = await newTenant("test")
  caller = tenant.api
  await setClock(caller, "2026-01-01T00:00:00Z")
  const plan = await newPlan(caller, [CALLS, TOKENS, FEE])
  subscription = await newSubscription(caller, plan)
  sent = []
})

/** Sends events of 2 tokens each, every third one of a model that nobody prices by tokens. */
async function send(count: number, timestamp = "2026-01-10T00:00:00Z"): Promise<void> {
  const events = Array.from({ length: count }, () => {
    const id = `e${sent.length}`
    const model = sent.length % 3 === 2 ? "small" : "large"
    sent.push(id)
    const properties = { tokens: 2, model }
    return { id, event_type: "api.request", subscription_id: subscription.id, timestamp, properties }
  })
  const answer = await caller.post("/v1/events/batch", events)
  expect(answer.json.accepted).toBe(count)
}

async function bill(): Promise<any> {
  return create(caller, `/admin/v1/subscriptions/${subscription.id}/bill`, {})
}

async function finalize(invoice: any): Promise<void> {
  const answer = await caller.post(`/admin/v1/invoices/${invoice.id}/finalize`)
  expect(answer.status).toBe(200)
}

async function eventsOf(line: any, by: Api = caller, limit = 100): Promise<any[]> {
  const found: any[] = []
  let path: string | undefined = `/v1/invoices/${line.invoice_id}/lines/${line.id}/events?limit=${limit}`
  while (path !== undefined) {
    const page = await by.get(path)
    expect([page.status, page.text.slice(0, 200)]).toEqual([200, expect.any(String)])
    found.push(...page.json)
    const next = /<([^>]+)>; rel="next"/.exec(page.headers.get("Link") ?? "")?.[1]
    path = next === undefined ? undefined : next.slice(new URL(next).origin.length)
  }
  return found
}

/** The lines of all invoices that aren't void, by SKU name, each with its events. */
async function behind(name: string): Promise<{ line: any; events: any[] }[]> {
  const invoices = (await invoicesOf(caller, subscription)).filter(({ status }) => status !== "Void")
  const lines = invoices.flatMap((invoice) => invoice.line_items).filter((line) => line.description === name)
  return Promise.all(lines.map(async (line) => ({ line, events: await eventsOf(line) })))
}

/** Holds the lines to share the events without gap or overlap, and each to be the sum of its own. */
async function expectPartition(): Promise<void> {
  const calls = await behind("Calls")
  for (const { line, events } of calls) expect(String(events.length)).toBe(line.quantity)
  const all = calls.flatMap(({ events }) => events.map(({ id }) => id))
  expect(all).toHaveLength(sent.length)
  expect(new Set(all)).toEqual(new Set(sent))
  const tokens = await behind("Tokens")
  for (const { line, events } of tokens) {
    const sum = events.reduce((total, { properties }) => total + properties.tokens, 0)
    expect(String(sum)).toBe(line.quantity)
    expect(events.every(({ properties }) => properties.model === "large")).toBe(true)
  }
}

describe("the events behind the lines of a charge", () => {
  test("that interim bills have split are those of each part", async () => {
    await send(7)
    const first = await bill()
    await send(5)
    await bill()
    expect((await behind("Calls")).map(({ events }) => events.length)).toEqual([7, 5])
    await expectPartition()
    await finalize(first)
    await expectPartition()
    await send(3)
    await advance(caller, { to: "2026-02-03T00:00:00Z" })
    await expectPartition()
  })

  test("follow a draft to its finalization, and late ones are behind the line of the next invoice", async () => {
    await send(4)
    await advance(caller, { to: "2026-02-01T00:00:00Z" })
    await send(2, "2026-01-31T23:00:00Z")
    await advance(caller, { to: "2026-02-03T00:00:00Z" })
    expect((await behind("Calls")).map(({ events }) => events.length)).toEqual([6])
    await send(3, "2026-01-20T00:00:00Z")
    await bill()
    expect((await behind("Calls")).map(({ line }) => line.quantity)).toContain("3")
    await expectPartition()
  })

  test("are billed again with what is left when an invoice between others is voided", async () => {
    await send(3)
    const first = await bill()
    await send(4)
    const second = await bill()
    await send(5)
    for (const invoice of [first, second]) await finalize(invoice)
    await caller.post(`/admin/v1/invoices/${first.id}/void`, { reason: "Sent too early" })
    await bill()
    await expectPartition()
  })

  test("are those of two drafts that are refreshed in turn", async () => {
    await send(3)
    const first = await bill()
    await send(4)
    const second = await bill()
    await send(5)
    await finalize(first)
    await expectPartition()
    await send(6)
    await finalize(second)
    await expectPartition()
  })

  test("come in pages, newest first", async () => {
    await send(25)
    await bill()
    const [calls] = await behind("Calls")
    const paged = await eventsOf(calls?.line, caller, 10)
    expect(paged.map(({ id }) => id)).toEqual(sent.toReversed())
  })

  test("are none for a recurring fee and for a line of one's own", async () => {
    await send(1)
    await advance(caller, { to: "2026-02-03T00:00:00Z" })
    const [fee] = await behind("Fee")
    expect(fee?.events).toEqual([])
    const lines = [{ description: "Workshop", unit_amount_nanos: "250000000000000" }]
    const own = await create(caller, "/admin/v1/invoices", { customer_id: subscription.customer_id, lines })
    expect(await eventsOf(own.line_items[0])).toEqual([])
  })
})

describe("events that have left for the archive", () => {
  test("are behind their lines as before, corrected ones too", async () => {
    const kept = await caller.patch("/admin/v1/tenant", { raw_events_retention_days: 1 })
    expect(kept.status).toBe(200)
    await send(9)
    await finalize(await bill())
    await send(6)
    const path = `/v1/subscriptions/${subscription.id}/events/e4/amend`
    const amended = await caller.post(path, {
      properties: { tokens: 5, model: "large" },
      reason: "Counted wrong",
    })
    expect(amended.status).toBe(200)
    await advance(caller, { to: "2026-02-03T00:00:00Z" })
    await send(4, "2026-02-04T00:00:00Z")
    const told = async (limit: number) => {
      const lines = [...(await behind("Calls")), ...(await behind("Tokens"))].map(({ line }) => line)
      return Promise.all(lines.map((line) => eventsOf(line, caller, limit)))
    }
    const before = await told(100)
    expect(before.map((events) => events.length)).toEqual([9, 7, 6, 5])
    await advance(caller, { to: "2026-02-20T00:00:00Z" })
    const archives = await caller.get(`/admin/v1/subscriptions/${subscription.id}/archives`)
    expect(archives.json.length).toBeGreaterThan(0)
    expect(await told(100)).toEqual(before)
    expect(await told(2)).toEqual(before)
  })
})

describe("a correction after the bill", () => {
  test("shows the event as it stands, behind the line that billed it and the one that takes it back", async () => {
    await send(3)
    await finalize(await bill())
    const gone = await caller.post(`/v1/subscriptions/${subscription.id}/events/e1/void`, {
      reason: "A mistake",
    })
    expect(gone.status).toBe(200)
    await send(2)
    await bill()
    const [first, second] = await behind("Calls")
    expect(first?.events.map(({ id, status }) => [id, status])).toEqual([
      ["e2", "Recorded"],
      ["e1", "Voided"],
      ["e0", "Recorded"],
    ])
    expect(second?.line.quantity).toBe("1")
    expect(second?.events.map(({ id }) => id)).toEqual(["e4", "e3", "e1"])
  })

  test("that moves the event to another period takes it back here and bills it there", async () => {
    await send(2)
    await advance(caller, { to: "2026-02-03T00:00:00Z" })
    const path = `/v1/subscriptions/${subscription.id}/events/e0/amend`
    const moved = await caller.post(path, { timestamp: "2026-02-01T12:00:00Z", reason: "Wrong day" })
    expect(moved.status).toBe(200)
    await bill()
    const lines = await behind("Calls")
    expect(lines.map(({ line, events }) => [line.quantity, events.map(({ id }) => id)])).toEqual([
      ["2", ["e1", "e0"]],
      ["-1", ["e0"]],
      ["1", ["e0"]],
    ])
  })
})

describe("who may see them", () => {
  test("is who may see the invoice: not another customer, nor another tenant, nor a customer while it is a draft", async () => {
    await send(2)
    const draft = await bill()
    const [line] = draft.line_items
    const path = `/v1/invoices/${draft.id}/lines/${line.id}/events`
    const tokenOf = async (customerId: string) =>
      api((await create(caller, `/admin/v1/customers/${customerId}/tokens`, {})).token)
    const own = await tokenOf(subscription.customer_id)
    const other = await tokenOf((await newCustomer(caller)).id)
    const status = async (by: Api) => (await by.get(path)).status
    expect([await status(caller), await status(own), await status(other)]).toEqual([200, 404, 404])
    await finalize(draft)
    expect([await status(own), await status(other)]).toEqual([200, 404])
    expect(await status((await newTenant("test")).api)).toBe(404)
    const elsewhere = await create(caller, "/admin/v1/invoices", {
      customer_id: subscription.customer_id,
      lines: [{ description: "Workshop", unit_amount_nanos: "1000000000000" }],
    })
    expect((await caller.get(`/v1/invoices/${elsewhere.id}/lines/${line.id}/events`)).status).toBe(404)
  })
})

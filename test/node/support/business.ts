// A tenant with one customer and one subscription, the work that goes on there, and what was told of it.

import type { Caller } from "./http.ts"
import { all, callerOf } from "./http.ts"

const EVENT_NANOS = 10_000_000_000n
const START = "2026-03-01T00:00:00Z"

export type Invoice = {
  readonly id: string
  readonly status: "Draft" | "Open" | "Paid" | "Void"
  readonly invoice_number: string | null
  readonly total_nanos: string
  readonly external_id: string | null
  readonly line_items: readonly { readonly amount_nanos: string; readonly subscription_id: string | null }[]
}

export type Balance = { readonly account: string; readonly amount_nanos: string }

type Status = "Accepted" | "Duplicate" | "Rejected"

export type Business = {
  caller: Caller
  readonly moveTo: (url: string) => void
  /** The ids of all events that were sent, and of those whose acceptance was told. */
  readonly sent: ReadonlySet<string>
  readonly accepted: ReadonlySet<string>
  /** The last that was told of each one-off invoice, by its external id; null if nothing ever was. */
  readonly told: ReadonlyMap<string, Invoice | null>
  /** Things to do again and again, side by side. */
  readonly recording: readonly (() => Promise<void>)[]
  readonly invoicing: readonly (() => Promise<void>)[]
  readonly sendAgain: (ids: readonly string[]) => Promise<Status[]>
  /** How many events the meter has counted. */
  readonly counted: () => Promise<number>
  /** How many events invoices charge that are not void. */
  readonly chargedEvents: () => Promise<number>
  readonly invoices: () => Promise<Invoice[]>
  readonly balances: () => Promise<readonly Balance[]>
}

export async function newBusiness(url: string, key: string): Promise<Business> {
  const sent = new Set<string>()
  const accepted = new Set<string>()
  const told = new Map<string, Invoice | null>()
  const { customer, subscription } = await subscribed(callerOf(url, key))

  const eventOf = (id: string) => ({
    id,
    event_type: "api.request",
    subscription_id: subscription,
    timestamp: START,
    properties: { id },
  })
  const newEvents = (count: number) =>
    Array.from({ length: count }, () => {
      const id = `evt-${sent.size}`
      sent.add(id)
      return eventOf(id)
    })
  const batch = async (events: readonly object[]) =>
    (await business.caller.post<{ results: { status: Status }[] }>("/v1/events/batch", events)).results
  const invoices = async () => {
    const listed = await all<{ id: string }>(business.caller, "/admin/v1/invoices?limit=100")
    return Promise.all(listed.map(({ id }) => business.caller.get<Invoice>(`/v1/invoices/${id}`)))
  }

  async function recordOne(): Promise<void> {
    for (const event of newEvents(1)) {
      await business.caller.post("/v1/events", event, event.id)
      accepted.add(event.id)
    }
  }

  async function recordMany(): Promise<void> {
    const events = newEvents(25)
    const results = await batch(events)
    for (const [index, { id }] of events.entries())
      if (results[index]?.status !== "Rejected") accepted.add(id)
  }

  async function invoiceOnce(): Promise<void> {
    const externalId = `one-off-${told.size}`
    told.set(externalId, null)
    const lines = [1, 2, 3].map((at) => ({ description: `Line ${at}`, unit_amount_nanos: `${at}0000000000` }))
    const body = { customer_id: customer, external_id: externalId, lines }
    const draft = await business.caller.post<Invoice>("/admin/v1/invoices", body, externalId)
    told.set(externalId, draft)
    const path = `/admin/v1/invoices/${draft.id}`
    told.set(externalId, await business.caller.post<Invoice>(`${path}/finalize`, {}, externalId))
    if (told.size % 3 > 0) return
    const reason = "A third of them"
    told.set(externalId, await business.caller.post<Invoice>(`${path}/void`, { reason }, externalId))
  }

  async function bill(): Promise<void> {
    const draft = await business.caller.post<Invoice>(`/admin/v1/subscriptions/${subscription}/bill`)
    await business.caller.post(`/admin/v1/invoices/${draft.id}/finalize`)
  }

  const business: Business = {
    caller: callerOf(url, key),
    moveTo: (moved) => {
      business.caller = callerOf(moved, key)
    },
    sent,
    accepted,
    told,
    recording: [recordOne, recordMany],
    invoicing: [invoiceOnce, bill],
    sendAgain: async (ids) =>
      ids.length === 0 ? [] : (await batch(ids.map(eventOf))).map(({ status }) => status),
    counted: async () => {
      const path = `/v1/subscriptions/${subscription}/usage`
      const { meters } = await business.caller.get<{ meters: { value: string }[] }>(path)
      return Number(meters[0]?.value)
    },
    chargedEvents: async () => {
      const lines = (await invoices())
        .filter(({ status }) => status !== "Void")
        .flatMap((one) => one.line_items)
      const charged = lines.filter((line) => line.subscription_id !== null)
      return Number(charged.reduce((sum, line) => sum + BigInt(line.amount_nanos), 0n) / EVENT_NANOS)
    },
    invoices,
    balances: async () =>
      (await business.caller.get<{ balances: Balance[] }>(`/admin/v1/customers/${customer}`)).balances,
  }
  return business
}

async function subscribed(caller: Caller): Promise<{ customer: string; subscription: string }> {
  await caller.post("/admin/v1/test-clock", { now: START })
  const idOf = async (path: string, body: object) => (await caller.post<{ id: string }>(path, body)).id
  const plan = await idOf("/admin/v1/catalog/plans", { name: "Startup", billing_cadence: "Monthly" })
  await idOf("/admin/v1/catalog/skus", {
    plan_id: plan,
    name: "Requests",
    pricing_model: "PerUnit",
    unit_amount_nanos: String(EVENT_NANOS),
    meter_event_type: "api.request",
    currency: "USD",
  })
  const acme = { display_name: "Acme Corp", email: "billing@acmecorp.com", currency: "USD" }
  const customer = await idOf("/admin/v1/customers", acme)
  return { customer, subscription: await idOf("/v1/subscriptions", { customer_id: customer, plan_id: plan }) }
}

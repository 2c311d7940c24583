// How each operation of the API is called so that it succeeds. The tests of every operation read this table: an
// operation without a row here fails them.

import type { World } from "./world.ts"
import { NOW, perUnit } from "./world.ts"

type Body = Readonly<Record<string, unknown>>

export type Call = {
  readonly id?: string
  /** The other parameters of the path. */
  readonly more?: Readonly<Record<string, string>>
  readonly body?: Body
}

export type Row = {
  /** A valid call, with what it needs made anew: it can be made once more each time. */
  readonly call: (world: World) => Call | Promise<Call>
  /** What makes another request of the body. Needed by every idempotent operation that must have a body. */
  readonly other?: Body
  /** Bodies that are refused at this path, beside those that the schema tells. */
  readonly refused?: readonly (readonly [change: Body, path: string])[]
  /** It answers event by event, so a fault within one is no fault of the request. */
  readonly eventwise?: true
}

const MISSING = "01944b1f-0000-7000-8000-000000000001"

const nothing = () => ({})

let events = 0

function event(world: World): Body {
  events += 1
  return {
    id: `evt-${events}`,
    event_type: "api.request",
    customer_id: world.customer,
    subscription_id: world.subscription,
    timestamp: NOW,
    properties: { tokens: 1500 },
  }
}

const freshSubscription = async ({ make, customer, plan }: World) => make.subscription(customer, plan)

/** An event of its own, and the path to it. */
async function eventCall(world: World): Promise<Call> {
  const body = event(world)
  const reply = await world.tenant.api.post("/v1/events", body)
  if (reply.status !== 200) throw new Error(`not recorded: ${reply.text}`)
  return { id: world.subscription, more: { event_id: String(body["id"]) } }
}

async function alertCall(make: World["make"]): Promise<Call> {
  const id = await make.customer()
  return { id, more: { alert_id: await make.alert(id) } }
}

async function holdCall({ make, subscription }: World): Promise<Call> {
  return { id: subscription, more: { hold_id: await make.hold(subscription) } }
}

const EVENT_FAULTS: Row["refused"] = [
  [{ timestamp: "2026-02-30T00:00:00Z" }, "timestamp"],
  [{ subscription_id: "sub-1" }, "subscription_id"],
]

export const rows: Readonly<Record<string, Row>> = {
  createTenant: {
    call: () => ({ body: { name: "Example Inc.", mode: "test" } }),
    other: { name: "Another Inc." },
    refused: [
      [{ mode: "sandbox" }, "mode"],
      [{ name: undefined }, "name"],
    ],
  },
  getTenant: { call: nothing },
  updateTenant: {
    call: () => ({ body: { company_name: "Example Inc." } }),
    other: { company_name: "Another Inc." },
  },
  createApiKey: {
    call: () => ({ body: { name: "Ingest", scopes: ["events:write"] } }),
    other: { name: "Another" },
    refused: [[{ scopes: ["everything"] }, "scopes.0"]],
  },
  listApiKeys: { call: nothing },
  revokeApiKey: { call: async ({ make }) => ({ id: await make.keyId() }) },
  getTestClock: { call: nothing },
  setTestClock: { call: () => ({ body: { now: NOW } }), other: { now: "2026-02-28T00:00:01Z" } },
  advanceTestClock: {
    call: () => ({ body: { to: NOW } }),
    other: { to: "2026-02-28T00:00:01Z" },
    refused: [
      [{ to: undefined, by: "a month" }, "by"],
      [{ by: "P1M" }, "to"],
      [{ to: "2026-02-27T00:00:00Z" }, "to"],
    ],
  },
  createCustomer: {
    call: ({ customer }) => ({
      body: {
        display_name: "Acme Europe",
        email: "eu@acmecorp.com",
        currency: "EUR",
        account_type: "Subsidiary",
        parent_id: customer,
      },
    }),
    other: { display_name: "Acme Asia" },
    refused: [
      [{ email: "nobody" }, "email"],
      [{ account_type: "Company" }, "account_type"],
      [{ currency: "usd" }, "currency"],
      [{ parent_id: MISSING }, "parent_id"],
    ],
  },
  listCustomers: { call: nothing },
  updateCustomer: {
    call: async ({ make }) => ({ id: await make.customer(), body: { display_name: "Acme Limited" } }),
    other: { display_name: "Acme Incorporated" },
    refused: [[{ payment_terms_days: -1 }, "payment_terms_days"]],
  },
  getCustomer: { call: ({ customer }) => ({ id: customer }) },
  getCustomerHierarchy: { call: ({ customer }) => ({ id: customer }) },
  createCustomerToken: {
    call: ({ customer }) => ({ id: customer, body: { ttl_seconds: 60 } }),
    other: { ttl_seconds: 61 },
    refused: [[{ ttl_seconds: 3601 }, "ttl_seconds"]],
  },
  createAlert: {
    call: async ({ make }) => ({
      id: await make.customer(),
      body: { alert_type: "HardLimit", threshold_nanos: "125000000000000" },
    }),
    other: { alert_type: "SoftLimit" },
    refused: [
      [{ alert_type: "MediumLimit" }, "alert_type"],
      [{ threshold_nanos: "0" }, "threshold_nanos"],
      [{ threshold_nanos: "-1" }, "threshold_nanos"],
      [{ threshold_nanos: "1.5" }, "threshold_nanos"],
    ],
  },
  listAlerts: { call: ({ customer }) => ({ id: customer }) },
  resetAlert: { call: async ({ make }) => ({ ...(await alertCall(make)), body: {} }) },
  deleteAlert: { call: ({ make }) => alertCall(make) },
  createProduct: { call: () => ({ body: { name: "Storage", tags: ["core"] } }), other: { name: "Support" } },
  listProducts: { call: nothing },
  getProduct: { call: ({ product }) => ({ id: product }) },
  updateProduct: {
    call: async ({ make }) => ({ id: await make.product(), body: { name: "Platform" } }),
    other: { name: "The Platform" },
  },
  archiveProduct: { call: async ({ make }) => ({ id: await make.product(), body: {} }) },
  createPlan: {
    call: ({ product }) => ({ body: { name: "Scale", billing_cadence: "Monthly", product_id: product } }),
    other: { name: "Enterprise" },
    refused: [
      [{ billing_cadence: "Custom" }, "period"],
      [{ product_id: MISSING }, "product_id"],
    ],
  },
  listPlans: { call: nothing },
  getPlan: { call: ({ plan }) => ({ id: plan }) },
  updatePlan: {
    call: async ({ make }) => ({ id: await make.plan(), body: { name: "Growth" } }),
    other: { name: "Enterprise" },
  },
  archivePlan: { call: async ({ make }) => ({ id: await make.plan(), body: {} }) },
  createSku: {
    call: async ({ make }) => ({ body: perUnit(await make.plan()) }),
    other: { name: "Requests" },
    refused: [
      [{ unit_amount_nanos: "-1" }, "unit_amount_nanos"],
      [{ unit_amount_nanos: undefined }, "unit_amount_nanos"],
      [{ plan_id: MISSING }, "plan_id"],
    ],
  },
  listSkus: { call: nothing },
  getSku: { call: ({ sku }) => ({ id: sku }) },
  updateSku: {
    call: async ({ make }) => ({
      id: await make.sku(await make.plan()),
      body: { unit_amount_nanos: "900000" },
    }),
    other: { unit_amount_nanos: "800000" },
    refused: [[{ package_size: "10" }, "package_size"]],
  },
  archiveSku: { call: async ({ make }) => ({ id: await make.sku(await make.plan()), body: {} }) },
  previewPrice: {
    call: ({ sku }) => ({ body: { sku_id: sku, quantity: "10" } }),
    other: { quantity: "11" },
    refused: [
      [{ sku_id: undefined }, "sku"],
      [{ quantity: "-1" }, "quantity"],
    ],
  },
  createSubscription: {
    call: ({ customer, plan }) => ({ body: { customer_id: customer, plan_id: plan, currency: "USD" } }),
    other: { trial_days: 14 },
    refused: [
      [{ currency: "EUR" }, "currency"],
      [{ customer_id: MISSING }, "customer_id"],
      [{ plan_id: MISSING }, "plan_id"],
      [{ quantity: "1" }, "quantity"],
      [{ timezone: "Mars/Olympus" }, "timezone"],
    ],
  },
  listSubscriptions: { call: nothing },
  getSubscription: { call: ({ subscription }) => ({ id: subscription }) },
  cancelSubscription: {
    call: async (world) => ({ id: await freshSubscription(world), body: { at: "PeriodEnd" } }),
    other: { at: "Now" },
    refused: [[{ at: "Tomorrow" }, "at"]],
  },
  getSubscriptionSchedule: { call: ({ subscription }) => ({ id: subscription }) },
  recordEvent: { call: (world) => ({ body: event(world) }), other: { id: "another" }, refused: EVENT_FAULTS },
  recordEvents: {
    call: (world) => ({ body: { events: [event(world)] } }),
    other: { events: [] },
    refused: [
      [{ events: "none" }, "events"],
      [{ more: [] }, "events"],
    ],
    eventwise: true,
  },
  placeHold: {
    call: ({ subscription }) => ({ id: subscription, body: { amount_nanos: "5000000", ttl: 60 } }),
    other: { ttl: 61 },
    refused: [
      [{ amount_nanos: undefined }, "amount_nanos"],
      [{ amount_nanos: "0" }, "amount_nanos"],
      [{ amount_nanos: "1.5" }, "amount_nanos"],
      [{ ttl: 0 }, "ttl"],
      [{ ttl: 86_401 }, "ttl"],
      [{ amount_nanos: undefined, events: [] }, "events"],
    ],
  },
  listHolds: { call: ({ subscription }) => ({ id: subscription }) },
  captureHold: {
    call: async (world) => {
      const { subscription_id: _, ...own } = event(world)
      return { ...(await holdCall(world)), body: { events: [own] } }
    },
    other: { keep_rest: true },
    refused: [
      [{ events: [] }, "events"],
      [{ keep_rest: "yes" }, "keep_rest"],
    ],
  },
  releaseHold: { call: async (world) => ({ ...(await holdCall(world)), body: {} }) },
  getSubscriptionUsage: { call: ({ subscription }) => ({ id: subscription }) },
  streamSubscriptionUsage: { call: ({ subscription }) => ({ id: subscription }) },
  listSubscriptionEvents: { call: ({ subscription }) => ({ id: subscription }) },
  getSubscriptionEvent: { call: eventCall },
  voidSubscriptionEvent: {
    call: async (world) => ({ ...(await eventCall(world)), body: {} }),
    other: { reason: "Sent twice" },
    refused: [[{ reason: "" }, "reason"]],
  },
  amendSubscriptionEvent: {
    call: async (world) => ({ ...(await eventCall(world)), body: { properties: { tokens: 150 } } }),
    other: { reason: "Counted twice" },
    refused: [
      [{ properties: undefined }, "properties"],
      [{ timestamp: "2026-02-30T00:00:00Z" }, "timestamp"],
      [{ timestamp: "2999-01-01T00:00:00Z" }, "timestamp"],
      [{ properties: { text: "x".repeat(20_000) } }, "properties"],
    ],
  },
  listUsageArchives: { call: ({ subscription }) => ({ id: subscription }) },
  simulateSubscription: {
    call: ({ subscription, plan }) => ({ id: subscription, body: { plan_id: plan } }),
    other: { from: NOW },
    refused: [
      [{ plan_id: undefined }, "plan_id"],
      [{ plan_id: MISSING }, "plan_id"],
      [{ from: NOW, to: NOW }, "to"],
    ],
  },
  billSubscription: { call: async (world) => ({ id: await freshSubscription(world), body: {} }) },
  createInvoice: {
    call: ({ customer }) => ({
      body: {
        customer_id: customer,
        lines: [{ description: "Workshop", unit_amount_nanos: "250000000000000" }],
      },
    }),
    other: { metadata: { team: "growth" } },
    refused: [
      [{ lines: [] }, "lines"],
      [{ currency: "EUR" }, "currency"],
      [{ customer_id: MISSING }, "customer_id"],
    ],
  },
  listInvoices: { call: nothing },
  getInvoice: { call: async ({ make, customer }) => ({ id: await make.invoice(customer) }) },
  listInvoiceLineEvents: {
    call: async ({ make, customer }) => {
      const id = await make.invoice(customer)
      return { id, more: { line_id: await make.lineOf(id) } }
    },
  },
  finalizeInvoice: { call: async ({ make, customer }) => ({ id: await make.draft(customer), body: {} }) },
  voidInvoice: {
    call: async ({ make, customer }) => ({
      id: await make.invoice(customer),
      body: { reason: "Sent by mistake" },
    }),
    other: { reason: "No reason" },
    refused: [[{ reason: " " }, "reason"]],
  },
  listJobs: { call: nothing },
  replayJob: {
    call: async (world) => ({ id: await world.make.deadJob(await freshSubscription(world)), body: {} }),
  },
  listAuditEntries: { call: nothing },
  getHealth: { call: nothing },
}

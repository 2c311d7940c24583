// How each operation of the API is called so that it succeeds. The tests of every operation read this table: an
// operation without a row here fails them.

import { quiet } from "../support/database.ts"
import type { World } from "./world.ts"
import { contract, NOW, perUnit } from "./world.ts"

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

/** A plan without SKUs to change to. */
async function otherPlan({ tenant }: World): Promise<string> {
  const made = await tenant.api.post("/admin/v1/catalog/plans", { name: "Other", billing_cadence: "Monthly" })
  if (made.status !== 201) throw new Error(`not made: ${made.text}`)
  return made.json.id
}

async function pausedSubscription(world: World): Promise<string> {
  const id = await freshSubscription(world)
  const paused = await world.tenant.api.post(`/v1/subscriptions/${id}/pause`, {})
  if (paused.status !== 200) throw new Error(`not paused: ${paused.text}`)
  return id
}

const freshSubscription = async ({ make, customer, plan }: World) => make.subscription(customer, plan)

/** An event of its own, and the path to it. */
async function eventCall(world: World): Promise<Call> {
  const body = event(world)
  const reply = await world.tenant.api.post("/v1/events", body)
  if (reply.status !== 200) throw new Error(`not recorded: ${reply.text}`)
  return { id: world.subscription, more: { event_id: String(body["id"]) } }
}

async function methodCall({ make, tenant }: World): Promise<Call> {
  const id = await make.customer()
  const path = `/admin/v1/customers/${id}/payment-methods`
  const made = await tenant.api.post(path, { payment_method: "pm_card_visa" })
  if (made.status !== 201) throw new Error(`not attached: ${made.text}`)
  return { id, more: { method_id: made.json.id } }
}

async function alertCall(make: World["make"]): Promise<Call> {
  const id = await make.customer()
  return { id, more: { alert_id: await make.alert(id) } }
}

async function activeContract({ make, customer, tenant }: World): Promise<string> {
  const id = await make.contract(customer)
  const activated = await tenant.api.post(`/admin/v1/contracts/${id}/activate`)
  if (activated.status !== 200) throw new Error(`not activated: ${activated.text}`)
  return id
}

async function holdCall({ make, subscription }: World): Promise<Call> {
  return { id: subscription, more: { hold_id: await make.hold(subscription) } }
}

let coupons = 0

/** A percentage for a plan, under a code of its own. */
function coupon(plan: string): Body {
  coupons += 1
  return { code: `OFF-${coupons}`, percent_bps: 2000, duration: "Forever", plan_ids: [plan] }
}

async function newCoupon({ tenant, plan }: World): Promise<{ id: string; code: string }> {
  const made = await tenant.api.post("/admin/v1/coupons", coupon(plan))
  if (made.status !== 201) throw new Error(`not made: ${made.text}`)
  return made.json
}

async function redemptionCall(world: World): Promise<Call> {
  const id = await freshSubscription(world)
  const { code } = await newCoupon(world)
  const made = await world.tenant.api.post(`/v1/subscriptions/${id}/coupons`, { coupon: code })
  if (made.status !== 201) throw new Error(`not redeemed: ${made.text}`)
  return { id, more: { redemption_id: made.json.id } }
}

/** A payment of $250 that was received elsewhere, and its invoice. */
async function paid({ make, tenant, customer }: World): Promise<{ id: string; invoice_id: string }> {
  const made = await tenant.api.post(`/admin/v1/invoices/${await make.invoice(customer)}/pay`, {})
  if (made.status !== 201) throw new Error(`not paid: ${made.text}`)
  return made.json
}

const paidBy = async (world: World) => (await paid(world)).id
const paidInvoice = async (world: World) => (await paid(world)).invoice_id

/** A payment by a card of this name, for an invoice of its own. */
async function chargedBy({ make, tenant }: World, card: string) {
  const customer = await make.customer()
  const methods = `/admin/v1/customers/${customer}/payment-methods`
  const attached = await tenant.api.post(methods, { payment_method: card })
  if (attached.status !== 201) throw new Error(`not attached: ${attached.text}`)
  const id = await make.invoice(customer)
  return (await tenant.api.post(`/admin/v1/invoices/${id}/pay`, { method: "Default" })).json
}

/** An invoice whose card was declined. */
const dunnedInvoice = async (world: World): Promise<string> =>
  (await chargedBy(world, "pm_card_chargeDeclined")).invoice_id

const waitingPayment = async (world: World): Promise<string> =>
  (await chargedBy(world, "pm_card_authenticationRequired")).id

/** A customer who is owed $100: a credit note of what it had paid. */
async function creditor({ make, tenant }: World, card: string): Promise<string> {
  const customer = await make.customer()
  const id = await make.invoice(customer)
  const note = { reason: "Outage", amount_nanos: "100000000000000" }
  const made = [
    await tenant.api.post(`/admin/v1/invoices/${id}/pay`, {}),
    await tenant.api.post(`/admin/v1/invoices/${id}/credit-notes`, note),
    await tenant.api.post(`/admin/v1/customers/${customer}/payment-methods`, { payment_method: card }),
  ]
  const refused = made.find(({ status }) => status !== 201)
  if (refused !== undefined) throw new Error(`not made: ${refused.text}`)
  return customer
}

async function newPayout(world: World, card: string): Promise<string> {
  const customer = await creditor(world, card)
  const made = await world.tenant.api.post(`/admin/v1/customers/${customer}/payouts`, {})
  if (made.status !== 201) throw new Error(`not begun: ${made.text}`)
  return made.json.id
}

async function walletCall({ make, tenant }: World): Promise<Call> {
  const id = await make.customer()
  const made = await tenant.api.post(`/admin/v1/customers/${id}/wallets`, { name: "Prepaid" })
  if (made.status !== 201) throw new Error(`not made: ${made.text}`)
  return { id, more: { wallet_id: made.json.id } }
}

/** An endpoint that hardly anything is told. There are at most twenty, so the ones before it go. */
async function webhook({ tenant }: World): Promise<string> {
  const listed = await tenant.api.get("/admin/v1/webhooks?limit=100")
  for (const { id } of listed.json.slice(5)) await tenant.api.delete(`/admin/v1/webhooks/${id}`)
  const made = await tenant.api.post("/admin/v1/webhooks", WEBHOOK)
  if (made.status !== 201) throw new Error(`not made: ${made.text}`)
  return made.json.id
}

const WEBHOOK: Body = {
  url: "https://receiver.example.com/hooks",
  events: ["dispute.opened"],
  description: "Production",
}

/** A test event on its way. */
async function deliveryCall(world: World): Promise<Call> {
  const id = await webhook(world)
  await world.tenant.api.post(`/admin/v1/webhooks/${id}/test`)
  await quiet()
  const listed = await world.tenant.api.get(`/admin/v1/webhooks/${id}/deliveries`)
  return { id, more: { delivery_id: listed.json[0].id } }
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
    refused: [
      [{ dunning: { schedule_days: [7, 3], final_action: "Pause" } }, "dunning.schedule_days"],
      [{ dunning: { schedule_days: [3], final_action: "Delete" } }, "dunning.final_action"],
      [{ stripe: { secret_key: "pk_test_EXAMPLE0" } }, "stripe.secret_key"],
      [{ stripe: { secret_key: "sk_live_EXAMPLE0" } }, "stripe.secret_key"],
      [{ tax: { mode: "VAT" } }, "tax.mode"],
      [{ tax: { mode: "FlatRate" } }, "tax.bps"],
      [{ tax: { mode: "FlatRate", bps: 10_001 } }, "tax.bps"],
      [{ tax: { mode: "PassThrough", bps: 850 } }, "tax.bps"],
      [{ tax: { mode: "Rates" } }, "tax.country"],
      [{ tax: { mode: "Rates", country: "EU" } }, "tax.country"],
    ],
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
    refused: [
      [{ payment_terms_days: -1 }, "payment_terms_days"],
      [{ billing_address: { country: "UK" } }, "billing_address.country"],
      [{ billing_address: { region: "NY" } }, "billing_address.region"],
      [{ billing_address: { state: "NY" } }, "billing_address.state"],
    ],
  },
  getCustomer: { call: ({ customer }) => ({ id: customer }) },
  getCustomerHierarchy: { call: ({ customer }) => ({ id: customer }) },
  createCustomerToken: {
    call: ({ customer }) => ({ id: customer, body: { ttl_seconds: 60 } }),
    other: { ttl_seconds: 61 },
    refused: [[{ ttl_seconds: 3601 }, "ttl_seconds"]],
  },
  attachPaymentMethod: {
    call: async ({ make }) => ({
      id: await make.customer(),
      body: { payment_method: "pm_card_visa", is_default: true },
    }),
    other: { payment_method: "pm_card_mastercard" },
    refused: [
      [{ payment_method: "pm_card_nonsense" }, "payment_method"],
      [{ payment_method: "pm card" }, "payment_method"],
    ],
  },
  setUpPaymentMethod: {
    call: async ({ make }) => ({
      id: await make.customer(),
      body: { return_url: "https://example.com/account" },
    }),
    other: { return_url: "https://example.com/billing" },
    refused: [
      [{ return_url: "javascript:alert(1)" }, "return_url"],
      [{ return_url: "/account" }, "return_url"],
    ],
  },
  listPaymentMethods: { call: ({ customer }) => ({ id: customer }) },
  makePaymentMethodDefault: { call: async (world) => ({ ...(await methodCall(world)), body: {} }) },
  detachPaymentMethod: { call: methodCall },
  creditCustomer: {
    call: async ({ make }) => ({ id: await make.customer(), body: { amount_nanos: "50000000000000" } }),
    other: { amount_nanos: "60000000000000" },
    refused: [
      [{ amount_nanos: "0" }, "amount_nanos"],
      [{ amount_nanos: "1" }, "amount_nanos"],
      [{ amount_nanos: "-50000000000000" }, "amount_nanos"],
      [{ kind: "Free" }, "kind"],
      [{ scope: { product_tags: [] } }, "scope"],
      [{ wallet_id: MISSING }, "wallet_id"],
      [{ expires_at: "2020-01-01T00:00:00Z" }, "expires_at"],
    ],
  },
  getCustomerWallet: { call: ({ customer }) => ({ id: customer }) },
  listWalletEntries: { call: ({ customer }) => ({ id: customer }) },
  createWallet: {
    call: async ({ make }) => ({ id: await make.customer(), body: { name: "Prepaid" } }),
    other: { name: "Bonus" },
    refused: [
      [{ priority: -1 }, "priority"],
      [{ scope: { sku_ids: ["disk"] } }, "scope.sku_ids.0"],
      [{ currency: "usd" }, "currency"],
      [
        {
          auto_recharge: {
            threshold_nanos: "1000000000000",
            amount_nanos: "2000000000000",
            payment_method_id: MISSING,
          },
        },
        "auto_recharge.payment_method_id",
      ],
    ],
  },
  updateWallet: {
    call: async (world) => ({ ...(await walletCall(world)), body: { name: "Bonus" } }),
    other: { name: "Other" },
    refused: [[{ priority: 1_001 }, "priority"]],
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
  createCoupon: {
    call: ({ plan }) => ({ body: coupon(plan) }),
    other: { percent_bps: 1000 },
    refused: [
      [{ code: "20 %" }, "code"],
      [{ percent_bps: undefined }, "percent_bps"],
      [{ percent_bps: 10_001 }, "percent_bps"],
      [{ amount_nanos: "1000000000000", currency: "USD" }, "amount_nanos"],
      [{ currency: "USD" }, "currency"],
      [{ percent_bps: undefined, amount_nanos: "1000000000000" }, "currency"],
      [{ percent_bps: undefined, amount_nanos: "1000000000", currency: "USD" }, "amount_nanos"],
      [{ duration: "Repeating" }, "periods"],
      [{ periods: 3 }, "periods"],
      [{ plan_ids: [MISSING] }, "plan_ids.0"],
      [{ plan_ids: [] }, "plan_ids"],
      [{ sku_ids: [MISSING] }, "sku_ids.0"],
      [{ expires_at: NOW }, "expires_at"],
    ],
  },
  listCoupons: { call: nothing },
  getCoupon: { call: async (world) => ({ id: (await newCoupon(world)).id }) },
  updateCoupon: {
    call: async (world) => ({ id: (await newCoupon(world)).id, body: { max_redemptions: 10 } }),
    other: { max_redemptions: 11 },
    refused: [
      [{ max_redemptions: 0 }, "max_redemptions"],
      [{ expires_at: NOW }, "expires_at"],
      [{ percent_bps: 1000 }, "percent_bps"],
    ],
  },
  archiveCoupon: { call: async (world) => ({ id: (await newCoupon(world)).id, body: {} }) },
  redeemCoupon: {
    call: async (world) => ({
      id: await freshSubscription(world),
      body: { coupon: (await newCoupon(world)).code },
    }),
    other: { coupon: "ANOTHER" },
    refused: [
      [{ coupon: "NOBODYS" }, "coupon"],
      [{ coupon: undefined }, "coupon"],
    ],
  },
  listSubscriptionCoupons: { call: ({ subscription }) => ({ id: subscription }) },
  removeCoupon: { call: redemptionCall },
  createSubscription: {
    call: ({ customer, plan }) => ({ body: { customer_id: customer, plan_id: plan, currency: "USD" } }),
    other: { trial_days: 14 },
    refused: [
      [{ currency: "EUR" }, "currency"],
      [{ customer_id: MISSING }, "customer_id"],
      [{ plan_id: MISSING }, "plan_id"],
      [{ quantity: "1" }, "quantity"],
      [{ timezone: "Mars/Olympus" }, "timezone"],
      [{ billing_anchor: { weekday: "Monday" } }, "billing_anchor.weekday"],
      [{ billing_anchor: { day_of_month: 0 } }, "billing_anchor.day_of_month"],
      [{ end_at: "1970-01-02T00:00:00Z" }, "end_at"],
      [{ coupon: "NOBODYS" }, "coupon"],
      [{ overrides: [{ sku_id: MISSING, discount_bps: 1000 }] }, "overrides.0.sku_id"],
    ],
  },
  listSubscriptions: { call: nothing },
  getSubscription: { call: ({ subscription }) => ({ id: subscription }) },
  cancelSubscription: {
    call: async (world) => ({ id: await freshSubscription(world), body: { at: "PeriodEnd" } }),
    other: { at: "Now" },
    refused: [
      [{ at: "Tomorrow" }, "at"],
      [{ at: "2020-01-01T00:00:00Z" }, "at"],
      [{ prorate: "yes" }, "prorate"],
    ],
  },
  previewCancel: {
    call: ({ subscription }) => ({ id: subscription, body: { at: "Now" } }),
    other: { at: "PeriodEnd" },
  },
  changeSubscription: {
    call: async (world) => ({
      id: await freshSubscription(world),
      body: { plan_id: await otherPlan(world) },
    }),
    other: { at: "PeriodEnd" },
    refused: [
      [{ plan_id: MISSING }, "plan_id"],
      [{ plan_id: undefined }, ""],
      [{ quantity: "3" }, "quantity"],
      [{ at: "Tomorrow" }, "at"],
      [{ overrides: [{ sku_id: MISSING, discount_bps: 1 }] }, "overrides.0.sku_id"],
    ],
  },
  previewChange: {
    call: async (world) => ({ id: world.subscription, body: { plan_id: await otherPlan(world) } }),
    other: { at: "PeriodEnd" },
  },
  pauseSubscription: {
    call: async (world) => ({ id: await freshSubscription(world), body: {} }),
    other: { resume_at: "2100-01-01T00:00:00Z" },
    refused: [[{ resume_at: "2020-01-01T00:00:00Z" }, "resume_at"]],
  },
  previewPause: {
    call: ({ subscription }) => ({ id: subscription, body: {} }),
    other: { resume_at: "2100-01-01T00:00:00Z" },
  },
  resumeSubscription: {
    call: async (world) => ({ id: await pausedSubscription(world), body: {} }),
    other: { anchor: "Reset" },
    refused: [[{ anchor: "Move" }, "anchor"]],
  },
  previewResume: {
    call: async (world) => ({ id: await pausedSubscription(world), body: {} }),
    other: { anchor: "Reset" },
  },
  listScheduledChanges: { call: ({ subscription }) => ({ id: subscription }) },
  withdrawScheduledChange: {
    call: async (world) => {
      const id = await freshSubscription(world)
      await world.tenant.api.post(`/v1/subscriptions/${id}/cancel`, { at: "PeriodEnd" })
      return { id, more: { change_id: "cancel" } }
    },
  },
  getUpcomingInvoice: { call: ({ subscription }) => ({ id: subscription }) },
  migratePlan: {
    call: ({ plan }) => ({ id: plan, body: { at: "PeriodEnd" } }),
    other: { dry_run: true },
    refused: [
      [{ at: "Tomorrow" }, "at"],
      [{ subscription_ids: [] }, "subscription_ids"],
      [{ after: "x" }, "after"],
    ],
  },
  refreshInvoice: { call: async ({ make, customer }) => ({ id: await make.draft(customer), body: {} }) },
  createContract: {
    call: ({ customer }) => ({ body: contract(customer) }),
    other: { name: "Acme Enterprise 2027" },
    refused: [
      [{ customer_id: MISSING }, "customer_id"],
      [{ currency: "EUR" }, "currency"],
      [{ end_date: "2026-02-30" }, "end_date"],
      [{ end_date: "2025-12-31" }, "end_date"],
      [{ end_date: "2027-12-31" }, "terms.0.end_date"],
      [{ terms: [] }, "terms"],
      [{ escalation: { type: "Fixed", amount_nanos: "1" } }, "escalation.sku_id"],
    ],
  },
  listContracts: { call: nothing },
  getContract: { call: async (world) => ({ id: await world.make.contract(world.customer) }) },
  getContractChain: { call: async (world) => ({ id: await world.make.contract(world.customer) }) },
  getContractCommitments: { call: async (world) => ({ id: await world.make.contract(world.customer) }) },
  activateContract: {
    call: async (world) => ({ id: await world.make.contract(world.customer), body: {} }),
  },
  amendContract: {
    call: async (world) => ({ id: await activeContract(world), body: { name: "Amended" } }),
    other: { name: "Amended again" },
    refused: [
      [{ end_date: "2026-01-31" }, "end_date"],
      [{ name: "" }, "name"],
    ],
  },
  terminateContract: {
    call: async (world) => ({ id: await activeContract(world), body: {} }),
    other: { reason: "Merged" },
    refused: [[{ true_up: "Never" }, "true_up"]],
  },
  linkContractSubscription: {
    call: async (world) => ({
      id: await activeContract(world),
      body: { subscription_id: await freshSubscription(world), adoption: "PLG" },
    }),
    other: { adoption: "Coterm" },
    refused: [
      [{ subscription_id: MISSING }, "subscription_id"],
      [{ adoption: "Recontract" }, "adoption"],
      [{ adoption: "Never" }, "adoption"],
    ],
  },
  listContractSubscriptions: { call: async (world) => ({ id: await world.make.contract(world.customer) }) },
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
  updateInvoice: {
    call: async ({ make, customer }) => ({ id: await make.draft(customer), body: { memo: "As agreed" } }),
    other: { memo: "As agreed on the phone" },
    refused: [[{ memo: " " }, "memo"]],
  },
  addInvoiceLines: {
    call: async ({ make, customer }) => ({
      id: await make.draft(customer),
      body: { description: "Goodwill", unit_amount_nanos: "-5000000000000" },
    }),
    other: { quantity: "2" },
    refused: [
      [{ description: undefined }, "description"],
      [{ unit_amount_nanos: "1.5" }, "unit_amount_nanos"],
      [{ quantity: "0" }, "quantity"],
      [{ service_start: NOW }, "service_end"],
      [{ lines: [{ description: "Travel", unit_amount_nanos: "1" }] }, "description"],
    ],
  },
  removeInvoiceLine: {
    call: async ({ make, customer }) => {
      const id = await make.draft(customer)
      return { id, more: { line_id: await make.lineOf(id) } }
    },
  },
  getInvoiceProof: { call: async ({ make, customer }) => ({ id: await make.invoice(customer) }) },
  getInvoice: { call: async ({ make, customer }) => ({ id: await make.invoice(customer) }) },
  listInvoiceLineEvents: {
    call: async ({ make, customer }) => {
      const id = await make.invoice(customer)
      return { id, more: { line_id: await make.lineOf(id) } }
    },
  },
  finalizeInvoice: { call: async ({ make, customer }) => ({ id: await make.draft(customer), body: {} }) },
  applyCredit: {
    call: async ({ make, tenant }) => {
      const customer = await make.customer()
      const id = await make.invoice(customer)
      const credits = `/admin/v1/customers/${customer}/credits`
      const granted = await tenant.api.post(credits, { amount_nanos: "1000000000000" })
      if (granted.status !== 201) throw new Error(`not granted: ${granted.text}`)
      return { id, body: {} }
    },
  },
  voidInvoice: {
    call: async ({ make, customer }) => ({
      id: await make.invoice(customer),
      body: { reason: "Sent by mistake" },
    }),
    other: { reason: "No reason" },
    refused: [[{ reason: " " }, "reason"]],
  },
  createTaxRate: {
    call: () => ({ body: { name: "PST", country: "CA", region: "BC", rate_bps: 700, inclusive: false } }),
    other: { name: "Provincial sales tax" },
    refused: [
      [{ country: "UK" }, "country"],
      [{ country: undefined }, "country"],
      [{ region: "BC/" }, "region"],
      [{ rate_bps: 10_001 }, "rate_bps"],
      [{ rate_bps: -1 }, "rate_bps"],
      [{ rate_bps: "997.5555" }, "rate_bps"],
      [{ rate_bps: undefined }, "rate_bps"],
    ],
  },
  listTaxRates: { call: nothing },
  getTaxRate: { call: async ({ make }) => ({ id: await make.taxRate() }) },
  archiveTaxRate: { call: async ({ make }) => ({ id: await make.taxRate(), body: {} }) },
  calculateTax: { call: async ({ make, customer }) => ({ id: await make.draft(customer), body: {} }) },
  reissueInvoice: {
    call: async ({ make, customer }) => ({
      id: await make.invoice(customer),
      body: { reason: "Wrong purchase order" },
    }),
    other: { reason: "No reason" },
    refused: [[{ reason: " " }, "reason"]],
  },
  markInvoiceUncollectible: {
    call: async ({ make, customer }) => ({ id: await make.invoice(customer), body: {} }),
  },
  createProForma: {
    call: async (world) => ({ id: await freshSubscription(world), body: {} }),
    other: { memo: "As agreed" },
    refused: [[{ memo: " " }, "memo"]],
  },
  convertInvoice: { call: async ({ make, customer }) => ({ id: await make.offer(customer), body: {} }) },
  createCreditNote: {
    call: async ({ make, customer }) => ({
      id: await make.invoice(customer),
      body: { reason: "Cancelled in part", amount_nanos: "5000000000000" },
    }),
    other: { amount_nanos: "6000000000000" },
    refused: [
      [{ reason: undefined }, "reason"],
      [{ amount_nanos: "0" }, "amount_nanos"],
      [{ amount_nanos: "1" }, "amount_nanos"],
      [{ amount_nanos: "250010000000000" }, "amount_nanos"],
      [{ lines: [{ line_id: MISSING }] }, "amount_nanos"],
      [{ amount_nanos: undefined, lines: [{ line_id: MISSING }] }, "lines.0.line_id"],
    ],
  },
  listCreditNotes: { call: async ({ make, customer }) => ({ id: await make.invoice(customer) }) },
  listLedgerAccounts: { call: nothing },
  getTrialBalance: { call: nothing },
  listLedgerEntries: { call: nothing },
  auditLedger: { call: nothing },
  listReceivables: { call: nothing },
  getRevenue: { call: nothing },
  payInvoice: {
    call: async ({ make, customer }) => ({
      id: await make.invoice(customer),
      body: { method: "Manual", amount_nanos: "100000000000000", reference: "WIRE-1" },
    }),
    other: { reference: "WIRE-2" },
    refused: [
      [{ method: "Cash" }, "method"],
      [{ amount_nanos: "0" }, "amount_nanos"],
      [{ amount_nanos: "1" }, "amount_nanos"],
      [{ method: "Default" }, "reference"],
    ],
  },
  listPayments: { call: nothing },
  getPayment: { call: async (world) => ({ id: await paidBy(world) }) },
  cancelPayment: { call: async (world) => ({ id: await waitingPayment(world), body: {} }) },
  refundInvoice: {
    call: async (world) => ({ id: await paidInvoice(world), body: { amount_nanos: "10000000000000" } }),
    other: { reason: "Another" },
    refused: [
      [{ amount_nanos: "-1" }, "amount_nanos"],
      [{ amount_nanos: "1" }, "amount_nanos"],
      [{ amount_nanos: "251000000000000" }, "amount_nanos"],
      [{ credit_note_id: MISSING }, "credit_note_id"],
    ],
  },
  refundPayment: {
    call: async (world) => ({ id: await paidBy(world), body: { amount_nanos: "10000000000000" } }),
    other: { reason: "Another" },
    refused: [
      [{ amount_nanos: "251000000000000" }, "amount_nanos"],
      [{ credit_note_id: MISSING }, "credit_note_id"],
    ],
  },
  listRefunds: { call: async (world) => ({ id: await paidBy(world) }) },
  createPayout: {
    call: async (world) => ({
      id: await creditor(world, "pm_card_visa"),
      body: { amount_nanos: "10000000000000" },
    }),
    other: { amount_nanos: "20000000000000" },
    refused: [
      [{ amount_nanos: "0" }, "amount_nanos"],
      [{ amount_nanos: "1" }, "amount_nanos"],
      [{ amount_nanos: "101000000000000" }, "amount_nanos"],
      [{ invoice_id: MISSING }, "amount_nanos"],
      [{ payment_method_id: MISSING }, "payment_method_id"],
    ],
  },
  listPayouts: { call: nothing },
  getPayout: { call: async (world) => ({ id: await newPayout(world, "pm_card_visa") }) },
  retryPayout: {
    call: async (world) => ({ id: await newPayout(world, "pm_card_chargeDeclined"), body: {} }),
    other: { payment_method_id: MISSING },
    refused: [[{ payment_method_id: MISSING }, "payment_method_id"]],
  },
  cancelPayout: {
    call: async (world) => ({ id: await newPayout(world, "pm_card_chargeDeclined"), body: {} }),
  },
  updateSubscription: {
    call: async (world) => ({
      id: await freshSubscription(world),
      body: { statement_descriptor: "ACME PRO" },
    }),
    other: { statement_descriptor: "ACME" },
    refused: [
      [{ payment_method_id: MISSING }, "payment_method_id"],
      [{ statement_descriptor: "A".repeat(23) }, "statement_descriptor"],
    ],
  },
  getDunning: { call: async (world) => ({ id: await dunnedInvoice(world) }) },
  retryDunning: { call: async (world) => ({ id: await dunnedInvoice(world), body: {} }) },
  createWebhook: {
    call: async (world) => {
      await webhook(world)
      return { body: WEBHOOK }
    },
    other: { description: "Staging" },
    refused: [
      [{ url: undefined }, "url"],
      [{ url: "http://receiver.example.com/hooks" }, "url"],
      [{ url: "https://169.254.169.254/latest/meta-data" }, "url"],
      [{ url: "https://me:secret@receiver.example.com/hooks" }, "url"],
      [{ events: [] }, "events"],
      [{ events: ["invoice.exploded"] }, "events.0"],
    ],
  },
  listWebhooks: { call: nothing },
  getWebhook: { call: async (world) => ({ id: await webhook(world) }) },
  updateWebhook: {
    call: async (world) => ({ id: await webhook(world), body: { events: ["dispute.lost"] } }),
    other: { description: "Another" },
    refused: [
      [{ url: "https://localhost/hooks" }, "url"],
      [{ status: "Paused" }, "status"],
      [{ events: null }, "events"],
    ],
  },
  deleteWebhook: { call: async (world) => ({ id: await webhook(world) }) },
  rotateWebhookSecret: { call: async (world) => ({ id: await webhook(world), body: {} }) },
  testWebhook: { call: async (world) => ({ id: await webhook(world), body: {} }) },
  listWebhookDeliveries: { call: async (world) => ({ id: (await deliveryCall(world)).id ?? "" }) },
  retryWebhookDelivery: { call: async (world) => ({ ...(await deliveryCall(world)), body: {} }) },
  listWebhookEvents: { call: nothing },
  listJobs: { call: nothing },
  replayJob: {
    call: async (world) => ({ id: await world.make.deadJob(await freshSubscription(world)), body: {} }),
  },
  listAuditEntries: { call: nothing },
  getHealth: { call: nothing },
}

// Makes what the load needs, through the API like anybody: a live tenant, a customer, a plan with one SKU, subscriptions.

import { randomUUID } from "node:crypto"

export type World = {
  readonly origin: string
  readonly apiKey: string
  readonly tenantId: string
  readonly customerId: string
  readonly subscriptionIds: readonly string[]
}

/** Requests that are under way together. */
const SIDE_BY_SIDE = 16
/** Events of one batch, each of another subscription. */
const SPREAD = 250

const EVENT_TYPE = "api.request"

type Json = Record<string, unknown>

/** What a SKU counts. */
export type Meter = { readonly meter_aggregation: string; readonly meter_property?: string }

/** What is not as in most worlds: settings of the tenant, a fee beside the usage in nanos, when the subscriptions began. */
export type WorldOptions = {
  readonly tenant?: Json
  readonly feeNanos?: string
  readonly startedAt?: string
}

const TOKENS: Meter = { meter_aggregation: "Sum", meter_property: "tokens" }

export async function makeWorld(
  origin: string,
  rootKey: string,
  subscriptions: number,
  meters: readonly Meter[] = [TOKENS],
  options: WorldOptions = {},
): Promise<World> {
  const tenant = await post(origin, rootKey, "/admin/v1/tenants", {
    name: "Bench",
    mode: "live",
    ...options.tenant,
  })
  const apiKey = String((tenant["api_key"] as Json)["key"])
  const create = (path: string, body: object): Promise<Json> => post(origin, apiKey, path, body)
  const customer = await create("/admin/v1/customers", {
    display_name: "Bench",
    email: "bench@example.com",
    currency: "USD",
  })
  const plan = await create("/admin/v1/catalog/plans", { name: "Bench", billing_cadence: "Monthly" })
  for (const meter of meters) {
    await create("/admin/v1/catalog/skus", {
      plan_id: plan["id"],
      name: `${meter.meter_aggregation} of ${meter.meter_property ?? "events"}`,
      pricing_model: "PerUnit",
      unit_amount_nanos: "1000000",
      currency: "USD",
      meter_event_type: EVENT_TYPE,
      ...meter,
    })
  }
  if (options.feeNanos !== undefined) {
    await create("/admin/v1/catalog/skus", {
      plan_id: plan["id"],
      name: "Fee",
      pricing_model: "Flat",
      unit_amount_nanos: options.feeNanos,
      currency: "USD",
    })
  }
  const start = options.startedAt === undefined ? {} : { started_at: options.startedAt }
  const order = { customer_id: customer["id"], plan_id: plan["id"], currency: "USD", ...start }
  const subscriptionIds: string[] = []
  const subscribe = async (): Promise<void> => {
    subscriptionIds.push(String((await create("/v1/subscriptions", order))["id"]))
  }
  for (let left = subscriptions; left > 0; left -= SIDE_BY_SIDE) {
    await Promise.all(Array.from({ length: Math.min(left, SIDE_BY_SIDE) }, subscribe))
  }
  const [tenantId, customerId] = [String(tenant["id"]), String(customer["id"])]
  return { origin, apiKey, tenantId, customerId, subscriptionIds }
}

/** One new event for each subscription: workerd forgets an object that nobody has called for ten seconds. */
export async function touch(world: World, subscriptionIds: readonly string[]): Promise<void> {
  for (let from = 0; from < subscriptionIds.length; from += SPREAD) {
    const some = subscriptionIds.slice(from, from + SPREAD)
    await post(
      world.origin,
      world.apiKey,
      "/v1/events/batch",
      some.map((id) => eventOf(world, id)),
    )
  }
}

export function eventOf({ customerId }: World, subscriptionId: string): Json {
  return {
    id: `evt-${randomUUID()}`,
    event_type: EVENT_TYPE,
    customer_id: customerId,
    subscription_id: subscriptionId,
    timestamp: new Date().toISOString(),
    properties: { model: "gpt-4", tokens: 1_500, region: "us-east-1" },
  }
}

export async function post(origin: string, token: string, path: string, body: object): Promise<Json> {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" }
  const answer = await fetch(origin + path, { method: "POST", headers, body: JSON.stringify(body) })
  if (!answer.ok) throw new Error(`POST ${path}: ${answer.status} ${await answer.text()}`)
  return (await answer.json()) as Json
}

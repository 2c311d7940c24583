// Makes what the load needs, through the API like anybody: a live tenant, a customer, a plan with one SKU, subscriptions.

export type World = {
  readonly apiKey: string
  readonly tenantId: string
  readonly customerId: string
  readonly subscriptionIds: readonly string[]
}

export async function makeWorld(origin: string, rootKey: string, subscriptions: number): Promise<World> {
  const tenant = await post(origin, rootKey, "/admin/v1/tenants", { name: "Bench", mode: "live" })
  const apiKey = String((tenant["api_key"] as Record<string, unknown>)["key"])
  const create = (path: string, body: object): Promise<Record<string, unknown>> =>
    post(origin, apiKey, path, body)
  const customer = await create("/admin/v1/customers", {
    display_name: "Bench",
    email: "bench@example.com",
    currency: "USD",
  })
  const plan = await create("/admin/v1/catalog/plans", { name: "Bench", billing_cadence: "Monthly" })
  const sku = {
    plan_id: plan["id"],
    name: "Tokens",
    pricing_model: "PerUnit",
    unit_amount_nanos: "1000000",
    currency: "USD",
  }
  await create("/admin/v1/catalog/skus", {
    ...sku,
    meter_event_type: "api.request",
    meter_property: "tokens",
  })
  const ids: string[] = []
  for (let n = 0; n < subscriptions; n += 1) {
    const order = { customer_id: customer["id"], plan_id: plan["id"], currency: "USD" }
    ids.push(String((await create("/v1/subscriptions", order))["id"]))
  }
  return {
    apiKey,
    tenantId: String(tenant["id"]),
    customerId: String(customer["id"]),
    subscriptionIds: ids,
  }
}

async function post(
  origin: string,
  token: string,
  path: string,
  body: object,
): Promise<Record<string, unknown>> {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" }
  const answer = await fetch(origin + path, { method: "POST", headers, body: JSON.stringify(body) })
  if (answer.status !== 201) throw new Error(`POST ${path}: ${answer.status} ${await answer.text()}`)
  return (await answer.json()) as Record<string, unknown>
}

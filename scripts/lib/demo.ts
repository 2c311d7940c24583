// The demo tenant of a local state: a test tenant with a small catalog, made through the API like anybody's.
// Keys are stored only as hashes, so the file that this writes is the one place where the demo's key can be read.

import { readFile, rename, writeFile } from "node:fs/promises"
import { join } from "node:path"

export type Demo = { readonly tenantId: string; readonly adminToken: string; readonly complete: boolean }

export async function ensureDemo(url: string, state: string, rootKey: string): Promise<Demo> {
  const file = join(state, "demo.json")
  const known = await readDemo(file)
  if (known?.complete === true) return known
  const begun = known ?? (await createTenant(url, rootKey))
  await writeDemo(file, begun)
  await createCatalog(url, begun.adminToken)
  const done = { ...begun, complete: true }
  await writeDemo(file, done)
  return done
}

async function readDemo(file: string): Promise<Demo | null> {
  const text = await readFile(file, "utf8").catch(() => null)
  return text === null ? null : (JSON.parse(text) as Demo)
}

async function writeDemo(file: string, demo: Demo): Promise<void> {
  await writeFile(`${file}.new`, `${JSON.stringify(demo, null, 2)}\n`, { mode: 0o600 })
  await rename(`${file}.new`, file)
}

async function createTenant(url: string, rootKey: string): Promise<Demo> {
  const tenant = await post(`${url}/admin/v1/tenants`, rootKey, { name: "Demo", mode: "test" })
  const key = tenant["api_key"] as { readonly key: string }
  return { tenantId: String(tenant["id"]), adminToken: key.key, complete: false }
}

// Lists are newest first and the quick start takes the first plan: Startup is made last.
async function createCatalog(url: string, token: string): Promise<void> {
  const create = (path: string, key: string, body: object) =>
    post(`${url}/admin/v1/catalog/${path}`, token, body, `demo-${key}`)

  const product = await create("products", "product", {
    name: "API Platform",
    description: "Requests, storage and support",
    tags: ["api"],
  })
  const scale = await create("plans", "plan-scale", {
    name: "Scale",
    description: "For teams that grow",
    billing_cadence: "Monthly",
    trial_days: 0,
    product_id: product["id"],
  })
  await create("skus", "sku-scale-fee", {
    plan_id: scale["id"],
    name: "Platform fee",
    pricing_model: "Flat",
    unit_amount_nanos: "99000000000000",
    currency: "USD",
  })
  await create("skus", "sku-scale-requests", {
    plan_id: scale["id"],
    name: "API Requests",
    pricing_model: "Graduated",
    meter_event_type: "api.request",
    currency: "USD",
    tiers: [
      { up_to: 10_000, unit_amount_nanos: "1000000000" },
      { up_to: 100_000, unit_amount_nanos: "800000000" },
      { up_to: null, unit_amount_nanos: "500000000" },
    ],
  })
  const startup = await create("plans", "plan-startup", {
    name: "Startup",
    description: "For teams up to 10 users",
    billing_cadence: "Monthly",
    trial_days: 14,
    product_id: product["id"],
  })
  await create("skus", "sku-startup-requests", {
    plan_id: startup["id"],
    name: "API Requests",
    pricing_model: "PerUnit",
    unit_amount_nanos: "1000000",
    meter_event_type: "api.request",
    currency: "USD",
  })
}

// A start that dies half way leaves a tenant whose catalog is incomplete; the keys make the repeat harmless.
async function post(
  address: string,
  token: string,
  body: object,
  idempotencyKey?: string,
): Promise<Record<string, unknown>> {
  const headers: Record<string, string> = {
    authorization: `Bearer ${token}`,
    "content-type": "application/json",
  }
  if (idempotencyKey !== undefined) headers["idempotency-key"] = idempotencyKey
  const answer = await fetch(address, { method: "POST", headers, body: JSON.stringify(body) })
  const text = await answer.text()
  if (answer.status !== 201) {
    throw new Error(
      `The demo tenant could not be made: POST ${new URL(address).pathname}: ${answer.status} ${text}`,
    )
  }
  return JSON.parse(text) as Record<string, unknown>
}

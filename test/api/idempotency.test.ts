// The life of an Idempotency-Key: claimed, answered with the effect, released on refusal, lapsed after a crash.

import { env } from "cloudflare:workers"
import { beforeAll, expect, test } from "vitest"
import type { Tenant } from "../support/client.ts"
import { newTenant } from "../support/client.ts"

const ACME = { display_name: "Acme Corp", email: "billing@acmecorp.com", currency: "USD" }

let tenant: Tenant

beforeAll(async () => {
  tenant = await newTenant("live")
})

function post(key: string, body: unknown = ACME, path = "/admin/v1/customers") {
  return tenant.api.post(path, body, { "Idempotency-Key": key })
}

async function customers(): Promise<number> {
  return (await tenant.api.get("/admin/v1/customers?limit=100")).json.length
}

function rows(where: string, ...values: unknown[]) {
  return env.DB.prepare(`UPDATE idempotency SET ${where}`)
    .bind(...values)
    .run()
}

test("of many at once one does the work, and the others are told that it runs or get its answer", async () => {
  const before = await customers()
  const answers = await Promise.all(Array.from({ length: 12 }, () => post("at-once")))
  expect(await customers()).toBe(before + 1)
  const made = new Set(answers.filter((answer) => answer.status === 201).map((answer) => answer.json.id))
  expect(made.size).toBe(1)
  for (const answer of answers.filter((other) => other.status !== 201)) {
    expect([answer.status, answer.json.code]).toEqual([409, "idempotency_in_progress"])
    expect(Number(answer.headers.get("Retry-After"))).toBeGreaterThan(0)
  }
  const later = await post("at-once")
  expect([later.status, later.headers.get("X-Idempotency-Replayed")]).toEqual([201, "true"])
  expect(made.has(later.json.id)).toBe(true)
})

test("the same key on another path, and of another tenant, is another key", async () => {
  const first = await post("shared")
  const other = await post("shared", { name: "API" }, "/admin/v1/catalog/products")
  expect([first.status, other.status]).toEqual([201, 201])
  const stranger = await newTenant("live")
  const theirs = await stranger.api.post("/admin/v1/customers", ACME, { "Idempotency-Key": "shared" })
  expect(theirs.headers.get("X-Idempotency-Replayed")).toBeNull()
  expect(theirs.json.id).not.toBe(first.json.id)
})

test("a refused request does not burn its key", async () => {
  expect((await post("refused", { ...ACME, currency: "XXX" })).status).toBe(422)
  expect((await post("refused")).status).toBe(201)
})

test("the claim of a request that died lapses, and only then may another take it over", async () => {
  await post("died")
  // As a crash between claim and commit leaves it.
  await rows(
    "status = NULL, body = NULL, claim = 'dead', lease_until = ? WHERE tenant_id = ?",
    Date.now() + 60_000,
    tenant.id,
  )
  expect((await post("died")).json.code).toBe("idempotency_in_progress")
  await rows("lease_until = ? WHERE claim = 'dead'", Date.now() - 1)
  const answer = await post("died")
  expect([answer.status, answer.headers.get("X-Idempotency-Replayed")]).toEqual([201, null])
})

test("after a day the key is free again", async () => {
  const first = await post("yesterday")
  await rows("expires_at = ? WHERE tenant_id = ?", Date.now() - 1, tenant.id)
  const second = await post("yesterday")
  expect(second.status).toBe(201)
  expect(second.json.id).not.toBe(first.json.id)
})

test("an answer with a credential in it is replayed, and not readable where it is stored", async () => {
  const body = { name: "Ingest", scopes: ["events:write"] }
  const first = await post("secret", body, "/admin/v1/api-keys")
  const again = await post("secret", body, "/admin/v1/api-keys")
  expect(again.json).toEqual(first.json)
  const stored = await env.DB.prepare("SELECT body FROM idempotency WHERE sealed = 1 AND tenant_id = ?")
    .bind(tenant.id)
    .first<{ body: string }>()
  expect(stored?.body).not.toContain(first.json.key)
  expect(stored?.body).not.toContain("Ingest")
})

test("a key of 255 characters is taken, a longer one is refused", async () => {
  expect((await post("k".repeat(255))).status).toBe(201)
  const refused = await post("k".repeat(256))
  expect([refused.status, refused.json.errors[0].path]).toEqual([422, "Idempotency-Key"])
})

test("no body and an empty object are the same request", async () => {
  const { id } = (
    await post("a-plan", { name: "Scale", billing_cadence: "Monthly" }, "/admin/v1/catalog/plans")
  ).json
  const archive = (body?: unknown) =>
    tenant.api.post(`/admin/v1/catalog/plans/${id}/archive`, body, { "Idempotency-Key": "archive" })
  expect((await archive()).status).toBe(200)
  expect((await archive({})).headers.get("X-Idempotency-Replayed")).toBe("true")
  expect((await archive({ force: true })).json.code).toBe("idempotency_key_reused")
})

// Raw events grow old: their invoice becomes final, they rest, they move to the archive, and nobody notices but the bucket.

import { env, runInDurableObject } from "cloudflare:test"
import { describe, expect, test } from "vitest"
import { meterName } from "../../src/meter/name.ts"
import type { Api, Json, Tenant } from "../support/client.ts"
import { advance, newTenant, setClock } from "../support/client.ts"
import { CALLS, invoicesOf, newPlan, newSubscription, told } from "../support/fixtures.ts"

const TOKENS: Json = {
  name: "Tokens",
  pricing_model: "PerUnit",
  unit_amount_nanos: "10000000000",
  meter_event_type: "api.request",
  meter_property: "tokens",
}

/** Fifty events of January, one in every ten hours or so, and five of February. */
const SENT = Array.from({ length: 55 }, (_, i) => ({
  id: `event-${i}`,
  event_type: i % 10 === 9 ? "other" : "api.request",
  timestamp: i < 50 ? `2026-01-${String(1 + (i % 31)).padStart(2, "0")}T10:00:00Z` : "2026-02-10T00:00:00Z",
  properties: { tokens: i, model: `m-${i % 3}` },
}))

type Story = { readonly tenant: Tenant; readonly api: Api; readonly subscription: any }

async function january(settings: Json): Promise<Story> {
  const tenant = await newTenant("test", settings)
  const { api } = tenant
  await setClock(api, "2026-01-01T00:00:00Z")
  const subscription = await newSubscription(api, await newPlan(api, [CALLS, TOKENS]))
  await advance(api, { to: "2026-01-31T23:00:00Z" })
  await send(api, subscription, SENT.slice(0, 50))
  await advance(api, { to: "2026-02-10T00:00:00Z" })
  await send(api, subscription, SENT.slice(50))
  return { tenant, api, subscription }
}

async function send(api: Api, subscription: any, events: readonly Json[]): Promise<any[]> {
  const body = events.map((event) => ({ ...event, subscription_id: subscription.id }))
  return (await api.post("/v1/events/batch", body)).json.results
}

function stored({ tenant, subscription }: Story): Promise<number> {
  const stub = env.METER.getByName(meterName(tenant.id, subscription.id))
  return runInDurableObject(stub, (_, { storage }) => {
    const query = "SELECT ifnull(sum(last - first + 1), 0) AS n FROM chunks"
    return storage.sql.exec<{ n: number }>(query).one().n
  })
}

function listed(api: Api, subscription: any, query = ""): Promise<any[]> {
  return everyPage(api, `/v1/subscriptions/${subscription.id}/events?limit=20${query}`)
}

async function everyPage(api: Api, first: string): Promise<any[]> {
  const found: any[] = []
  let path: string | null = first
  while (path !== null) {
    const page = await api.get(path)
    expect(page.status).toBe(200)
    found.push(...page.json)
    const next: RegExpExecArray | null = /<([^>]+)>; rel="next"/.exec(page.headers.get("Link") ?? "")
    path = next?.[1] === undefined ? null : next[1].replace(/^https?:\/\/[^/]+/, "")
  }
  return found
}

async function sha256(bytes: BufferSource): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("")
}

async function unpacked(bytes: ArrayBuffer): Promise<string> {
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text()
}

describe("thirty days after January's invoice became final", () => {
  test("its events are in the archive, and everything goes on as before", async () => {
    const story = await january({ raw_events_retention_days: 30 })
    const { api, tenant, subscription } = story
    const before = await listed(api, subscription)
    expect(before).toHaveLength(55)
    await advance(api, { to: "2026-03-03T00:59:59Z" })
    expect(await stored(story)).toBe(55)
    const advanced = await advance(api, { to: "2026-03-03T01:00:00Z" })
    const jobs = advanced.ran.map((job: any) => [job.kind, job.due_at, job.error])
    expect(jobs).toContainEqual(["archive-usage", "2026-03-03T01:00:00Z", null])
    expect(await stored(story)).toBe(5)

    // One object with its manifest, whose checksums are those of what lies there.
    const archives = (await api.get(`/admin/v1/subscriptions/${subscription.id}/archives`)).json
    expect(archives).toHaveLength(1)
    const [archive] = archives
    const folder = `usage/${tenant.id}/${subscription.id}/`
    const keys = (await env.ARCHIVE.list({ prefix: folder })).objects.map(({ key }) => key)
    expect(keys.toSorted()).toEqual([archive.object.replace(".ndjson.gz", ".manifest.json"), archive.object])
    const bytes = (await (await env.ARCHIVE.get(archive.object))?.arrayBuffer()) ?? new ArrayBuffer(0)
    const plain = await unpacked(bytes)
    const manifest: Json = (await (await env.ARCHIVE.get(keys[0] ?? ""))?.json()) ?? {}
    expect(manifest).toEqual({
      schema: 1,
      tenant_id: tenant.id,
      subscription_id: subscription.id,
      first_seq: 1,
      last_seq: 50,
      count: 50,
      first_timestamp: "2026-01-01T10:00:00Z",
      last_timestamp: "2026-01-31T10:00:00Z",
      object: archive.object,
      bytes: bytes.byteLength,
      sha256: await sha256(bytes),
      plain_bytes: new TextEncoder().encode(plain).byteLength,
      plain_sha256: await sha256(new TextEncoder().encode(plain)),
    })
    expect(archive).toMatchObject({ first_seq: 1, last_seq: 50, count: 50, sha256: manifest["sha256"] })
    const lines = plain
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line))
    expect(lines).toEqual(
      SENT.slice(0, 50).map(({ id, event_type, timestamp, properties }, i) => ({
        seq: i + 1,
        id,
        event_type,
        timestamp,
        received_at: "2026-01-31T23:00:00Z",
        billable: event_type === "api.request",
        properties,
        corrections: [],
      })),
    )

    // The list is what it was, page by page and type by type.
    expect(await listed(api, subscription)).toEqual(before)
    const others = before.filter((event) => event.event_type === "other")
    expect(await listed(api, subscription, "&event_type=other")).toEqual(others)
    expect(await listed(api, subscription, "&event_type=nothing")).toEqual([])

    // Every event is still known.
    const again = await send(api, subscription, SENT)
    expect(again.map(({ status }) => status)).toEqual(SENT.map(() => "Duplicate"))
    const [first] = SENT
    const changed = { ...first, properties: { tokens: 1_000_000 } }
    const [conflict] = await send(api, subscription, [changed])
    expect(conflict).toMatchObject({ status: "Rejected", code: "event_id_conflict" })

    // A late event of January is charged on the next invoice, on top of what was billed: 46 calls in all.
    await send(api, subscription, [
      { id: "late", event_type: "api.request", timestamp: "2026-01-05T00:00:00Z", properties: { tokens: 7 } },
    ])
    await advance(api, { to: "2026-04-01T01:00:00Z" })
    const invoices = (await invoicesOf(api, subscription)).map(told)
    // Of the events 0…49 nine in ten are calls: 45, with 1225 − (9 + 19 + 29 + 39 + 49) tokens.
    expect(invoices[0]).toEqual([
      ["Calls", "45", 45],
      ["Tokens", "1080", 1_080],
    ])
    expect(invoices[1]).toEqual([
      ["Calls", "5", 5],
      ["Tokens", "260", 260],
    ])
    expect(invoices[2]).toEqual([
      ["Calls", "1", 1],
      ["Tokens", "7", 7],
      ["Calls", "0", 0],
      ["Tokens", "0", 0],
    ])
  })

  test("what one job doesn't manage is done by the next", async () => {
    const { api } = await newTenant("test", { raw_events_retention_days: 30 })
    await setClock(api, "2026-01-01T00:00:00Z")
    const subscription = await newSubscription(api, await newPlan(api, [CALLS]))
    const [old, young] = ["2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"]
    // An event of February in every other commit keeps the archives apart.
    for (let i = 0; i < 21; i += 1) {
      await send(api, subscription, [{ id: `old-${i}`, event_type: "api.request", timestamp: old }])
      await send(api, subscription, [{ id: `young-${i}`, event_type: "api.request", timestamp: young }])
    }
    const advanced = await advance(api, { to: "2026-03-03T01:00:00Z" })
    const jobs = advanced.ran.filter((job: any) => job.kind === "archive-usage")
    expect(jobs.map((job: any) => job.error)).toEqual([null, null])
    const path = `/admin/v1/subscriptions/${subscription.id}/archives`
    const pages = await everyPage(api, `${path}?limit=20`)
    expect(pages.map(({ count }) => count)).toEqual(Array.from({ length: 21 }, () => 1))
    // More archives than one page of events opens.
    expect((await listed(api, subscription)).map(({ id }) => id)).toEqual(
      Array.from({ length: 42 }, (_, i) => (i % 2 === 0 ? `young-${20 - i / 2}` : `old-${20 - (i - 1) / 2}`)),
    )
  })

  test("a damaged object is told as such, and nothing of it is shown", async () => {
    const { api, subscription } = await january({ raw_events_retention_days: 30 })
    await advance(api, { to: "2026-03-04T00:00:00Z" })
    const [archive] = (await api.get(`/admin/v1/subscriptions/${subscription.id}/archives`)).json
    const bytes = new Uint8Array((await (await env.ARCHIVE.get(archive.object))?.arrayBuffer()) ?? [])
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1
    await env.ARCHIVE.put(archive.object, bytes)
    const path = `/v1/subscriptions/${subscription.id}/events`
    const damaged = await api.get(path)
    expect(damaged.status).toBe(500)
    expect(damaged.json).toMatchObject({ code: "archive_damaged" })
    expect(damaged.json.detail).toContain(archive.object)
    await env.ARCHIVE.delete(archive.object)
    expect((await api.get(path)).json).toMatchObject({ code: "archive_damaged" })
    // What is not archived can be read all the same.
    expect((await api.get(`${path}?limit=5`)).json).toHaveLength(5)
  })
})

describe("the tenant says how long", () => {
  test("90 days unless it says otherwise; null keeps events for ever", async () => {
    const { api } = await newTenant("test")
    expect((await api.get("/admin/v1/tenant")).json.raw_events_retention_days).toBe(90)
    const changed = await api.patch("/admin/v1/tenant", { raw_events_retention_days: null })
    expect(changed.json.raw_events_retention_days).toBeNull()
    expect((await api.patch("/admin/v1/tenant", { raw_events_retention_days: 0 })).status).toBe(422)
  })

  test("for ever means for ever", async () => {
    const story = await january({ raw_events_retention_days: null })
    await advance(story.api, { to: "2028-01-01T00:00:00Z" })
    expect(await stored(story)).toBe(55)
  })

  test("longer than it said at first", async () => {
    const story = await january({ raw_events_retention_days: 30 })
    await story.api.patch("/admin/v1/tenant", { raw_events_retention_days: 60 })
    await advance(story.api, { to: "2026-04-02T00:59:59Z" })
    expect(await stored(story)).toBe(55)
    await advance(story.api, { to: "2026-04-02T01:00:00Z" })
    expect(await stored(story)).toBe(5)
  })

  test("a period whose invoice is still a draft keeps its events, and so do those after it", async () => {
    const story = await january({ raw_events_retention_days: 30, auto_finalize: false })
    const { api, subscription } = story
    await advance(api, { to: "2026-03-01T00:00:00Z" })
    const [first, second] = await invoicesOf(api, subscription)
    expect([first.status, second.status]).toEqual(["Draft", "Draft"])
    expect((await api.post(`/admin/v1/invoices/${second.id}/finalize`)).status).toBe(200)
    await advance(api, { to: "2026-04-01T00:00:00Z" })
    expect(await stored(story)).toBe(55)
    expect((await api.post(`/admin/v1/invoices/${first.id}/finalize`)).status).toBe(200)
    await advance(api, { to: "2026-05-01T00:00:00Z" })
    expect(await stored(story)).toBe(5)
  })
})

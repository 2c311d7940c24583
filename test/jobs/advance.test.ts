// An advance that is more than one invocation may do goes on by itself.
// Law: in however many turns, what comes of it is the same to the last row.

import { createExecutionContext, createMessageBatch, env, getQueueResult } from "cloudflare:test"
import { expect, test } from "vitest"
import { advanceClock } from "../../src/actions/advance-clock.ts"
import type { Platform } from "../../src/actions/scope.ts"
import { scopeFor, tenantNow } from "../../src/actions/scope.ts"
import type { Advance } from "../../src/actions/walk-agenda.ts"
import { platformOf } from "../../src/context.ts"
import type { Count } from "../../src/db/counted-d1.ts"
import type { DueRow } from "../../src/db/system.ts"
import { tenantById } from "../../src/db/system.ts"
import type { Instant } from "../../src/domain/time.ts"
import { instant } from "../../src/domain/time.ts"
import { tick } from "../../src/jobs/cron.ts"
import { consume } from "../../src/jobs/queue.ts"
import type { Tenant } from "../support/client.ts"
import { create, newTenant, setClock } from "../support/client.ts"
import { CALLS, FEE, newCustomer, newPlan, newSubscription, use } from "../support/fixtures.ts"

const TO = instant(Date.parse("2026-06-15T00:00:00Z"))
const TABLES = [
  "agenda",
  "audit",
  "customers",
  "dunnings",
  "invoice_lines",
  "invoices",
  "ledger_days",
  "ledger_entries",
  "payments",
  "subscriptions",
  "wallet_grants",
  "webhook_events",
]

/** The worker's own platform, where an invocation may ask so much of D1; messages of the queue wait in a list. */
function platformWith(queries: number | null, waiting: string[], due: DueRow[] = []): Platform {
  return {
    ...platformOf(env, createExecutionContext()),
    queries,
    continueAdvance: async (tenantIds) => void waiting.push(...tenantIds),
    enqueue: async (rows) => void due.push(...rows),
  }
}

/** As a request advances it. */
async function advanceBy(platform: Platform, tenantId: string, to: Instant) {
  const tenant = await tenantById(platform.db, tenantId)
  if (tenant === null) throw new Error("no tenant")
  const now = tenantNow(tenant, platform.wallNow())
  const scope = scopeFor(platform, tenant, { actor: { type: "ApiKey", id: "key" }, requestId: "r", now })
  return advanceClock(scope, to, null)
}

async function firstTurn(platform: Platform, tenantId: string): Promise<Advance> {
  const advanced = await advanceBy(platform, tenantId, TO)
  if (!advanced.ok) throw new Error(advanced.error.detail)
  return advanced.value
}

/** Brings one message of the queue, and gives back whether it has to come again. */
async function bring(platform: Platform, tenantId: string): Promise<boolean> {
  const body = { kind: "advance-clock" as const, tenant_id: tenantId }
  const message = { id: crypto.randomUUID(), timestamp: new Date(), attempts: 1, body }
  const batch = createMessageBatch("ledgerline-jobs", [message])
  const context = createExecutionContext()
  await consume(platform, batch)
  return (await getQueueResult(batch, context)).retryMessages.length > 0
}

/** Half a year of a business: usage, cards that are good and bad, a change and an end that wait, a job that fails. */
async function business(): Promise<Tenant> {
  const tenant = await newTenant("test", { draft_grace_hours: 1 })
  const { api } = tenant
  await setClock(api, "2026-01-01T00:00:00Z")
  const plan = await newPlan(api, [FEE, CALLS])
  const larger = await newPlan(api, [{ ...FEE, unit_amount_nanos: "62000000000000" }])
  for (const card of ["pm_card_visa", "pm_card_chargeDeclined"]) {
    const customer = await newCustomer(api)
    await create(api, `/admin/v1/customers/${customer.id}/payment-methods`, {
      payment_method: card,
      is_default: true,
    })
    const subscription = await newSubscription(api, plan, { customer_id: customer.id })
    await use(api, subscription, "2026-01-01T00:00:00Z", 3)
    const path = `/v1/subscriptions/${subscription.id}`
    const waits = { plan_id: larger.id, at: "PeriodEnd" }
    expect((await api.post(`${path}/change`, waits)).status).toBe(200)
    const ending = await newSubscription(api, plan, { customer_id: customer.id })
    await api.post(`/v1/subscriptions/${ending.id}/cancel`, { at: "PeriodEnd" })
  }
  await env.DB.prepare(
    `INSERT INTO agenda (id, tenant_id, due_at, kind, subject, unique_key, status, attempts, created_at)
     VALUES (?, ?, ?, 'close-period', 'nowhere', 'n', 'Pending', 0, 0)`,
  )
    .bind(crypto.randomUUID(), tenant.id, Date.parse("2026-02-10T00:00:00Z"))
    .run()
  return tenant
}

/** All rows in the order in which they were made, ids by the order in which they come first, without what the wall clock says. */
async function rowsOf(tenantId: string): Promise<string> {
  const names = new Map<string, string>()
  const named = (id: string) => names.get(id) ?? names.set(id, `id-${names.size}`).get(id) ?? id
  const all: unknown[] = []
  for (const table of TABLES) {
    const found = await env.DB.prepare(`SELECT * FROM ${table} WHERE tenant_id = ? ORDER BY rowid`)
      .bind(tenantId)
      .all()
    const rows = found.results.filter(
      ({ action }) => action !== "tenant.created" && action !== "test_clock.set",
    )
    all.push([table, rows.map((row) => ({ ...row, actor_id: 0, request_id: 0, lease_until: 0 }))])
  }
  const ids = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?<=_sbx_)[0-9a-f]+|[0-9a-f]{16}(?=\.ndjson)/g
  return JSON.stringify(all, null, 1).replaceAll(ids, named)
}

test("in turns of one job each it comes to the same, to the last row, as in one go", async () => {
  const [once, often] = [await business(), await business()]
  const whole = await firstTurn(platformWith(null, []), once.id)
  expect(whole.complete).toBe(true)
  const waiting: string[] = []
  const platform = platformWith(1, waiting)
  const first = await firstTurn(platform, often.id)
  expect([first.complete, first.ran.length]).toEqual([false, 1])
  let turns = 1
  for (; waiting.length > 0; turns++) {
    const [tenantId] = waiting.splice(0)
    expect(tenantId).toBe(often.id)
    // The queue may bring it twice at once.
    const again = await Promise.all([bring(platform, often.id), bring(platform, often.id)])
    expect(again).toEqual([false, false])
  }
  expect(turns).toBeGreaterThan(20)
  expect((await often.api.get("/admin/v1/test-clock")).json).toEqual({
    now: "2026-06-15T00:00:00Z",
    frozen: true,
    status: "Ready",
    advancing_to: null,
  })
  expect(await rowsOf(often.id)).toBe(await rowsOf(once.id))
}, 120_000)

test("a turn asks no more than it may", async () => {
  const tenant = await business()
  const counts: Readonly<Count>[] = []
  const waiting: string[] = []
  const plain = platformWith(400, waiting)
  const platform: Platform = {
    ...plain,
    countedDb() {
      const counted = plain.countedDb()
      counts.push(counted.count)
      return counted
    },
  }
  await firstTurn(platform, tenant.id)
  while (waiting.splice(0).length > 0) await bring(platform, tenant.id)
  expect(counts.length).toBeGreaterThan(3)
  expect(Math.max(...counts.map(({ statements }) => statements))).toBeLessThanOrEqual(400)
  expect((await tenant.api.get("/admin/v1/test-clock")).json.status).toBe("Ready")
}, 120_000)

test("on its way the clock says so, others keep away, and cron brings a turn whose message was lost", async () => {
  const tenant = await business()
  const waiting: string[] = []
  const platform = platformWith(1, waiting)
  await firstTurn(platform, tenant.id)
  expect(waiting).toEqual([tenant.id])
  expect((await tenant.api.get("/admin/v1/test-clock")).json).toMatchObject({
    status: "Advancing",
    advancing_to: "2026-06-15T00:00:00Z",
  })
  const set = await tenant.api.post("/admin/v1/test-clock", { now: "2026-12-01T00:00:00Z" })
  expect([set.status, set.json.code]).toEqual([409, "conflict"])
  const shorter = await advanceBy(platform, tenant.id, instant(TO - 1))
  expect(shorter).toMatchObject({ ok: false, error: { code: "conflict" } })
  // What is due by the clock is the advance's.
  await env.DB.prepare("UPDATE agenda SET due_at = 0 WHERE tenant_id = ? AND status = 'Pending'")
    .bind(tenant.id)
    .run()
  const due: DueRow[] = []
  const lost: string[] = []
  await tick(platformWith(1, lost, due))
  expect(due.filter(({ tenantId }) => tenantId === tenant.id)).toEqual([])
  expect(lost).toContain(tenant.id)
  // Whoever advances again to the same time takes the next turn.
  const joined = await advanceBy(platformWith(null, waiting), tenant.id, TO)
  expect(joined).toMatchObject({ ok: true, value: { complete: true } })
  expect(await bring(platform, tenant.id)).toBe(false)
}, 120_000)

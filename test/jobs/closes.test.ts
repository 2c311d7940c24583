// Hundreds of subscriptions whose periods end in the same second, closed by consumers that run at the same time.
// Law: each is billed once, the invoice numbers follow each other without a gap or a duplicate, and the ledger balances.

import { createExecutionContext, createMessageBatch, env, getQueueResult } from "cloudflare:test"
import { expect, test } from "vitest"
import type { Platform } from "../../src/actions/scope.ts"
import { platformOf } from "../../src/context.ts"
import type { DueRow } from "../../src/db/system.ts"
import { instant } from "../../src/domain/time.ts"
import { tick } from "../../src/jobs/cron.ts"
import { consume } from "../../src/jobs/queue.ts"
import { newTenant } from "../support/client.ts"
import { CALLS, FEE, newCustomer, newPlan, newSubscription } from "../support/fixtures.ts"

const SUBSCRIPTIONS = 160
const BY_HAND = 10
const CONSUMERS = 6
const BATCH = 20
const FEE_MINOR = 3_100
const DAY_MS = 86_400_000

async function rows<T>(statement: string, ...values: (string | number)[]): Promise<T[]> {
  const { results } = await env.DB.prepare(statement)
    .bind(...values)
    .all<T>()
  return results
}

async function one<T>(statement: string, ...values: (string | number)[]): Promise<T> {
  const [first] = await rows<T>(statement, ...values)
  if (first === undefined) throw new Error(`no row: ${statement}`)
  return first
}

/** The worker's own platform, but for the wall clock and the queue: messages go to `waiting`. */
function platformAt(wall: number, waiting: DueRow[]): Platform {
  return {
    ...platformOf(env, createExecutionContext()),
    wallNow: () => instant(wall),
    enqueue: async (due) => void waiting.push(...due),
  }
}

/** Takes batches off the queue until it is empty. Gives back how many messages had to be tried again. */
async function consumer(wall: number, waiting: DueRow[]): Promise<number> {
  let retries = 0
  for (let some = waiting.splice(0, BATCH); some.length > 0; some = waiting.splice(0, BATCH)) {
    const messages = some.map(({ id, tenantId }) => ({
      id: crypto.randomUUID(),
      timestamp: new Date(),
      attempts: 1,
      body: { agenda_id: id, tenant_id: tenantId },
    }))
    const batch = createMessageBatch("ledgerline-jobs", messages)
    const context = createExecutionContext()
    await consume(platformAt(wall, waiting), batch)
    const { retryMessages } = await getQueueResult(batch, context)
    retries += retryMessages.length
    const again = new Set(retryMessages.map(({ msgId }) => msgId))
    const failed = messages.filter(({ id }) => again.has(id))
    waiting.push(...some.filter(({ id }) => failed.some(({ body }) => body.agenda_id === id)))
  }
  return retries
}

/** Runs everything that is due when the wall clock stands at `wall`, by consumers side by side. */
async function drain(wall: number): Promise<number> {
  const waiting: DueRow[] = []
  let retries = 0
  do {
    await tick(platformAt(wall, waiting))
    const counts = await Promise.all(Array.from({ length: CONSUMERS }, () => consumer(wall, waiting)))
    retries += counts.reduce((sum, count) => sum + count, 0)
  } while (waiting.length > 0)
  return retries
}

/** A live tenant with subscriptions that all began in the same second, so their first months end in the same second. */
async function subscribed() {
  const tenant = await newTenant("live", { draft_grace_hours: 0 })
  const plan = await newPlan(tenant.api, [FEE, CALLS])
  const customer = await newCustomer(tenant.api)
  const started_at = new Date(Math.floor(Date.now() / 1_000) * 1_000 - 5 * DAY_MS).toISOString()
  const terms = { customer_id: customer.id, started_at }
  for (let made = 0; made < SUBSCRIPTIONS; made += BATCH) {
    await Promise.all(Array.from({ length: BATCH }, () => newSubscription(tenant.api, plan, terms)))
  }
  const { end } = await one<{ end: number }>(
    "SELECT MAX(period_end) AS end FROM subscriptions WHERE tenant_id = ?",
    tenant.id,
  )
  return { tenant, customer, end }
}

/** Finalizes one-off invoices through the API and repeats each request under its key. */
async function byHand(
  { tenant, customer }: Awaited<ReturnType<typeof subscribed>>,
  drafts: readonly string[],
) {
  return Promise.all(
    drafts.map(async (id) => {
      const path = `/admin/v1/invoices/${id}/finalize`
      const key = { "Idempotency-Key": `finalize-${id}` }
      const first = await tenant.api.post(path, {}, key)
      const again = await tenant.api.post(path, {}, key)
      return { customerId: customer.id, first, again }
    }),
  )
}

test("hundreds of periods that end in the same second are numbered without a gap or a duplicate", async () => {
  const world = await subscribed()
  const { tenant, customer, end } = world
  const lines = [{ description: "Workshop", unit_amount_nanos: "1000000000000" }]
  const drafts = await Promise.all(
    Array.from({ length: BY_HAND }, async () => {
      const made = await tenant.api.post("/admin/v1/invoices", {
        customer_id: customer.id,
        currency: "USD",
        lines,
      })
      expect(made.status).toBe(201)
      return made.json.id as string
    }),
  )
  const [retries, handed] = await Promise.all([drain(end + 1_000), byHand(world, drafts)])
  expect(retries).toBe(0)

  const invoices = await rows<{ id: string; number: string; status: string; subscription_id: string | null }>(
    "SELECT id, number, status, subscription_id FROM invoices WHERE tenant_id = ? ORDER BY number",
    tenant.id,
  )
  const count = SUBSCRIPTIONS + BY_HAND
  expect(invoices.map(({ number }) => number)).toEqual(
    Array.from({ length: count }, (_, at) => `INV-${String(at + 1).padStart(6, "0")}`),
  )
  expect(new Set(invoices.map((invoice) => invoice.status))).toEqual(new Set(["Open"]))
  expect(new Set(invoices.flatMap((invoice) => invoice.subscription_id ?? [])).size).toBe(SUBSCRIPTIONS)
  expect(await one("SELECT next_invoice_number AS next FROM tenants WHERE id = ?", tenant.id)).toEqual({
    next: count + 1,
  })
  expect(
    await one(
      "SELECT SUM(amount_minor) AS sum, MAX(amount_minor) AS most, COUNT(DISTINCT transaction_id) AS times FROM ledger_entries WHERE tenant_id = ? AND cause_id IN (SELECT id FROM invoices WHERE subscription_id IS NOT NULL)",
      tenant.id,
    ),
  ).toEqual({ sum: 0, most: FEE_MINOR, times: SUBSCRIPTIONS })

  const numberOf = new Map(invoices.map(({ id, number }) => [id, number]))
  for (const { first, again } of handed) {
    expect([first.status, first.json.invoice_number]).toEqual([200, numberOf.get(first.json.id)])
    expect([again.headers.get("X-Idempotency-Replayed"), again.text]).toEqual(["true", first.text])
  }
  const told = await rows<{ id: string; number: string }>(
    "SELECT subject_id AS id, after ->> '$.invoice_number' AS number FROM audit WHERE tenant_id = ? AND action = 'invoice.finalized'",
    tenant.id,
  )
  expect(new Map(told.map(({ id, number }) => [id, number]))).toEqual(numberOf)
}, 300_000)

test("a tick takes what is due in pages, up to its bound, and the next one takes the rest", async () => {
  const tenant = await newTenant("live")
  await env.DB.prepare(
    `INSERT INTO agenda (id, tenant_id, due_at, kind, subject, unique_key, status, attempts, created_at)
     WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10500)
     SELECT 'row-' || i, ?, 1000, 'close-period', 'nowhere', i, 'Pending', 0, 1000 FROM n`,
  )
    .bind(tenant.id)
    .run()
  const wall = Date.now()
  const taken: DueRow[][] = [[], [], []]
  for (const waiting of taken) await tick(platformAt(wall, waiting))
  expect(taken.map((waiting) => waiting.length)).toEqual([10_000, 500, 0])
  expect(new Set(taken.flat().map(({ id }) => id)).size).toBe(10_500)
  // Ten minutes on all are on the queue still; after a quarter of an hour they are taken again.
  const later: DueRow[] = []
  await tick(platformAt(wall + 10 * 60_000, later))
  expect(later).toEqual([])
  await tick(platformAt(wall + 16 * 60_000, later))
  expect(later.length).toBe(10_000)
  await env.DB.prepare("DELETE FROM agenda WHERE tenant_id = ?").bind(tenant.id).run()
})

test("what is due is due by the clock of its tenant", async () => {
  const wall = Date.now()
  const row = (tenantId: string, id: string, dueAt: number) =>
    env.DB.prepare(
      `INSERT INTO agenda (id, tenant_id, due_at, kind, subject, unique_key, status, attempts, created_at)
       VALUES (?, ?, ?, 'close-period', 'nowhere', ?, 'Pending', 0, 0)`,
    ).bind(id, tenantId, dueAt, id)
  const [live, ahead, behind] = await Promise.all([newTenant("live"), newTenant("test"), newTenant("test")])
  const clock = "UPDATE tenants SET clock_at = ? WHERE id = ?"
  await env.DB.batch([
    env.DB.prepare(clock).bind(wall + 5 * DAY_MS, ahead.id),
    env.DB.prepare(clock).bind(wall - 5 * DAY_MS, behind.id),
    row(live.id, "live-due", wall),
    row(live.id, "live-later", wall + 1),
    row(ahead.id, "ahead-past", wall - DAY_MS),
    row(ahead.id, "ahead-due", wall + 5 * DAY_MS),
    row(ahead.id, "ahead-later", wall + 5 * DAY_MS + 1),
    row(behind.id, "behind-due", wall - 5 * DAY_MS),
    row(behind.id, "behind-later", wall - 5 * DAY_MS + 1),
  ])
  const waiting: DueRow[] = []
  await tick(platformAt(wall, waiting))
  const mine = new Set([live.id, ahead.id, behind.id])
  const ids = waiting.filter(({ tenantId }) => mine.has(tenantId)).map(({ id }) => id)
  expect(ids.toSorted()).toEqual(["ahead-due", "ahead-past", "behind-due", "live-due"])
})

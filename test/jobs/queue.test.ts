// The agenda's way through cron and queue: done once however often it is delivered, buried when it can't be done,
// and replayed when somebody mended the cause.

import {
  createExecutionContext,
  createMessageBatch,
  createScheduledController,
  env,
  getQueueResult,
  waitOnExecutionContext,
} from "cloudflare:test"
import { expect, test, vi } from "vitest"
import worker from "../../src/worker.ts"
import { newTenant } from "../support/client.ts"
import { CALLS, FEE, newPlan, newSubscription } from "../support/fixtures.ts"

type Row = { id: string; status: string; attempts: number; last_error: string | null }

function job(tenantId: string): Promise<Row | null> {
  const row =
    "SELECT id, status, attempts, last_error FROM agenda WHERE tenant_id = ? AND kind = 'finalize-invoice'"
  return env.DB.prepare(row).bind(tenantId).first<Row>()
}

function message(tenantId: string, id: string, attempts = 1) {
  return {
    id: crypto.randomUUID(),
    timestamp: new Date(),
    attempts,
    body: { agenda_id: id, tenant_id: tenantId },
  }
}

async function deliver(queue: string, messages: ReturnType<typeof message>[]) {
  const batch = createMessageBatch(queue, messages)
  const context = createExecutionContext()
  await worker.queue(batch, env, context)
  const result = await getQueueResult(batch, context)
  await waitOnExecutionContext(context)
  return result
}

async function tick() {
  const context = createExecutionContext()
  const controller = createScheduledController({ scheduledTime: new Date(), cron: "* * * * *" })
  await worker.scheduled(controller, env, context)
  await waitOnExecutionContext(context)
}

/** A live tenant with a draft whose finalization has just fallen due. */
async function overdue() {
  const tenant = await newTenant("live")
  // Ten days of the fee have accrued: an invoice of nothing would be settled while the test looks at it.
  const started_at = new Date(Date.now() - 10 * 86_400_000).toISOString()
  const subscription = await newSubscription(tenant.api, await newPlan(tenant.api, [FEE]), { started_at })
  const draft = await tenant.api.post(`/admin/v1/subscriptions/${subscription.id}/bill`)
  await env.DB.prepare("UPDATE agenda SET due_at = ? WHERE tenant_id = ? AND kind = 'finalize-invoice'")
    .bind(Date.now() - 1, tenant.id)
    .run()
  const row = await job(tenant.id)
  if (row === null) throw new Error("a draft has a finalization")
  const invoice = async () => (await tenant.api.get(`/v1/invoices/${draft.json.id}`)).json
  return { tenant, row, invoiceId: draft.json.id as string, invoice }
}

const SOON = { timeout: 10_000 }

test("cron puts what is due on the queue, and the queue does it", async () => {
  const { invoice } = await overdue()
  expect((await invoice()).status).toBe("Draft")
  await tick()
  await vi.waitFor(async () => expect((await invoice()).invoice_number).toBe("INV-000001"), SOON)
})

test("a message that comes many times at once takes effect once", async () => {
  const { tenant, row, invoice } = await overdue()
  const copies = () => deliver("ledgerline-jobs", [message(tenant.id, row.id), message(tenant.id, row.id)])
  await Promise.all([copies(), copies(), copies()])
  expect(await invoice()).toMatchObject({ status: "Open", invoice_number: "INV-000001" })
  const { next } = (await env.DB.prepare("SELECT next_invoice_number AS next FROM tenants WHERE id = ?")
    .bind(tenant.id)
    .first<{ next: number }>())!
  expect(next).toBe(2)
})

test("a job that fails is retried alone and its error is kept", async () => {
  const broken = await overdue()
  const good = await overdue()
  await env.DB.prepare("UPDATE agenda SET subject = 'nowhere' WHERE id = ?").bind(broken.row.id).run()
  const bad = message(broken.tenant.id, broken.row.id, 3)
  const fine = message(good.tenant.id, good.row.id)
  const result = await deliver("ledgerline-jobs", [bad, fine])
  expect(result.explicitAcks).toEqual([fine.id])
  expect(result.retryMessages).toEqual([{ msgId: bad.id }])
  expect(await job(broken.tenant.id)).toMatchObject({
    attempts: 1,
    last_error: "JobFailed: not_found: There is no such invoice.",
  })
  expect((await good.invoice()).status).toBe("Open")
})

test("a dead job is seen, left alone, and replayed once its cause is mended", async () => {
  const { tenant, row, invoiceId, invoice } = await overdue()
  await env.DB.prepare("UPDATE agenda SET subject = 'nowhere', attempts = 8 WHERE id = ?").bind(row.id).run()
  await deliver("ledgerline-jobs-dead", [message(tenant.id, row.id)])
  const dead = await tenant.api.get("/admin/v1/jobs?status=Dead")
  expect(dead.json).toMatchObject([{ id: row.id, kind: "finalize-invoice", status: "Dead", attempts: 8 }])
  await tick()
  expect((await job(tenant.id))?.status).toBe("Dead")

  await env.DB.prepare("UPDATE agenda SET subject = ? WHERE id = ?").bind(invoiceId, row.id).run()
  const replayed = await tenant.api.post(`/admin/v1/jobs/${row.id}/replay`)
  expect(replayed.json).toMatchObject({ status: "Pending", attempts: 0 })
  await vi.waitFor(async () => expect((await invoice()).status).toBe("Open"), SOON)
  const again = await tenant.api.post(`/admin/v1/jobs/${row.id}/replay`)
  expect([again.status, again.json.code]).toEqual([409, "invalid_state"])
})

test("a row that is queued already is queued again only when its lease has run out", async () => {
  const { row, invoice } = await overdue()
  const lease = (until: number) =>
    env.DB.prepare("UPDATE agenda SET status = 'Queued', lease_until = ? WHERE id = ?")
      .bind(until, row.id)
      .run()
  await lease(Date.now() + 60_000)
  await tick()
  // Whatever a tick queues is delivered within 50 ms here; this one had nothing to queue.
  await scheduler.wait(500)
  expect((await invoice()).status).toBe("Draft")
  await lease(Date.now() - 1)
  await tick()
  await vi.waitFor(async () => expect((await invoice()).status).toBe("Open"), SOON)
})

test("a usage-only period of nothing is invoiced at zero, finalized Open and settled by the job that follows", async () => {
  const tenant = await newTenant("live")
  const plan = await newPlan(tenant.api, [CALLS])
  const subscription = await newSubscription(tenant.api, plan)
  const draft = await tenant.api.post(`/admin/v1/subscriptions/${subscription.id}/bill`)
  const finalized = await tenant.api.post(`/admin/v1/invoices/${draft.json.id}/finalize`)
  expect(finalized.json).toMatchObject({ status: "Open", total_nanos: "0" })
  await vi.waitFor(
    async () => expect((await tenant.api.get(`/v1/invoices/${draft.json.id}`)).json.status).toBe("Paid"),
    { timeout: 10_000 },
  )
})

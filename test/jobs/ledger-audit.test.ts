// The daily audit of the ledger: what disagrees is a job that waits for a human, with what was found, once.

import {
  createExecutionContext,
  createScheduledController,
  env,
  waitOnExecutionContext,
} from "cloudflare:test"
import { expect, test } from "vitest"
import { scopeFor } from "../../src/actions/scope.ts"
import { auditLedgerPages } from "../../src/actions/audit-ledger-pages.ts"
import worker from "../../src/worker.ts"
import type { Tenant } from "../support/client.ts"
import { create, newTenant } from "../support/client.ts"
import { quiet } from "../support/database.ts"
import { newCustomer } from "../support/fixtures.ts"
import { scopeOf } from "../support/race.ts"

const DAY_MS = 86_400_000

async function tick() {
  const context = createExecutionContext()
  const controller = createScheduledController({ scheduledTime: new Date(), cron: "* * * * *" })
  await worker.scheduled(controller, env, context)
  await waitOnExecutionContext(context)
  await quiet()
}

/** As if the last audit had been a day ago. */
const aDayLater = ({ id }: Tenant) =>
  env.DB.prepare("UPDATE tenants SET ledger_audit_at = ? WHERE id = ?")
    .bind(Date.now() - DAY_MS - 1, id)
    .run()

async function invoiced(): Promise<{ tenant: Tenant; customer: any }> {
  const tenant = await newTenant("live")
  const customer = await newCustomer(tenant.api)
  const draft = await create(tenant.api, "/admin/v1/invoices", {
    customer_id: customer.id,
    lines: [{ description: "Workshop", unit_amount_nanos: "250500000000000" }],
  })
  await tenant.api.post(`/admin/v1/invoices/${draft.id}/finalize`)
  await quiet()
  return { tenant, customer }
}

const jobs = async ({ api }: Tenant, kind: string) =>
  (await api.get("/admin/v1/jobs?limit=100")).json.filter((job: any) => job.kind === kind)

/** A bit of the ledger that no commit has written. */
const falsify = ({ id }: Tenant, by: number) =>
  env.DB.prepare(
    "UPDATE ledger_entries SET amount_minor = amount_minor + ? WHERE tenant_id = ? AND account = 'AccountsReceivable'",
  )
    .bind(by, id)
    .run()

test("runs once a day, and has nothing to say of books that agree", async () => {
  const { tenant } = await invoiced()
  await tick()
  expect(await jobs(tenant, "audit-ledger")).toEqual([])
  await aDayLater(tenant)
  await tick()
  await tick()
  expect(await jobs(tenant, "audit-ledger")).toMatchObject([{ status: "Done", subject: tenant.id }])
  expect(await jobs(tenant, "check-ledger")).toEqual([])
})

test("reports what disagrees, once, and a replay after it was mended ends it", async () => {
  const { tenant, customer } = await invoiced()
  const well = await invoiced()
  await falsify(tenant, 300)
  await aDayLater(tenant)
  await aDayLater(well.tenant)
  await tick()
  const found = await jobs(tenant, "check-ledger")
  const ofCustomer = found.find((job: any) => job.subject === customer.id)
  expect(ofCustomer).toMatchObject({ status: "Dead" })
  // 250.50 are open, and 3.00 more are in the books.
  expect(ofCustomer.last_error).toContain("253.50 USD instead of 250.50 USD")
  // The sums by day were written beside the entry.
  const ofAll = found.find((job: any) => job.subject === tenant.id)
  expect(ofAll.status).toBe("Dead")
  expect(await jobs(well.tenant, "check-ledger")).toEqual([])

  const scope = await scopeOf(tenant.id)
  const tomorrow = scopeFor(scope.platform, scope.tenant, {
    actor: { type: "System", id: "test" },
    requestId: "test",
    now: scope.now,
  })
  await auditLedgerPages(tomorrow, "2099-01-01")
  await quiet()
  expect(await jobs(tenant, "check-ledger")).toHaveLength(found.length)

  await tenant.api.post(`/admin/v1/jobs/${ofCustomer.id}/replay`)
  await quiet()
  expect((await jobs(tenant, "check-ledger")).map(({ status }: any) => status)).toEqual(["Dead", "Dead"])
  await falsify(tenant, -300)
  for (const { id } of found) await tenant.api.post(`/admin/v1/jobs/${id}/replay`)
  await quiet()
  expect((await jobs(tenant, "check-ledger")).map(({ status }: any) => status)).toEqual(["Done", "Done"])
})

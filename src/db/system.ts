// What has to be read before there is a tenant: whose key this is, which tenant a token names, what cron finds due.
// Nothing here returns a tenant's business data.

import { and, asc, count, eq, gt, gte, inArray, isNull, lt, lte, or, sql } from "drizzle-orm"
import { instant } from "../domain/time.ts"
import type { Instant } from "../domain/time.ts"
import type { Database } from "./database.ts"
import type { AgendaRow, ApiKeyRow, TenantRow } from "./rows.ts"
import { agenda, apiKeys, tenants } from "./schema.ts"

export async function keyByHash(db: Database, hash: string): Promise<ApiKeyRow | null> {
  const where = and(eq(apiKeys.hash, hash), isNull(apiKeys.revokedAt))
  return (await db.select().from(apiKeys).where(where).get()) ?? null
}

export async function tenantById(db: Database, id: string): Promise<TenantRow | null> {
  return (await db.select().from(tenants).where(eq(tenants.id, id)).get()) ?? null
}

export type DueRow = Pick<AgendaRow, "id" | "tenantId">

/**
 * What cron finds due. "expired": was queued and not done within its lease. "due": by the wall, and where a tenant has a clock of its own
 * by that one too. "ahead": by a clock that is ahead of the wall. Together they are every row that is due by its tenant's clock; apart,
 * each begins in an index at what is due, however many rows are not.
 */
export const DUE_SOURCES = ["expired", "due", "ahead"] as const

export type DueSource = (typeof DUE_SOURCES)[number]

/** Takes what is due in one statement, so that no other tick takes it too, for as long as the lease. */
export async function takeDue(
  db: Database,
  source: DueSource,
  wall: Instant,
  leaseMs: number,
  limit: number,
): Promise<DueRow[]> {
  return db
    .update(agenda)
    .set({ status: "Queued", leaseUntil: instant(wall + leaseMs) })
    .where(inArray(agenda.id, dueIds(db, source, wall, limit)))
    .returning({ id: agenda.id, tenantId: agenda.tenantId })
}

function dueIds(db: Database, source: DueSource, wall: Instant, limit: number) {
  const owned = eq(tenants.id, agenda.tenantId)
  const byClock = lte(agenda.dueAt, sql`COALESCE(${tenants.clockAt}, ${wall})`)
  const idle = or(isNull(tenants.advancingUntil), lt(tenants.advancingUntil, wall))
  const rows = db.select({ id: agenda.id })
  switch (source) {
    case "expired": {
      const late = and(eq(agenda.status, "Queued"), lt(agenda.leaseUntil, wall))
      return rows
        .from(agenda)
        .crossJoin(tenants)
        .where(and(owned, late, byClock, idle))
        .limit(limit)
    }
    case "due": {
      const late = and(eq(agenda.status, "Pending"), lte(agenda.dueAt, wall))
      const due = rows
        .from(agenda)
        .crossJoin(tenants)
        .where(and(owned, late, byClock, idle))
      return due.orderBy(asc(agenda.dueAt)).limit(limit)
    }
    case "ahead": {
      // From the few tenants: nearly every other row is due later than the wall.
      const late = and(gt(tenants.clockAt, wall), eq(agenda.status, "Pending"), gt(agenda.dueAt, wall))
      return rows
        .from(tenants)
        .crossJoin(agenda)
        .where(and(owned, late, byClock, idle))
        .limit(limit)
    }
  }
}

/** Rows that are on the queue, as far as their leases tell. */
export async function countQueued(db: Database, wall: Instant): Promise<number> {
  const where = and(eq(agenda.status, "Queued"), gte(agenda.leaseUntil, wall))
  return (await db.select({ rows: count() }).from(agenda).where(where).get())?.rows ?? 0
}

/** The rows that messages of the queue name, and their tenants. */
export async function rowsOfMessages(
  db: Database,
  messages: readonly { readonly tenant_id: string; readonly agenda_id?: string }[],
): Promise<{ readonly jobs: readonly AgendaRow[]; readonly tenants: readonly TenantRow[] }> {
  const jobIds = messages.flatMap((message) => message.agenda_id ?? [])
  const tenantIds = [...new Set(messages.map((message) => message.tenant_id))]
  const [jobs, owners] = await db.batch([
    db
      .select()
      .from(agenda)
      .where(inArray(agenda.id, valuesOf(jobIds))),
    db
      .select()
      .from(tenants)
      .where(inArray(tenants.id, valuesOf(tenantIds))),
  ])
  return { jobs, tenants: owners }
}

/** A list as one parameter: a statement takes a hundred. */
function valuesOf(values: readonly string[]) {
  return sql`(SELECT value FROM json_each(${JSON.stringify(values)}))`
}

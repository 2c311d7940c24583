// What has to be read before there is a tenant: whose key this is, which tenant a token names, what cron finds due.
// Nothing here returns a tenant's business data.

import { and, asc, count, eq, gt, gte, inArray, isNull, lt, lte, notInArray, sql } from "drizzle-orm"
import type { JobQueue } from "../domain/agenda.ts"
import { TELLING_KINDS } from "../domain/agenda.ts"
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

export type DueRow = Pick<AgendaRow, "id" | "tenantId" | "kind">

/**
 * What cron finds due. "expired": was queued and not done within its lease. "due": by the wall, and where a tenant has a clock of its own
 * by that one too. "ahead": by a clock that is ahead of the wall. Together they are every row that is due by its tenant's clock; apart,
 * each begins in an index at what is due, however many rows are not.
 */
export const DUE_SOURCES = ["expired", "due", "ahead"] as const

export type DueSource = (typeof DUE_SOURCES)[number]

/** Which rows are found: those of a queue, by a source. */
export type DueWhich = { readonly source: DueSource; readonly queue: JobQueue }

/** Takes what is due in one statement, so that no other tick takes it too, for as long as the lease. */
export async function takeDue(
  db: Database,
  which: DueWhich,
  wall: Instant,
  leaseMs: number,
  limit: number,
): Promise<DueRow[]> {
  return db
    .update(agenda)
    .set({ status: "Queued", leaseUntil: instant(wall + leaseMs) })
    .where(inArray(agenda.id, dueIds(db, which, wall, limit)))
    .returning({ id: agenda.id, tenantId: agenda.tenantId, kind: agenda.kind })
}

/** The kinds that go through a queue. */
function through(queue: JobQueue) {
  return queue === "Webhooks"
    ? inArray(agenda.kind, [...TELLING_KINDS])
    : notInArray(agenda.kind, [...TELLING_KINDS])
}

function dueIds(db: Database, { source, queue }: DueWhich, wall: Instant, limit: number) {
  const owned = and(eq(tenants.id, agenda.tenantId), through(queue))
  const byClock = lte(agenda.dueAt, sql`COALESCE(${tenants.clockAt}, ${wall})`)
  const idle = isNull(tenants.advance)
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

/** Rows that are on a queue, as far as their leases tell. */
export async function countQueued(db: Database, queue: JobQueue, wall: Instant): Promise<number> {
  const where = and(eq(agenda.status, "Queued"), gte(agenda.leaseUntil, wall), through(queue))
  return (await db.select({ rows: count() }).from(agenda).where(where).get())?.rows ?? 0
}

export type AuditDue = Pick<TenantRow, "id" | "clockAt">

/** Tenants whose ledger was not audited since `before`, the longest one first. */
export async function auditsDue(db: Database, before: Instant, limit: number): Promise<AuditDue[]> {
  return db
    .select({ id: tenants.id, clockAt: tenants.clockAt })
    .from(tenants)
    .where(lte(tenants.ledgerAuditAt, before))
    .orderBy(asc(tenants.ledgerAuditAt))
    .limit(limit)
}

/** Puts their audits on the agenda. Two ticks that do it at once make one of each. */
export async function beginAudits(
  db: Database,
  due: readonly AuditDue[],
  day: string,
  wall: Instant,
  newId: () => string,
): Promise<void> {
  const rows = due.map(({ id, clockAt }) => ({
    id: newId(),
    tenantId: id,
    dueAt: clockAt ?? wall,
    kind: "audit-ledger" as const,
    subject: id,
    uniqueKey: day,
    status: "Pending" as const,
    attempts: 0,
    createdAt: wall,
  }))
  // A row has nine values, and a statement takes a hundred.
  const pages = Array.from({ length: Math.ceil(rows.length / 10) }, (_, n) => rows.slice(n * 10, n * 10 + 10))
  const begun = inArray(tenants.id, valuesOf(due.map(({ id }) => id)))
  await db.batch([
    db.update(tenants).set({ ledgerAuditAt: wall }).where(begun),
    ...pages.map((page) => db.insert(agenda).values(page).onConflictDoNothing()),
  ])
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

// What has to be read before there is a tenant: whose key this is, which tenant a token names, what cron finds due.
// Nothing here returns a tenant's business data.

import { and, asc, eq, inArray, isNull, lt, lte, or, sql } from "drizzle-orm"
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

/** Takes what is due by each tenant's own clock and marks it queued, so that the next tick does not take it again. */
export async function takeDue(
  db: Database,
  wall: Instant,
  leaseMs: number,
  limit: number,
): Promise<DueRow[]> {
  const due = await db
    .select({ id: agenda.id, tenantId: agenda.tenantId })
    .from(agenda)
    .innerJoin(tenants, eq(tenants.id, agenda.tenantId))
    .where(
      and(
        or(eq(agenda.status, "Pending"), and(eq(agenda.status, "Queued"), lt(agenda.leaseUntil, wall))),
        lte(agenda.dueAt, sql`COALESCE(${tenants.clockAt}, ${wall})`),
        or(isNull(tenants.advancingUntil), lt(tenants.advancingUntil, wall)),
      ),
    )
    .orderBy(asc(agenda.dueAt), asc(agenda.id))
    .limit(limit)
  const leaseUntil = instant(wall + leaseMs)
  for (let from = 0; from < due.length; from += 80) {
    const ids = due.slice(from, from + 80).map((row) => row.id)
    await db
      .update(agenda)
      .set({ status: "Queued", leaseUntil })
      .where(and(inArray(agenda.id, ids), inArray(agenda.status, ["Pending", "Queued"])))
  }
  return due
}

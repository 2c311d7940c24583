// Where a test tenant's clock stands. Moved by its own statements: an advance moves it many times within one request.

import { and, eq, isNull, lte, or } from "drizzle-orm"
import type { Instant } from "../domain/time.ts"
import type { Database, Guarded } from "./database.ts"
import { subscriptions, tenants } from "./schema.ts"

/** Sets the clock of a test tenant, unless an advance is under way. */
export function setClock(db: Database, tenantId: string, clockAt: Instant, wall: Instant): Guarded {
  const idle = or(isNull(tenants.advancingUntil), lte(tenants.advancingUntil, wall))
  const where = and(eq(tenants.id, tenantId), eq(tenants.mode, "test"), idle)
  return { guard: db.update(tenants).set({ clockAt }).where(where) }
}

/** Takes the tenant's agenda for an advance, so that cron leaves it alone. False: another advance has it. */
export async function beginAdvance(
  db: Database,
  tenantId: string,
  wall: Instant,
  until: Instant,
): Promise<boolean> {
  const idle = or(isNull(tenants.advancingUntil), lte(tenants.advancingUntil, wall))
  const taken = await db
    .update(tenants)
    .set({ advancingUntil: until })
    .where(and(eq(tenants.id, tenantId), eq(tenants.mode, "test"), idle))
    .returning({ id: tenants.id })
  return taken.length === 1
}

export async function moveClock(
  db: Database,
  tenantId: string,
  clockAt: Instant,
  until: Instant,
): Promise<void> {
  await db.update(tenants).set({ clockAt, advancingUntil: until }).where(eq(tenants.id, tenantId))
}

export async function endAdvance(db: Database, tenantId: string): Promise<void> {
  await db.update(tenants).set({ advancingUntil: null }).where(eq(tenants.id, tenantId))
}

export async function hasSubscriptions(db: Database, tenantId: string): Promise<boolean> {
  const where = eq(subscriptions.tenantId, tenantId)
  return (
    (await db.select({ id: subscriptions.id }).from(subscriptions).where(where).limit(1).get()) !== undefined
  )
}

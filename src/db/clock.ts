// Where a test tenant's clock stands, and the advance that moves it. Moved by its own statements: an advance moves it many times.
// Law: while a tenant has an advance, its agenda is the advance's, from the first turn to the last; one caller at a time has the turn.

import { and, eq, isNotNull, isNull, lte, or } from "drizzle-orm"
import type { Advancing } from "../domain/advance.ts"
import type { Instant } from "../domain/time.ts"
import type { Database, Guarded, Statement } from "./database.ts"
import { subscriptions, tenants } from "./schema.ts"

/** Sets the clock of a test tenant, unless an advance is under way. */
export function setClock(db: Database, tenantId: string, clockAt: Instant): Guarded {
  const where = and(eq(tenants.id, tenantId), eq(tenants.mode, "test"), isNull(tenants.advance))
  return { guard: db.update(tenants).set({ clockAt }).where(where) }
}

/** Takes the tenant's agenda for an advance, so that cron leaves it alone, and the first turn. False: there is an advance already. */
export async function beginAdvance(
  db: Database,
  tenantId: string,
  advance: Advancing,
  until: Instant,
): Promise<boolean> {
  const taken = await db
    .update(tenants)
    .set({ advance, advancingUntil: until })
    .where(and(eq(tenants.id, tenantId), eq(tenants.mode, "test"), isNull(tenants.advance)))
    .returning({ id: tenants.id })
  return taken.length === 1
}

/** Takes the next turn of an advance. Null: there is none, or somebody else has the turn. */
export async function takeTurn(
  db: Database,
  tenantId: string,
  wall: Instant,
  until: Instant,
): Promise<{ readonly advance: Advancing | null; readonly clockAt: Instant | null } | null> {
  const free = or(isNull(tenants.advancingUntil), lte(tenants.advancingUntil, wall))
  const [taken] = await db
    .update(tenants)
    .set({ advancingUntil: until })
    .where(and(eq(tenants.id, tenantId), isNotNull(tenants.advance), free))
    .returning({ advance: tenants.advance, clockAt: tenants.clockAt })
  return taken ?? null
}

/** Moves the clock and says how far the advance is, by who has the turn. */
export async function moveClock(
  db: Database,
  tenantId: string,
  clockAt: Instant,
  advance: Advancing,
  until: Instant,
): Promise<void> {
  await db.update(tenants).set({ clockAt, advance, advancingUntil: until }).where(eq(tenants.id, tenantId))
}

/** Leaves the rest to the next turn. */
export async function endTurn(db: Database, tenantId: string): Promise<void> {
  await db.update(tenants).set({ advancingUntil: null }).where(eq(tenants.id, tenantId))
}

/** The clock has arrived. */
export function endAdvance(db: Database, tenantId: string, clockAt: Instant): Statement {
  const ended = { clockAt, advance: null, advancingUntil: null }
  return db.update(tenants).set(ended).where(eq(tenants.id, tenantId))
}

/** The tenants whose advance waits for its turn: its message may have been lost. */
export async function waitingAdvances(db: Database, wall: Instant, limit: number): Promise<string[]> {
  const free = or(isNull(tenants.advancingUntil), lte(tenants.advancingUntil, wall))
  const rows = await db
    .select({ id: tenants.id })
    .from(tenants)
    .where(and(isNotNull(tenants.advance), free))
    .limit(limit)
  return rows.map(({ id }) => id)
}

export async function hasSubscriptions(db: Database, tenantId: string): Promise<boolean> {
  const where = eq(subscriptions.tenantId, tenantId)
  return (
    (await db.select({ id: subscriptions.id }).from(subscriptions).where(where).limit(1).get()) !== undefined
  )
}

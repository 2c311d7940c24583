// What happens to webhooks outside a commit of their own: an endpoint is taken for delivery, an event gets its body, old ones are
// forgotten.

import { and, eq, gte, inArray, isNotNull, isNull, lt, ne, notExists, or, sql } from "drizzle-orm"
import type { Instant } from "../domain/time.ts"
import type { Database, Guarded, Statement } from "./database.ts"
import type { WebhookEndpointRow } from "./rows.ts"
import { webhookCounters, webhookDeliveries, webhookEndpoints, webhookEvents } from "./schema.ts"

export type Lease = { readonly by: string; readonly until: Instant }

/** Takes an endpoint, or keeps it, as it is now. Null: it is gone or disabled, or another job has it. What happens from here on wakes
 *  another job, since jobs are named after the calls. */
export async function takeEndpoint(
  db: Database,
  tenantId: string,
  id: string,
  { by, until }: Lease,
  wall: Instant,
): Promise<WebhookEndpointRow | null> {
  const free = or(
    isNull(webhookEndpoints.leaseUntil),
    lt(webhookEndpoints.leaseUntil, wall),
    eq(webhookEndpoints.leaseBy, by),
  )
  const where = and(mine(tenantId, id), eq(webhookEndpoints.status, "Enabled"), free)
  const rows = await db
    .update(webhookEndpoints)
    .set({
      leaseBy: by,
      leaseUntil: until,
      calls: sql`CASE WHEN ${webhookEndpoints.leaseBy} = ${by} THEN calls ELSE calls + 1 END`,
    })
    .where(where)
    .returning()
  return rows[0] ?? null
}

function mine(tenantId: string, id: string) {
  return and(
    eq(webhookEndpoints.tenantId, tenantId),
    eq(webhookEndpoints.id, id),
    isNull(webhookEndpoints.deletedAt),
  )
}

/** Lets an endpoint go, if nothing has come since it was looked at: else there is more to do. */
export function releaseEndpoint(db: Database, endpoint: WebhookEndpointRow, by: string): Guarded {
  const { tenantId, id, calls, cursor } = endpoint
  const where = and(
    mine(tenantId, id),
    eq(webhookEndpoints.leaseBy, by),
    eq(webhookEndpoints.calls, calls),
    sql`${cursor} = ${lastSequence(tenantId)}`,
  )
  return { guard: db.update(webhookEndpoints).set({ leaseBy: null, leaseUntil: null }).where(where) }
}

/** The same without asking: another job is there for the rest. */
export function dropEndpoint(db: Database, tenantId: string, id: string, by: string): Statement {
  return db
    .update(webhookEndpoints)
    .set({ leaseBy: null, leaseUntil: null })
    .where(and(mine(tenantId, id), eq(webhookEndpoints.leaseBy, by)))
}

/** Says that there is something to do, to whoever has the endpoint, and who that is. Null: nobody has it. */
export async function callEndpoint(
  db: Database,
  tenantId: string,
  id: string,
  by: string,
  wall: Instant,
): Promise<string | null> {
  const isTaken = and(gte(webhookEndpoints.leaseUntil, wall), ne(webhookEndpoints.leaseBy, by))
  const rows = await db
    .update(webhookEndpoints)
    .set({ calls: sql`${webhookEndpoints.calls} + 1` })
    .where(and(mine(tenantId, id), isTaken))
    .returning({ holder: webhookEndpoints.leaseBy })
  return rows[0]?.holder ?? null
}

/** Notes up to where the events were looked at. Misses when somebody else did. */
export function moveCursor(db: Database, { tenantId, id, cursor }: WebhookEndpointRow, to: number): Guarded {
  const where = and(mine(tenantId, id), eq(webhookEndpoints.cursor, cursor))
  return { guard: db.update(webhookEndpoints).set({ cursor: to }).where(where) }
}

/** Misses when there are events that were not looked at for an endpoint. */
export function isCaughtUp(db: Database, { tenantId, id }: WebhookEndpointRow): Guarded {
  const where = and(mine(tenantId, id), eq(webhookEndpoints.cursor, lastSequence(tenantId)))
  return {
    guard: db
      .update(webhookEndpoints)
      .set({ cursor: sql`cursor` })
      .where(where),
  }
}

/** The last sequence of a tenant, as a part of a statement. */
export function lastSequence(tenantId: string) {
  return sql<number>`coalesce((SELECT last FROM ${webhookCounters} WHERE tenant_id = ${tenantId} AND subject = ''), 0)`
}

/** Makes everything due that waits for an endpoint which works again. `isAfresh`: and tries it for three days from here. */
export function renewDeliveries(
  db: Database,
  { tenantId, id }: WebhookEndpointRow,
  now: Instant,
  isAfresh: boolean,
): Statement {
  return db
    .update(webhookDeliveries)
    .set({ nextAttemptAt: now, ...(isAfresh ? { firstAttemptAt: null, attempts: 0 } : {}) })
    .where(
      and(
        eq(webhookDeliveries.tenantId, tenantId),
        eq(webhookDeliveries.endpointId, id),
        eq(webhookDeliveries.status, "Pending"),
      ),
    )
}

/** Gives an event its body, once: who comes second gets what the first one printed. */
export async function freezeBody(
  db: Database,
  tenantId: string,
  id: string,
  body: string,
): Promise<string | null> {
  const rows = await db
    .update(webhookEvents)
    .set({ body: sql`coalesce(${webhookEvents.body}, ${body})` })
    .where(and(eq(webhookEvents.tenantId, tenantId), eq(webhookEvents.id, id)))
    .returning({ body: webhookEvents.body })
  return rows[0]?.body ?? null
}

/** Deletes events and deliveries that were made before a time of the wall, which their ids tell, and of the endpoints that were deleted
 *  those of which nothing is kept any more. */
export async function forgetWebhooks(db: Database, beforeId: string, limit: number): Promise<void> {
  const events = db
    .select({ id: webhookEvents.id })
    .from(webhookEvents)
    .where(lt(webhookEvents.id, beforeId))
    .limit(limit)
  const deliveries = db
    .select({ id: webhookDeliveries.id })
    .from(webhookDeliveries)
    .where(lt(webhookDeliveries.id, beforeId))
    .limit(limit)
  const kept = db
    .select({ id: webhookDeliveries.id })
    .from(webhookDeliveries)
    .where(
      and(
        eq(webhookDeliveries.tenantId, webhookEndpoints.tenantId),
        eq(webhookDeliveries.endpointId, webhookEndpoints.id),
      ),
    )
  const deleted = and(
    isNotNull(webhookEndpoints.deletedAt),
    lt(webhookEndpoints.id, beforeId),
    notExists(kept),
  )
  const endpoints = db.select({ id: webhookEndpoints.id }).from(webhookEndpoints).where(deleted).limit(limit)
  await db.batch([
    db.delete(webhookEvents).where(inArray(webhookEvents.id, events)),
    db.delete(webhookDeliveries).where(inArray(webhookDeliveries.id, deliveries)),
    db.delete(webhookEndpoints).where(inArray(webhookEndpoints.id, endpoints)),
  ])
}

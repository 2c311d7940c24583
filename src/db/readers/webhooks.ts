// Reads webhook endpoints, events and deliveries, of one tenant.

import { and, asc, count, eq, gt, isNull, sql } from "drizzle-orm"
import type { Instant } from "../../domain/time.ts"
import type { EventFilter, EventType } from "../../domain/webhook-events.ts"
import { EVERYTHING } from "../../domain/webhook-events.ts"
import type { Database } from "../database.ts"
import type { AuditRow, WebhookDeliveryRow, WebhookEndpointRow, WebhookEventRow } from "../rows.ts"
import { audit, webhookDeliveries, webhookEndpoints, webhookEvents } from "../schema.ts"
import { lastSequence } from "../webhooks.ts"
import type { Page } from "./page.ts"
import { pageOf } from "./page.ts"

/** Goes to the endpoint that it is of, whatever that wants otherwise. */
const TEST: EventType = "webhook.test"

export function webhookReader(db: Database, tenantId: string) {
  const live = and(eq(webhookEndpoints.tenantId, tenantId), isNull(webhookEndpoints.deletedAt))

  /** Pending deliveries with none before them in their lane. */
  const heads = (endpointId: string) =>
    and(
      eq(webhookDeliveries.tenantId, tenantId),
      eq(webhookDeliveries.endpointId, endpointId),
      eq(webhookDeliveries.status, "Pending"),
      sql`NOT EXISTS (SELECT 1 FROM webhook_deliveries AS b WHERE b.tenant_id = ${tenantId}
        AND b.endpoint_id = ${endpointId} AND b.status = 'Pending' AND b.lane = ${webhookDeliveries.lane}
        AND b.sequence < ${webhookDeliveries.sequence})`,
    )

  /** Of each type the first `limit` events: whichever they are, the first `limit` of all are among them. */
  const ofTypes = (events: readonly EventFilter[], cursor: number, limit: number) => {
    const first = sql`SELECT l.sequence FROM webhook_events AS l WHERE l.tenant_id = ${tenantId} AND l.type = t.value
      AND l.sequence > ${cursor} ORDER BY l.sequence LIMIT ${limit}`
    return sql`${webhookEvents.sequence} IN (SELECT w.sequence
      FROM json_each(${JSON.stringify([...events, TEST])}) AS t CROSS JOIN webhook_events AS w
      WHERE w.tenant_id = ${tenantId} AND w.type = t.value AND w.sequence IN (${first}))`
  }

  return {
    endpoints: (page: Page) =>
      pageOf(db, webhookEndpoints, tenantId, page, [isNull(webhookEndpoints.deletedAt)]),

    async endpoint(id: string): Promise<WebhookEndpointRow | null> {
      return (
        (await db
          .select()
          .from(webhookEndpoints)
          .where(and(live, eq(webhookEndpoints.id, id)))
          .get()) ?? null
      )
    },

    async countEndpoints(): Promise<number> {
      return (await db.select({ rows: count() }).from(webhookEndpoints).where(live).get())?.rows ?? 0
    },

    /** Events behind a sequence, oldest first. */
    events(after: number, limit: number): Promise<WebhookEventRow[]> {
      return db
        .select()
        .from(webhookEvents)
        .where(and(eq(webhookEvents.tenantId, tenantId), gt(webhookEvents.sequence, after)))
        .orderBy(asc(webhookEvents.sequence))
        .limit(limit)
    },

    /** The first events behind the cursor of an endpoint that are of a type it wants, oldest first, and the last sequence that there was
     *  when they were read. What it does not want costs nothing: each type is looked up by itself, and of each no more than a page. */
    async wantedEvents(
      { id, events, cursor }: WebhookEndpointRow,
      limit: number,
    ): Promise<{ readonly events: readonly WebhookEventRow[]; readonly last: number }> {
      const behind = and(eq(webhookEvents.tenantId, tenantId), gt(webhookEvents.sequence, cursor))
      const where = events.includes(EVERYTHING) ? behind : and(behind, ofTypes(events, cursor, limit))
      const isTheirs = sql`(${webhookEvents.type} <> ${TEST} OR ${webhookEvents.subjectId} = ${id})`
      const [[counted], found] = await db.batch([
        db.select({ last: lastSequence(tenantId) }).from(sql`(SELECT 1)`),
        db
          .select()
          .from(webhookEvents)
          .where(and(where, isTheirs))
          .orderBy(asc(webhookEvents.sequence))
          .limit(limit),
      ])
      return { events: found, last: counted?.last ?? cursor }
    },

    async event(id: string): Promise<WebhookEventRow | null> {
      const where = and(eq(webhookEvents.tenantId, tenantId), eq(webhookEvents.id, id))
      return (await db.select().from(webhookEvents).where(where).get()) ?? null
    },

    /** The entry of the audit trail that an event is. */
    async entry({ auditId }: WebhookEventRow): Promise<AuditRow | null> {
      const where = and(eq(audit.tenantId, tenantId), eq(audit.id, auditId))
      return (await db.select().from(audit).where(where).get()) ?? null
    },

    async deliveries(page: Page, endpointId: string) {
      const mine = eq(webhookDeliveries.endpointId, endpointId)
      const found = await pageOf(db, webhookDeliveries, tenantId, page, [mine])
      const ids = JSON.stringify(found.rows.map(({ eventId }) => eventId))
      const events = await db
        .select()
        .from(webhookEvents)
        .where(
          and(
            eq(webhookEvents.tenantId, tenantId),
            sql`${webhookEvents.id} IN (SELECT value FROM json_each(${ids}))`,
          ),
        )
      const byId = new Map(events.map((event) => [event.id, event]))
      const rows = found.rows.map((delivery) => ({ delivery, event: byId.get(delivery.eventId) ?? null }))
      return { rows, next: found.next }
    },

    async delivery(endpointId: string, id: string): Promise<WebhookDeliveryRow | null> {
      const where = and(
        eq(webhookDeliveries.tenantId, tenantId),
        eq(webhookDeliveries.endpointId, endpointId),
        eq(webhookDeliveries.id, id),
      )
      return (await db.select().from(webhookDeliveries).where(where).get()) ?? null
    },

    /** What may be sent to an endpoint now, in order. */
    due(endpointId: string, now: Instant, limit: number): Promise<WebhookDeliveryRow[]> {
      return db
        .select()
        .from(webhookDeliveries)
        .where(and(heads(endpointId), sql`${webhookDeliveries.nextAttemptAt} <= ${now}`))
        .orderBy(asc(webhookDeliveries.sequence))
        .limit(limit)
    },

    /** The one by which a broken endpoint is asked whether it works again: what was tried least, so that no single event decides it. */
    async probe(endpointId: string, now: Instant): Promise<WebhookDeliveryRow | null> {
      const row = await db
        .select()
        .from(webhookDeliveries)
        .where(and(heads(endpointId), sql`${webhookDeliveries.nextAttemptAt} <= ${now}`))
        .orderBy(asc(webhookDeliveries.attempts), asc(webhookDeliveries.sequence))
        .limit(1)
        .get()
      return row ?? null
    },

    /** When the next delivery to an endpoint falls due; null when none is pending. */
    async nextDue(endpointId: string): Promise<Instant | null> {
      const row = await db
        .select({ at: webhookDeliveries.nextAttemptAt })
        .from(webhookDeliveries)
        .where(heads(endpointId))
        .orderBy(asc(webhookDeliveries.nextAttemptAt))
        .limit(1)
        .get()
      return row?.at ?? null
    },
  }
}

// Reads webhook endpoints, events and deliveries, of one tenant.

import { and, asc, count, eq, gt, isNull, sql } from "drizzle-orm"
import type { Instant } from "../../domain/time.ts"
import type { Database } from "../database.ts"
import type { AuditRow, WebhookDeliveryRow, WebhookEndpointRow, WebhookEventRow } from "../rows.ts"
import { audit, webhookDeliveries, webhookEndpoints, webhookEvents } from "../schema.ts"
import type { Page } from "./page.ts"
import { pageOf } from "./page.ts"

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

// Outgoing webhooks: who is told, what happened, and what became of telling it.

import { sql } from "drizzle-orm"
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core"
import type { EventFilter, EventType } from "../../domain/webhook-events.ts"
import type { Attempt, DeliveryStatus, EndpointStatus } from "../../domain/webhook.ts"
import { instantColumn, jsonColumn } from "../columns.ts"

export const webhookEndpoints = sqliteTable(
  "webhook_endpoints",
  {
    id: text("id").primaryKey(),
    tenantId: text("tenant_id").notNull(),
    url: text("url").notNull(),
    events: jsonColumn<readonly EventFilter[]>("events").notNull(),
    description: text("description"),
    status: text("status").$type<EndpointStatus>().notNull(),
    /** Why it is disabled, if we did it. */
    disabledReason: text("disabled_reason"),
    /** Sealed: whoever reads the database can't sign. */
    secret: text("secret").notNull(),
    previousSecret: text("previous_secret"),
    previousUntil: instantColumn("previous_until"),
    /** The last event that was looked at for it. */
    cursor: integer("cursor").notNull(),
    failures: integer("failures").notNull(),
    failingSince: instantColumn("failing_since"),
    probeAt: instantColumn("probe_at"),
    /** The run of a job that delivers to it, and until when by the wall: one at a time. */
    leaseBy: text("lease_by"),
    leaseUntil: instantColumn("lease_until"),
    /** How often it was said that there is something to do: who delivers looks again when it grew meanwhile. */
    calls: integer("calls").notNull(),
    version: integer("version").notNull(),
    createdAt: instantColumn("created_at").notNull(),
    deletedAt: instantColumn("deleted_at"),
  },
  (t) => [
    index("webhook_endpoints_tenant").on(t.tenantId, t.id),
    index("webhook_endpoints_deleted")
      .on(t.id)
      .where(sql`deleted_at IS NOT NULL`),
  ],
)

/** What happened, once, in the order of the commits. The body is printed when it is first sent or listed, and never again. */
export const webhookEvents = sqliteTable(
  "webhook_events",
  {
    id: text("id").primaryKey(),
    tenantId: text("tenant_id").notNull(),
    sequence: integer("sequence").notNull(),
    type: text("type").$type<EventType>().notNull(),
    subjectType: text("subject_type").notNull(),
    subjectId: text("subject_id").notNull(),
    customerId: text("customer_id"),
    subscriptionId: text("subscription_id"),
    subscriptionSequence: integer("subscription_sequence"),
    /** The entry of the audit trail that it is. */
    auditId: text("audit_id").notNull(),
    at: instantColumn("at").notNull(),
    body: text("body"),
  },
  (t) => [
    uniqueIndex("webhook_events_sequence").on(t.tenantId, t.sequence),
    index("webhook_events_type").on(t.tenantId, t.type, t.sequence),
    uniqueIndex("webhook_events_subscription").on(t.tenantId, t.subscriptionId, t.subscriptionSequence),
  ],
)

/** The last sequence drawn: of the tenant (subject '') and of each subscription. Events are forgotten, this is not. */
export const webhookCounters = sqliteTable(
  "webhook_counters",
  {
    tenantId: text("tenant_id").notNull(),
    subject: text("subject").notNull(),
    last: integer("last").notNull(),
  },
  (t) => [primaryKey({ columns: [t.tenantId, t.subject] })],
)

/** One event on its way to one endpoint. */
export const webhookDeliveries = sqliteTable(
  "webhook_deliveries",
  {
    id: text("id").primaryKey(),
    tenantId: text("tenant_id").notNull(),
    endpointId: text("endpoint_id").notNull(),
    eventId: text("event_id").notNull(),
    sequence: integer("sequence").notNull(),
    /** The subscription, or else what the event is of: of a lane only the first one that is pending is sent. */
    lane: text("lane").notNull(),
    status: text("status").$type<DeliveryStatus>().notNull(),
    attempts: integer("attempts").notNull(),
    firstAttemptAt: instantColumn("first_attempt_at"),
    nextAttemptAt: instantColumn("next_attempt_at").notNull(),
    log: jsonColumn<readonly Attempt[]>("log").notNull(),
    createdAt: instantColumn("created_at").notNull(),
    doneAt: instantColumn("done_at"),
  },
  (t) => [
    uniqueIndex("webhook_deliveries_event").on(t.tenantId, t.endpointId, t.eventId),
    index("webhook_deliveries_pending").on(t.tenantId, t.endpointId, t.status, t.sequence),
    index("webhook_deliveries_lane").on(t.tenantId, t.endpointId, t.status, t.lane, t.sequence),
    index("webhook_deliveries_endpoint").on(t.tenantId, t.endpointId, t.id),
  ],
)

// What is to be done, what was done, and the answers that are kept for a repeat.

import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core"
import type { AgendaKind, AgendaStatus } from "../../domain/agenda.ts"
import { booleanColumn, instantColumn, jsonColumn } from "../columns.ts"

/** Everything that must happen later. */
export const agenda = sqliteTable(
  "agenda",
  {
    id: text("id").primaryKey(),
    tenantId: text("tenant_id").notNull(),
    dueAt: instantColumn("due_at").notNull(),
    kind: text("kind").$type<AgendaKind>().notNull(),
    subject: text("subject").notNull(),
    uniqueKey: text("unique_key").notNull(),
    status: text("status").$type<AgendaStatus>().notNull(),
    /** Queued rows: when the cron may queue them again. */
    leaseUntil: instantColumn("lease_until"),
    attempts: integer("attempts").notNull(),
    lastError: text("last_error"),
    createdAt: instantColumn("created_at").notNull(),
    doneAt: instantColumn("done_at"),
  },
  (t) => [
    index("agenda_due").on(t.status, t.dueAt),
    index("agenda_tenant").on(t.tenantId, t.status, t.dueAt),
    uniqueIndex("agenda_unique").on(t.tenantId, t.kind, t.subject, t.uniqueKey),
  ],
)

export const audit = sqliteTable(
  "audit",
  {
    id: text("id").primaryKey(),
    tenantId: text("tenant_id").notNull(),
    at: instantColumn("at").notNull(),
    actorType: text("actor_type").notNull(),
    actorId: text("actor_id").notNull(),
    action: text("action").notNull(),
    subjectType: text("subject_type").notNull(),
    subjectId: text("subject_id").notNull(),
    customerId: text("customer_id"),
    before: jsonColumn<unknown>("before"),
    after: jsonColumn<unknown>("after"),
    requestId: text("request_id").notNull(),
  },
  (t) => [
    index("audit_tenant").on(t.tenantId, t.id),
    index("audit_customer").on(t.tenantId, t.customerId, t.id),
    index("audit_subject").on(t.tenantId, t.subjectId, t.id),
  ],
)

/** A claimed or answered Idempotency-Key. The answer is written in the batch of its effect. */
export const idempotency = sqliteTable(
  "idempotency",
  {
    tenantId: text("tenant_id").notNull(),
    /** SHA-256 over method, path and key. */
    scope: text("scope").notNull(),
    requestHash: text("request_hash").notNull(),
    /** Whose claim it is: only the holder may store the answer. */
    claim: text("claim").notNull(),
    leaseUntil: instantColumn("lease_until").notNull(),
    expiresAt: instantColumn("expires_at").notNull(),
    status: integer("status"),
    body: text("body"),
    sealed: booleanColumn("sealed").notNull().default(false),
  },
  (t) => [primaryKey({ columns: [t.tenantId, t.scope] }), index("idempotency_expiry").on(t.expiresAt)],
)

/** One row whose NOT NULL column turns a missed guard into an error that rolls the whole batch back. */
export const commitGuard = sqliteTable("commit_guard", {
  id: integer("id").primaryKey(),
  hit: integer("hit").notNull(),
})

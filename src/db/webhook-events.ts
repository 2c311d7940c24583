// The events of a commit, written in its batch, and the jobs that send them.
// Law: sequences follow each other without a gap in the order of the commits, as invoice numbers do: the batch is a transaction of the
// only writer. A batch that is undone has drawn nothing.

import { sql } from "drizzle-orm"
import type { SQL } from "drizzle-orm"
import type { AgendaKind } from "../domain/agenda.ts"
import type { Happening } from "../domain/webhook-events.ts"
import { eventsOf, invoiceOf, subscriptionOf } from "../domain/webhook-events.ts"
import { isMailed } from "../domain/mail.ts"
import type { Instant } from "../domain/time.ts"
import type { Database, Statement } from "./database.ts"
import { agenda, invoices, tenants, webhookCounters, webhookEndpoints, webhookEvents } from "./schema.ts"

/** More than a tenant may have endpoints, since two may be made at once: each gets a job with an id of its own. */
export const ENDPOINTS_MAX = 32

const DELIVER: AgendaKind = "deliver-webhook"
const MAIL: AgendaKind = "send-mail"

/** A job that a batch tells that it made. */
export type Woken = { readonly id: string; readonly kind: AgendaKind; readonly subject: string }

type Source = {
  readonly tenantId: string
  readonly now: Instant
  readonly newId: () => string
}

/** An entry of the audit trail under the id that it is stored with. */
export type StoredEntry = Happening & { readonly id: string; readonly customerId?: string | null }

/** No statements when nothing of it is an event. The last two give back the jobs that they made. */
export function eventStatements(db: Database, source: Source, entries: readonly StoredEntry[]): Statement[] {
  const rows = entries.flatMap((entry) => rowsOf(source, entry))
  if (rows.length === 0) return []
  const text = JSON.stringify(rows)
  const mails = rows.some(({ mail }) => mail !== null) ? [sendMails(db, source, text)] : []
  return [insertEvents(db, source, text), countEvents(db, source, text), ...mails, wake(db, source, text)]
}

function rowsOf({ newId }: Source, entry: StoredEntry) {
  return eventsOf(entry).map(({ type, subjectType, subjectId }) => ({
    id: newId(),
    mail: isMailed(type) ? newId() : null,
    audit: entry.id,
    type,
    subject_type: subjectType,
    subject_id: subjectId,
    customer: entry.customerId ?? null,
    subscription: subscriptionOf(entry),
    invoice: invoiceOf(entry),
  }))
}

/** What is of an invoice is of the subscription that the invoice is of, if it is of one. */
function insertEvents(db: Database, { tenantId, now }: Source, rows: string): Statement {
  return db.insert(webhookEvents).select(sql`
    SELECT e.id, ${tenantId}, ${lastOf(tenantId, "''")} + e.place + 1, e.type, e.subject_type, e.subject_id,
      e.customer, e.subscription,
      CASE WHEN e.subscription IS NOT NULL THEN ${lastOf(tenantId, "e.subscription")}
        + row_number() OVER (PARTITION BY e.subscription ORDER BY e.place) END,
      e.audit, ${now}, NULL
    FROM (
      SELECT key AS place, value ->> 'id' AS id, value ->> 'audit' AS audit, value ->> 'type' AS type,
        value ->> 'subject_type' AS subject_type, value ->> 'subject_id' AS subject_id,
        value ->> 'customer' AS customer,
        coalesce(value ->> 'subscription', (SELECT subscription_id FROM ${invoices}
          WHERE tenant_id = ${tenantId} AND id = value ->> 'invoice')) AS subscription
      FROM json_each(${rows})
    ) AS e`)
}

/** The last sequence of a subject, which is named in SQL. */
function lastOf(tenantId: string, subject: string): SQL {
  const at = sql.raw(subject)
  return sql`coalesce((SELECT last FROM ${webhookCounters} WHERE tenant_id = ${tenantId} AND subject = ${at}), 0)`
}

function countEvents(db: Database, { tenantId }: Source, rows: string): Statement {
  const drawn = sql`SELECT * FROM ${webhookEvents} WHERE id IN (SELECT value ->> 'id' FROM json_each(${rows}))`
  return db
    .insert(webhookCounters)
    .select(
      sql`SELECT ${tenantId}, '', max(sequence) FROM (${drawn})
        UNION ALL
        SELECT ${tenantId}, subscription_id, max(subscription_sequence) FROM (${drawn})
        WHERE subscription_id IS NOT NULL GROUP BY subscription_id`,
    )
    .onConflictDoUpdate({
      target: [webhookCounters.tenantId, webhookCounters.subject],
      set: { last: sql`excluded.last` },
    })
}

/** A job for each event that is mailed, where the tenant wants its customers to get mails. */
function sendMails(db: Database, { tenantId, now }: Source, rows: string): Statement {
  return db
    .insert(agenda)
    .select(
      sql`SELECT e.value ->> 'mail', ${tenantId}, ${now}, ${MAIL}, e.value ->> 'id', 'mail', 'Pending', NULL, 0, NULL,
        ${now}, NULL
      FROM ${tenants} AS t CROSS JOIN json_each(${rows}) AS e
      WHERE t.id = ${tenantId} AND t.settings ->> '$.notifications.mail' = 1 AND e.value ->> 'mail' IS NOT NULL`,
    )
    .returning(WOKEN)
}

const WOKEN = { id: agenda.id, kind: agenda.kind, subject: agenda.subject }

/** A job for each endpoint that wants one of the events: `wants` of domain/webhook-events.ts, as SQL. One that has not begun yet sends
 *  these events too: until somebody begins, all events share the job that is named after the last one. */
function wake(db: Database, { tenantId, now, newId }: Source, rows: string): Statement {
  const ids = JSON.stringify(Array.from({ length: ENDPOINTS_MAX }, newId))
  return db
    .insert(agenda)
    .select(
      sql`SELECT json_extract(${ids}, '$[' || (row_number() OVER (ORDER BY w.id) - 1) || ']'), ${tenantId}, ${now},
        ${DELIVER}, w.id, 'call:' || w.calls, 'Pending', NULL, 0, NULL, ${now}, NULL
      FROM ${webhookEndpoints} AS w
      WHERE w.tenant_id = ${tenantId} AND w.status = 'Enabled' AND w.deleted_at IS NULL AND EXISTS (
        SELECT 1 FROM json_each(${rows}) AS e WHERE CASE WHEN e.value ->> 'type' = 'webhook.test'
          THEN e.value ->> 'subject_id' = w.id
          ELSE EXISTS (SELECT 1 FROM json_each(w.events) AS f WHERE f.value IN ('*', e.value ->> 'type')) END)
      LIMIT ${ENDPOINTS_MAX}`,
    )
    .onConflictDoUpdate({
      target: [agenda.tenantId, agenda.kind, agenda.subject, agenda.uniqueKey],
      set: { dueAt: sql`excluded.due_at`, status: "Pending", attempts: 0, leaseUntil: null },
      // One that was given up, and one that waits for a time from which a test clock was set back.
      setWhere: sql`${agenda.status} = 'Dead' OR ${agenda.dueAt} > excluded.due_at`,
    })
    .returning(WOKEN)
}

/** What the statements of `eventStatements` gave back. */
export function wokenBy(results: readonly unknown[]): readonly Woken[] {
  return results.flatMap((result) => (Array.isArray(result) ? (result as Woken[]) : []))
}

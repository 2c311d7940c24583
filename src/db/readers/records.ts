// Reads the audit trail, the agenda and the API keys, of one tenant.

import { and, asc, eq, inArray, isNull, lte, ne, notInArray } from "drizzle-orm"
import type { AgendaKind, AgendaStatus } from "../../domain/agenda.ts"
import type { Instant } from "../../domain/time.ts"
import type { Database } from "../database.ts"
import type { AgendaRow, ApiKeyRow } from "../rows.ts"
import { agenda, apiKeys, audit } from "../schema.ts"
import type { Page } from "./page.ts"
import { pageOf } from "./page.ts"

export type AuditFilter = {
  readonly customerId?: string | undefined
  readonly subjectId?: string | undefined
  readonly action?: string | undefined
}

export function recordReader(db: Database, tenantId: string) {
  return {
    audit: (page: Page, filter: AuditFilter) =>
      pageOf(db, audit, tenantId, page, [
        filter.customerId === undefined ? undefined : eq(audit.customerId, filter.customerId),
        filter.subjectId === undefined ? undefined : eq(audit.subjectId, filter.subjectId),
        filter.action === undefined ? undefined : eq(audit.action, filter.action),
      ]),

    jobs: (page: Page, status: AgendaStatus | undefined) =>
      pageOf(db, agenda, tenantId, page, [status === undefined ? undefined : eq(agenda.status, status)]),

    async job(id: string): Promise<AgendaRow | null> {
      const where = and(eq(agenda.tenantId, tenantId), eq(agenda.id, id))
      return (await db.select().from(agenda).where(where).get()) ?? null
    },

    /** Whether something of a kind is still to be done, or was given up. */
    async hasOpenJob(kind: AgendaKind, subject: string): Promise<boolean> {
      const where = and(eq(agenda.tenantId, tenantId), eq(agenda.kind, kind), eq(agenda.subject, subject))
      const row = await db
        .select({ id: agenda.id })
        .from(agenda)
        .where(and(where, ne(agenda.status, "Done")))
        .limit(1)
        .get()
      return row !== undefined
    },

    /** What is due and not done, earliest first, but for rows that just failed. */
    due(upTo: Instant, except: readonly string[], limit: number): Promise<AgendaRow[]> {
      return db
        .select()
        .from(agenda)
        .where(
          and(
            eq(agenda.tenantId, tenantId),
            inArray(agenda.status, ["Pending", "Queued"]),
            lte(agenda.dueAt, upTo),
            except.length === 0 ? undefined : notInArray(agenda.id, except.slice(0, 80)),
          ),
        )
        .orderBy(asc(agenda.dueAt), asc(agenda.id))
        .limit(limit)
    },

    keys: (page: Page) => pageOf(db, apiKeys, tenantId, page, [isNull(apiKeys.revokedAt)]),

    async key(id: string): Promise<ApiKeyRow | null> {
      const where = and(eq(apiKeys.tenantId, tenantId), eq(apiKeys.id, id))
      return (await db.select().from(apiKeys).where(where).get()) ?? null
    },
  }
}

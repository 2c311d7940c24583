// What tells which periods of a subscription are closed to late events, of one tenant. Read with all terms, so it is one query that
// finds nothing where late events are taken, which is nearly everywhere.

import { sql } from "drizzle-orm"
import type { DraftedUsage } from "../../domain/late-events.ts"
import type { Instant } from "../../domain/time.ts"
import type { Database } from "../database.ts"
import type { Read } from "../together.ts"
import { mapped, readingRows } from "../together.ts"

export type DraftedLine = DraftedUsage & { readonly skuId: string }

type Row = {
  readonly sku_id: string | null
  readonly service_start: number | null
  readonly period_start: number | null
  readonly is_billed: number
}

const COLUMNS = ["sku_id", "service_start", "period_start", "is_billed"] as const

export function lateEventsReader(db: Database, tenantId: string) {
  return {
    /** The lines of the subscription's drafts; null: its tenant takes late events. The tenant's setting is read here and now, since
     *  what an isolate remembers of it may be older than the terms. */
    drafted(subscriptionId: string): Read<DraftedLine[] | null> {
      const query = sql`
        SELECT l.sku_id, l.service_start, i.period_start, EXISTS (
          SELECT 1 FROM invoice_lines AS other
          CROSS JOIN invoices AS final
          WHERE other.tenant_id = t.id AND other.line_key = l.line_key
            AND final.tenant_id = other.tenant_id AND final.id = other.invoice_id AND final.status NOT IN ('Draft', 'Void')
        ) AS is_billed
        FROM tenants AS t
        LEFT JOIN invoice_lines AS l
          ON l.tenant_id = t.id AND l.subscription_id = ${subscriptionId} AND EXISTS (
            SELECT 1 FROM invoices AS draft
            WHERE draft.tenant_id = t.id AND draft.id = l.invoice_id
              AND draft.status = 'Draft' AND draft.type = 'Standard'
          )
        LEFT JOIN invoices AS i ON i.tenant_id = t.id AND i.id = l.invoice_id
        WHERE t.id = ${tenantId} AND t.settings ->> 'lateEvents' = 'Reject'`
      return mapped(readingRows<Row>(db, COLUMNS, query), (found) =>
        found.length === 0 ? null : found.flatMap(toLine),
      )
    },
  }
}

function toLine({
  sku_id: skuId,
  service_start: start,
  period_start: from,
  is_billed: billed,
}: Row): DraftedLine[] {
  if (skuId === null || start === null) return []
  const serviceStart = start as Instant
  return [{ skuId, serviceStart, billedFrom: from as Instant | null, isBilled: billed === 1 }]
}

// What invoices that are not void took for the usage of a subscription's running period and later, of one tenant. Asked for where a
// threshold wants to know it, and nowhere else.

import { and, eq, gte, isNotNull, ne, or } from "drizzle-orm"
import type { Instant } from "../../domain/time.ts"
import type { Database } from "../database.ts"
import type { Read } from "../together.ts"
import { known, reading } from "../together.ts"
import type { SubscriptionRow } from "../rows.ts"
import { invoiceLines, invoices } from "../schema.ts"

export type BilledLine = {
  readonly skuId: string
  readonly serviceStart: Instant
  readonly ratedNanos: string
}

export function billedUsageReader(db: Database, tenantId: string) {
  return {
    /** Each line; empty without a threshold. */
    of({ id, thresholdNanos, periodStart }: SubscriptionRow): Read<BilledLine[]> {
      if (thresholdNanos === null) return known([])
      const { skuId, serviceStart, ratedNanos } = invoiceLines
      const rows = db
        .select({ skuId, serviceStart, ratedNanos })
        .from(invoiceLines)
        .innerJoin(
          invoices,
          and(eq(invoices.tenantId, invoiceLines.tenantId), eq(invoices.id, invoiceLines.invoiceId)),
        )
        .where(
          and(
            eq(invoiceLines.tenantId, tenantId),
            eq(invoiceLines.subscriptionId, id),
            isNotNull(invoiceLines.usageRanges),
            gte(invoiceLines.serviceStart, periodStart),
            eq(invoices.type, "Standard"),
            or(ne(invoices.status, "Void"), eq(invoices.waived, true)),
          ),
        )
      return reading(rows, (found) =>
        found.flatMap((row) =>
          row.skuId === null || row.serviceStart === null
            ? []
            : [{ skuId: row.skuId, serviceStart: row.serviceStart, ratedNanos: row.ratedNanos }],
        ),
      )
    },
  }
}

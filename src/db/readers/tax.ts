// Reads tax rates, of one tenant.

import { and, asc, eq, isNull, sql } from "drizzle-orm"
import type { Database } from "../database.ts"
import type { TaxRateRow } from "../rows.ts"
import { taxRates } from "../schema.ts"
import type { Page } from "./page.ts"
import { pageOf } from "./page.ts"

export function taxReader(db: Database, tenantId: string) {
  return {
    async rate(id: string): Promise<TaxRateRow | null> {
      const where = and(eq(taxRates.tenantId, tenantId), eq(taxRates.id, id))
      return (await db.select().from(taxRates).where(where).get()) ?? null
    },

    rates: (page: Page, archived: boolean, country: string | undefined) =>
      pageOf(db, taxRates, tenantId, page, [
        archived ? undefined : isNull(taxRates.archivedAt),
        country === undefined ? undefined : eq(taxRates.country, country),
      ]),

    /** The rates that are charged in any of these places (domain/tax-place.ts), those of the largest place first. */
    async ratesAt(places: readonly string[]): Promise<TaxRateRow[]> {
      if (places.length === 0) return []
      const wanted = sql`(SELECT value FROM json_each(${JSON.stringify(places)}))`
      return db
        .select()
        .from(taxRates)
        .where(
          and(
            eq(taxRates.tenantId, tenantId),
            sql`${taxRates.place} IN ${wanted}`,
            isNull(taxRates.archivedAt),
          ),
        )
        .orderBy(sql`LENGTH(${taxRates.place})`, asc(taxRates.id))
    },
  }
}

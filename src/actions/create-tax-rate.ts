// Creates a tax rate. Like a price it is never changed in place: another rate is another row, and the old one is archived.

import type { TaxRateRow } from "../db/rows.ts"
import { taxRates } from "../db/schema.ts"
import { placeOf } from "../domain/tax-place.ts"
import { err, ok } from "../domain/result.ts"
import type { Outcome, Reply } from "./act.ts"
import { act } from "./act.ts"
import { notFound } from "./refusal.ts"
import type { Scope } from "./scope.ts"

export type NewTaxRate = Pick<TaxRateRow, "name" | "country" | "region" | "rateBps" | "isInclusive">

export async function createTaxRate(
  scope: Scope,
  input: NewTaxRate,
  reply: Reply<TaxRateRow>,
): Promise<Outcome<TaxRateRow>> {
  const row: TaxRateRow = {
    ...input,
    id: scope.newId(),
    tenantId: scope.tenant.id,
    place: placeOf(input.country, input.region),
    archivedAt: null,
    version: 1,
    createdAt: scope.now,
  }
  const subject = { subjectType: "TaxRate", subjectId: row.id }
  return act(
    scope,
    async () =>
      ok({
        value: row,
        commit: {
          writes: [scope.write.insert(taxRates, row)],
          audit: [{ action: "tax_rate.created", ...subject, after: taxRateState(row) }],
        },
      }),
    reply,
  )
}

export async function findTaxRate(scope: Scope, id: string): Promise<Outcome<TaxRateRow>> {
  const row = await scope.read.tax.rate(id)
  return row === null ? err(notFound("tax rate")) : ok(row)
}

/** A tax rate as the audit trail keeps it. */
export function taxRateState({ name, country, region, rateBps, isInclusive }: TaxRateRow) {
  return { name, country, region, rate_bps: rateBps, inclusive: isInclusive }
}

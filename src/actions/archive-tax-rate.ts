// Archives a tax rate: no invoice is taxed by it any more. Drafts lose it when their taxes are next computed, final invoices keep it.

import type { TaxRateRow } from "../db/rows.ts"
import { taxRates } from "../db/schema.ts"
import { err, ok } from "../domain/result.ts"
import type { Outcome, Reply } from "./act.ts"
import { act } from "./act.ts"
import { findTaxRate, taxRateState } from "./create-tax-rate.ts"
import { archived } from "./find-catalog.ts"
import type { Scope } from "./scope.ts"

export async function archiveTaxRate(
  scope: Scope,
  id: string,
  reply: Reply<TaxRateRow>,
): Promise<Outcome<TaxRateRow>> {
  return act(
    scope,
    async () => {
      const found = await findTaxRate(scope, id)
      if (!found.ok) return found
      const before = found.value
      if (before.archivedAt !== null) return err(archived("tax rate"))
      const subject = { subjectType: "TaxRate", subjectId: id }
      return ok({
        value: { ...before, archivedAt: scope.now, version: before.version + 1 },
        commit: {
          guards: [scope.write.update(taxRates, id, before.version, { archivedAt: scope.now })],
          audit: [{ action: "tax_rate.archived", ...subject, before: taxRateState(before) }],
        },
      })
    },
    reply,
  )
}

// Adds up the ledger from its entries, a page of customers at a time, and compares with the documents. It changes nothing.

import type { Page } from "../db/readers/page.ts"
import type { Difference } from "../domain/ledger.ts"
import { differencesOf } from "../domain/ledger.ts"
import type { Scope } from "./scope.ts"

export type LedgerAudit = {
  readonly customers: number
  readonly differences: readonly Difference[]
  readonly next: string | null
}

/** The first page compares the sums by day as well, which are of the tenant as a whole. */
export async function auditLedger({ read }: Scope, page: Page): Promise<LedgerAudit> {
  const [found, sums] = await Promise.all([
    read.ledgerAudit.page(page),
    page.before === null ? read.ledgerAudit.sums() : [],
  ])
  const { customers, next, unbalanced } = found
  const differences = [...sums, ...unbalanced, ...differencesOf(found.entries, found.documents)]
  return { customers, differences, next }
}

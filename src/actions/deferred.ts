// What of an invoice or a credit note is for days that lie ahead, and so not earned yet.

import type { Deferral } from "../domain/ledger.ts"
import { deferralsOf } from "../domain/ledger.ts"
import type { Draft } from "./draft-invoice.ts"
import type { Scope } from "./scope.ts"

export function deferred({ now }: Scope, { invoice, lines }: Draft): Deferral[] {
  const included = (invoice.tax?.rates ?? []).filter(({ isInclusive }) => isInclusive)
  const earning = lines.map((line) => ({ ...line, isMetered: line.usageRanges !== null }))
  return deferralsOf(earning, new Set(included.map(({ rateId }) => rateId)), now)
}

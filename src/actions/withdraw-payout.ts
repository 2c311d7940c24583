// What becomes of an invoice's payout when the invoice is void: one that failed is tried no more, one that is on its way can't be
// recalled.

import type { AuditEntry } from "../db/commit.ts"
import type { Guarded } from "../db/database.ts"
import type { InvoiceRow } from "../db/rows.ts"
import { payouts } from "../db/schema.ts"
import { isOnItsWay } from "../domain/payout.ts"
import { err, ok } from "../domain/result.ts"
import type { Outcome } from "./act.ts"
import { payoutAudit } from "./payout-audit.ts"
import { refusal } from "./refusal.ts"
import { cancelled } from "./request-payout.ts"
import type { Scope } from "./scope.ts"

export type Withdrawn = { readonly guards: readonly Guarded[]; readonly audit: readonly AuditEntry[] }

/** For the commit that voids the invoice, whose own version guards that no other payout begins. */
export async function withdrawPayout(
  scope: Scope,
  invoice: InvoiceRow,
  permitsUnderWay = false,
): Promise<Outcome<Withdrawn>> {
  const live = invoice.payout === true ? await scope.read.payouts.liveOf(invoice.id) : null
  if (live === null) return ok({ guards: [], audit: [] })
  if (isOnItsWay(live.status)) {
    if (permitsUnderWay) return ok({ guards: [], audit: [] })
    return err(refusal("invalid_state", "The invoice's payout is on its way."))
  }
  const after = cancelled(scope, live)
  const { id, tenantId: _, version, ...fields } = after
  return ok({
    guards: [scope.write.update(payouts, id, version - 1, fields)],
    audit: [payoutAudit("payout.cancelled", after, live)],
  })
}

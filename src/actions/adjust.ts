// Gathers what adjusts a subscription's periods (see domain/adjustments.ts).

import type { Guarded } from "../db/database.ts"
import type { WasBilled } from "../db/readers/invoices.ts"
import type { SubscriptionTerms } from "../db/readers/subscriptions.ts"
import type { CouponRedemptionRow, InvoiceLineRow } from "../db/rows.ts"
import { adjustingCharges, periodsOf } from "../domain/adjust.ts"
import type { ChargeScope } from "../domain/billable.ts"
import type { Charge } from "../domain/charges.ts"
import { billableOf } from "./billable.ts"
import { commitmentsOf } from "./commitments.ts"
import type { Scope } from "./scope.ts"

export type Adjustments = {
  readonly charges: readonly Charge[]
  /** Keep what was decided true until it is committed. */
  readonly guards: readonly Guarded[]
}

/** A draft that is recomputed, with its lines so far: they are not among what other invoices billed. */
export type RecomputedDraft = { readonly id: string; readonly lines: readonly InvoiceLineRow[] }

export type AdjustInput = {
  readonly charges: readonly Charge[]
  readonly was: ReadonlyMap<string, WasBilled>
  /** All coupons that the subscription ever had. */
  readonly redemptions: readonly CouponRedemptionRow[]
  readonly chargeScope: ChargeScope
  readonly draft: RecomputedDraft | null
}

export async function adjustmentsOf(
  scope: Scope,
  terms: SubscriptionTerms,
  { charges, was, redemptions, chargeScope, draft }: AdjustInput,
): Promise<Adjustments> {
  const billable = billableOf(terms)
  const periods = periodsOf(billable, charges, chargeScope).map(({ period }) => period)
  const { commitments, guards } = await commitmentsOf(scope, terms, { charges, periods, draft })
  const by = { was, chargeScope, commitments, redemptions }
  return { charges: adjustingCharges(billable, charges, by), guards }
}

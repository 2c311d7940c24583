// Creates a coupon. What it takes off never changes; who has redeemed it keeps it as it was.

import type { CouponRow } from "../db/rows.ts"
import { coupons } from "../db/schema.ts"
import type { CouponTerms } from "../domain/coupon.ts"
import { couponFieldsOf } from "../domain/coupon-fields.ts"
import { err, ok } from "../domain/result.ts"
import type { Instant } from "../domain/time.ts"
import { formatInstant } from "../domain/time.ts"
import type { Outcome, Reply } from "./act.ts"
import { act } from "./act.ts"
import type { Refusal } from "./refusal.ts"
import { invalid, missing } from "./refusal.ts"
import type { Scope } from "./scope.ts"

/** What of a coupon changes in place. */
export type CouponHead = Pick<CouponRow, "name" | "maxRedemptions" | "expiresAt" | "metadata">

export type NewCoupon = CouponHead & Pick<CouponRow, "code" | "terms">

export async function createCoupon(
  scope: Scope,
  input: NewCoupon,
  reply: Reply<CouponRow>,
): Promise<Outcome<CouponRow>> {
  const row: CouponRow = {
    ...input,
    id: scope.newId(),
    tenantId: scope.tenant.id,
    timesRedeemed: 0,
    archivedAt: null,
    version: 1,
    createdAt: scope.now,
  }
  return act(
    scope,
    async () => {
      const refused = refuseExpiry(input.expiresAt, scope.now) ?? (await refuseTargets(scope, input.terms))
      if (refused !== null) return err(refused)
      return ok({
        value: row,
        commit: {
          writes: [scope.write.insert(coupons, row)],
          audit: [{ action: "coupon.created", ...couponSubject(row), after: couponState(row) }],
        },
      })
    },
    reply,
  )
}

/** A coupon that is over before anybody can redeem it is a mistake. */
export function refuseExpiry(expiresAt: Instant | null, now: Instant): Refusal | null {
  if (expiresAt === null || expiresAt > now) return null
  return invalid("expires_at", "Must be later than now. To end a coupon at once, archive it.")
}

/** Plans and SKUs are never deleted, so what is found here stays. */
async function refuseTargets(scope: Scope, { planIds, skuIds }: CouponTerms): Promise<Refusal | null> {
  if (planIds === null && skuIds === null) return null
  const found = await scope.read.coupons.targets(planIds ?? [], skuIds ?? [])
  for (const [at, id] of (planIds ?? []).entries()) {
    if (!found.plans.has(id)) return missing(`plan_ids.${at}`, "plan")
  }
  for (const [at, id] of (skuIds ?? []).entries()) {
    const planId = found.planOfSku.get(id)
    if (planId === undefined) return missing(`sku_ids.${at}`, "SKU")
    if (planIds?.includes(planId) === false) {
      return invalid(`sku_ids.${at}`, "The SKU belongs to none of plan_ids: nothing would be reduced.")
    }
  }
  return null
}

export function couponSubject({ id }: CouponRow) {
  return { subjectType: "Coupon", subjectId: id }
}

/** A coupon as the audit trail keeps it. */
export function couponState({ code, name, terms, maxRedemptions, expiresAt, metadata }: CouponRow) {
  return {
    code,
    name,
    ...couponFieldsOf(terms),
    max_redemptions: maxRedemptions,
    expires_at: expiresAt === null ? null : formatInstant(expiresAt),
    metadata,
  }
}

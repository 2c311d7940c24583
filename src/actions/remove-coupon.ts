// Takes a coupon off a subscription: periods that begin later are not reduced any more. The running one is, and so are those
// before it, when something of them is billed late.

import type { CouponRedemptionRow } from "../db/rows.ts"
import { couponRedemptions, subscriptions } from "../db/schema.ts"
import { err, ok } from "../domain/result.ts"
import type { Outcome, Reply } from "./act.ts"
import { act } from "./act.ts"
import { findSubscription } from "./find.ts"
import { redemptionState, redemptionSubject } from "./redeem-coupon.ts"
import { notFound, refusal } from "./refusal.ts"
import type { Scope } from "./scope.ts"

export type RedemptionIds = { readonly subscriptionId: string; readonly redemptionId: string }

export async function removeCoupon(
  scope: Scope,
  { subscriptionId, redemptionId }: RedemptionIds,
  reply: Reply<CouponRedemptionRow>,
): Promise<Outcome<CouponRedemptionRow>> {
  return act(
    scope,
    async () => {
      const found = await findSubscription(scope, subscriptionId)
      if (!found.ok) return found
      const before = await scope.read.coupons.redemption(subscriptionId, redemptionId)
      if (before === null) return err(notFound("coupon of this subscription"))
      if (before.removedAt !== null) return err(refusal("invalid_state", "The coupon is removed already."))
      const removed = { removedAt: scope.now }
      return ok({
        value: { ...before, ...removed, version: before.version + 1 },
        commit: {
          guards: [
            // A bill that is being made looks at the redemptions too.
            scope.write.update(subscriptions, subscriptionId, found.value.version, {}),
            scope.write.update(couponRedemptions, redemptionId, before.version, removed),
          ],
          audit: [
            { action: "coupon.removed", ...redemptionSubject(before), before: redemptionState(before) },
          ],
        },
      })
    },
    reply,
  )
}

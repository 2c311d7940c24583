// Archives a coupon: it can't be redeemed any more. Subscriptions that have it keep it.

import type { CouponRow } from "../db/rows.ts"
import { coupons } from "../db/schema.ts"
import { err, ok } from "../domain/result.ts"
import type { Outcome, Reply } from "./act.ts"
import { act } from "./act.ts"
import { couponState, couponSubject } from "./create-coupon.ts"
import { archived } from "./find-catalog.ts"
import { findCoupon } from "./find-coupon.ts"
import type { Scope } from "./scope.ts"

export async function archiveCoupon(
  scope: Scope,
  id: string,
  reply: Reply<CouponRow>,
): Promise<Outcome<CouponRow>> {
  return act(
    scope,
    async () => {
      const found = await findCoupon(scope, id)
      if (!found.ok) return found
      const before = found.value
      if (before.archivedAt !== null) return err(archived("coupon"))
      return ok({
        value: { ...before, archivedAt: scope.now, version: before.version + 1 },
        commit: {
          guards: [scope.write.update(coupons, id, before.version, { archivedAt: scope.now })],
          audit: [{ action: "coupon.archived", ...couponSubject(before), before: couponState(before) }],
        },
      })
    },
    reply,
  )
}

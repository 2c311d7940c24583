// Changes a coupon's name, metadata, and how often and how long it may be redeemed. What it takes off never changes.

import type { CouponRow } from "../db/rows.ts"
import { coupons } from "../db/schema.ts"
import { err, ok } from "../domain/result.ts"
import type { Outcome, Reply } from "./act.ts"
import { act } from "./act.ts"
import type { ChangesOf } from "./changes.ts"
import { given } from "./changes.ts"
import type { CouponHead } from "./create-coupon.ts"
import { couponState, couponSubject, refuseExpiry } from "./create-coupon.ts"
import { findCoupon } from "./find-coupon.ts"
import type { Refusal } from "./refusal.ts"
import { invalid } from "./refusal.ts"
import type { Scope } from "./scope.ts"

export async function updateCoupon(
  scope: Scope,
  id: string,
  changes: ChangesOf<CouponHead>,
  reply: Reply<CouponRow>,
): Promise<Outcome<CouponRow>> {
  const values = given(changes)
  return act(
    scope,
    async () => {
      const found = await findCoupon(scope, id)
      if (!found.ok) return found
      const before = found.value
      const refused = refuseExpiry(values.expiresAt ?? null, scope.now) ?? refuseLimit(before, values)
      if (refused !== null) return err(refused)
      const after: CouponRow = { ...before, ...values, version: before.version + 1 }
      return ok({
        value: after,
        commit: {
          guards: [scope.write.update(coupons, id, before.version, values)],
          audit: [
            {
              action: "coupon.updated",
              ...couponSubject(after),
              before: couponState(before),
              after: couponState(after),
            },
          ],
        },
      })
    },
    reply,
  )
}

function refuseLimit({ timesRedeemed }: CouponRow, { maxRedemptions }: Partial<CouponHead>): Refusal | null {
  if (maxRedemptions === undefined || maxRedemptions === null || maxRedemptions >= timesRedeemed) return null
  return invalid("max_redemptions", `It has been redeemed ${timesRedeemed} times already.`)
}

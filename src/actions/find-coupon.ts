// Finds a coupon of the tenant.

import type { CouponRow } from "../db/rows.ts"
import { err, ok } from "../domain/result.ts"
import type { Outcome } from "./act.ts"
import { notFound } from "./refusal.ts"
import type { Scope } from "./scope.ts"

export async function findCoupon(scope: Scope, id: string): Promise<Outcome<CouponRow>> {
  const row = await scope.read.coupons.byId(id)
  return row === null ? err(notFound("coupon")) : ok(row)
}

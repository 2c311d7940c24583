// Puts a coupon on a subscription: when it begins, or while it runs. From then on the running period and later ones are reduced.
// Laws: a coupon is never redeemed more often than it may be, however many ask at once; a subscription takes a coupon once.

import type { AuditEntry } from "../db/commit.ts"
import type { Guarded, Statement } from "../db/database.ts"
import type { CouponRedemptionRow, SubscriptionRow } from "../db/rows.ts"
import { couponRedemptions, subscriptions } from "../db/schema.ts"
import { isLive, redemptionFault } from "../domain/coupon.ts"
import { periodContaining } from "../domain/period.ts"
import { err, ok } from "../domain/result.ts"
import { hasEnded } from "../domain/subscription.ts"
import { limits } from "../limits.ts"
import type { Outcome, Reply } from "./act.ts"
import { act } from "./act.ts"
import { findSubscription } from "./find.ts"
import type { Refusal } from "./refusal.ts"
import { missing, refusal } from "./refusal.ts"
import type { Scope } from "./scope.ts"

export async function redeemCoupon(
  scope: Scope,
  subscriptionId: string,
  code: string,
  reply: Reply<CouponRedemptionRow>,
): Promise<Outcome<CouponRedemptionRow>> {
  const id = scope.newId()
  return act(
    scope,
    async () => {
      const found = await findSubscription(scope, subscriptionId)
      if (!found.ok) return found
      const subscription = found.value
      if (hasEnded(subscription.status)) {
        return err(refusal("invalid_state", `The subscription is ${subscription.status}.`))
      }
      const skus = await scope.read.catalog.skusAt(subscription.planId, subscription.planVersion)
      const fromIndex = periodContaining(subscription.schedule, scope.now)?.index ?? 0
      const redemption = await redemptionOf(scope, { id, code, subscription, skus, fromIndex })
      if (!redemption.ok) return redemption
      const taken = await refuseTaken(scope, redemption.value.row)
      if (taken !== null) return err(taken)
      const { row, guard, write, audit } = redemption.value
      return ok({
        value: row,
        commit: {
          // Of two that redeem the same coupon, and of a redemption and a bill, each must see what the other did.
          guards: [scope.write.update(subscriptions, subscription.id, subscription.version, {}), guard],
          writes: [write],
          audit: [audit],
        },
      })
    },
    reply,
  )
}

export type RedemptionInput = {
  readonly id: string
  /** In the form in which codes are kept. */
  readonly code: string
  readonly subscription: SubscriptionRow
  /** Of the plan version that it is on. */
  readonly skus: readonly { readonly id: string }[]
  /** The first period that is to be reduced. */
  readonly fromIndex: number
}

/** What a commit has to have in it so that it redeems a coupon. */
export type RedemptionPlan = {
  readonly row: CouponRedemptionRow
  readonly guard: Guarded
  readonly write: Statement
  readonly audit: AuditEntry
}

/** Refusals name the field `coupon`. */
export async function redemptionOf(
  scope: Scope,
  { id, code, subscription, skus, fromIndex }: RedemptionInput,
): Promise<Outcome<RedemptionPlan>> {
  const coupon = await scope.read.coupons.byCode(code)
  if (coupon === null) return err(missing("coupon", "coupon"))
  if (subscription.payout === true) {
    return err(atCoupon("invalid_state", "The subscription pays out: coupons are for what is charged."))
  }
  const { currency, planId } = subscription
  const fault = redemptionFault(coupon, { currency, planId, skuIds: skus.map((sku) => sku.id) }, scope.now)
  if (fault !== null) return err(atCoupon(fault.code, fault.message))
  const row: CouponRedemptionRow = {
    id,
    tenantId: scope.tenant.id,
    couponId: coupon.id,
    customerId: subscription.customerId,
    subscriptionId: subscription.id,
    code: coupon.code,
    terms: coupon.terms,
    fromIndex,
    redeemedAt: scope.now,
    removedAt: null,
    version: 1,
  }
  return ok({
    row,
    guard: scope.write.redeemCoupon(coupon.id, scope.now),
    write: scope.write.insert(couponRedemptions, row),
    audit: { action: "coupon.redeemed", ...redemptionSubject(row), after: redemptionState(row) },
  })
}

/** What the subscription has already. */
async function refuseTaken(scope: Scope, wanted: CouponRedemptionRow): Promise<Refusal | null> {
  const present = await scope.read.ask(scope.read.coupons.redemptionsOf(wanted.subscriptionId))
  if (present.some((row) => row.couponId === wanted.couponId)) {
    return atCoupon("invalid_state", "The subscription has, or has had, this coupon.")
  }
  const live = present.filter((row) => isLive(row, wanted.fromIndex))
  if (live.length < limits.couponsPerSubscription) return null
  const message = `A subscription has at most ${limits.couponsPerSubscription} coupons at a time.`
  return atCoupon("invalid_state", message)
}

function atCoupon(code: Refusal["code"], message: string): Refusal {
  return refusal(code, message, [{ path: "coupon", message }])
}

/** Whom an audit entry is about. */
export function redemptionSubject({ couponId, customerId }: CouponRedemptionRow) {
  return { subjectType: "Coupon", subjectId: couponId, customerId }
}

/** A redemption as the audit trail keeps it. */
export function redemptionState({ id, code, subscriptionId, fromIndex }: CouponRedemptionRow) {
  return { redemption_id: id, code, subscription_id: subscriptionId, from_index: fromIndex }
}

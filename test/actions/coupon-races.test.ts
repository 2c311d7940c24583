// Coupons and what happens to their subscription at the same moment: whoever comes second sees what the first one did.

import { expect, test } from "vitest"
import { billNow } from "../../src/actions/bill-now.ts"
import { redeemCoupon } from "../../src/actions/redeem-coupon.ts"
import { removeCoupon } from "../../src/actions/remove-coupon.ts"
import { advance, create, newTenant, setClock } from "../support/client.ts"
import { CALLS, newPlan, newSubscription, use } from "../support/fixtures.ts"
import { overtaken, scopeOf } from "../support/race.ts"

const reply = () => ({ status: 200, body: "" })

async function subscriber() {
  const tenant = await newTenant("test")
  await setClock(tenant.api, "2026-01-01T00:00:00Z")
  const coupon = await create(tenant.api, "/admin/v1/coupons", {
    code: "HALF",
    percent_bps: 5_000,
    duration: "Forever",
  })
  const subscription = await newSubscription(tenant.api, await newPlan(tenant.api, [CALLS]))
  const path = `/v1/subscriptions/${subscription.id}/coupons`
  const redeem = () => create(tenant.api, path, { coupon: "HALF" })
  return { tenant, coupon, subscription, path, redeem }
}

test("of two who put one coupon on a subscription, the second is refused", async () => {
  const { tenant, coupon, subscription, redeem } = await subscriber()
  const scope = overtaken(await scopeOf(tenant.id), redeem)
  const late = await redeemCoupon(scope, subscription.id, "HALF", reply)
  expect(!late.ok && late.error.code).toBe("invalid_state")
  const told = await tenant.api.get(`/admin/v1/coupons/${coupon.id}`)
  expect(told.json.times_redeemed).toBe(1)
})

test("a coupon that is archived meanwhile is not redeemed", async () => {
  const { tenant, coupon, subscription, path } = await subscriber()
  const archive = () => tenant.api.post(`/admin/v1/coupons/${coupon.id}/archive`)
  const late = await redeemCoupon(
    overtaken(await scopeOf(tenant.id), archive),
    subscription.id,
    "HALF",
    reply,
  )
  expect(!late.ok && late.error.detail).toContain("archived")
  expect((await tenant.api.get(path)).json).toEqual([])
})

test("a coupon that is redeemed while a bill is made is on it", async () => {
  const { tenant, subscription, redeem } = await subscriber()
  await use(tenant.api, subscription, "2026-01-01T00:00:00Z", 100)
  const bill = await billNow(overtaken(await scopeOf(tenant.id), redeem), subscription.id, reply)
  // The scope's clock is the wall's, so the bill has empty months too.
  const lines = bill.ok ? bill.value.lines.filter(({ amountMinor }) => amountMinor !== 0n) : []
  expect(lines.map(({ kind, sourceId, amountMinor }) => [kind, sourceId, amountMinor])).toEqual([
    ["Charge", null, 100n],
    ["Discount", expect.any(String), -50n],
  ])
})

test("of two who take a coupon off, the second is refused, and the first one's time counts", async () => {
  const { tenant, subscription, path, redeem } = await subscriber()
  const { id } = await redeem()
  const first = () => tenant.api.delete(`${path}/${id}`)
  const scope = overtaken(await scopeOf(tenant.id), first)
  const late = await removeCoupon(scope, { subscriptionId: subscription.id, redemptionId: id }, reply)
  expect(!late.ok && late.error.code).toBe("invalid_state")
  await advance(tenant.api, { by: "P1D" })
  expect((await tenant.api.get(path)).json).toMatchObject([{ removed_at: "2026-01-01T00:00:00Z" }])
})

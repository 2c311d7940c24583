// Coupons through the API: what they are, on what they can be put, and that they are never redeemed too often.

import { beforeAll, describe, expect, test } from "vitest"
import { limits } from "../../src/limits.ts"
import type { Json, Reply, Tenant } from "../support/client.ts"
import { advance, api, create, newTenant, setClock } from "../support/client.ts"
import { CALLS, FEE, newCustomer, newPlan, newSubscription } from "../support/fixtures.ts"

let tenant: Tenant
let plan: any

beforeAll(async () => {
  tenant = await newTenant("test")
  await setClock(tenant.api, "2026-01-01T00:00:00Z")
  plan = await newPlan(tenant.api, [FEE, CALLS])
})

let made = 0

async function newCoupon(fields: Json = {}): Promise<any> {
  made += 1
  const input = { code: `CODE-${made}`, percent_bps: 2_000, duration: "Forever", ...fields }
  return create(tenant.api, "/admin/v1/coupons", input)
}

const redeem = (subscription: any, code: string) =>
  tenant.api.post(`/v1/subscriptions/${subscription.id}/coupons`, { coupon: code })

/** Status, code and the place of the fault. */
const refusalOf = ({ status, json }: Reply) => [status, json.code, json.errors?.[0]?.path]

async function tokenOf(customer: any): Promise<string> {
  const token = await create(tenant.api, `/admin/v1/customers/${customer.id}/tokens`, {})
  return token.token
}

describe("a coupon", () => {
  test("is told as it was made, and found by its code in upper and lower case", async () => {
    const coupon = await newCoupon({ code: "launch-20", name: "Launch", metadata: { team: "growth" } })
    expect(coupon).toEqual({
      id: coupon.id,
      code: "LAUNCH-20",
      name: "Launch",
      percent_bps: 2_000,
      amount_nanos: null,
      currency: null,
      duration: "Forever",
      periods: null,
      plan_ids: null,
      sku_ids: null,
      max_redemptions: null,
      times_redeemed: 0,
      expires_at: null,
      archived_at: null,
      metadata: { team: "growth" },
      created_at: "2026-01-01T00:00:00Z",
    })
    expect((await tenant.api.get(`/admin/v1/coupons/${coupon.id}`)).json).toEqual(coupon)
    expect((await tenant.api.get("/admin/v1/coupons?code=Launch-20")).json).toEqual([coupon])
    const again = { code: "Launch-20", percent_bps: 1, duration: "Once" }
    expect(refusalOf(await tenant.api.post("/admin/v1/coupons", again))).toEqual([
      409,
      "already_exists",
      "code",
    ])
  })

  test("is for SKUs of its plans", async () => {
    const other = await newPlan(tenant.api, [CALLS])
    const input = { code: "SKUS", percent_bps: 1, duration: "Once", plan_ids: [plan.id] }
    const foreign = { ...input, sku_ids: [plan.skus[0].id, other.skus[0].id] }
    const refused = await tenant.api.post("/admin/v1/coupons", foreign)
    expect(refusalOf(refused)).toEqual([422, "invalid_request", "sku_ids.1"])
    const own = await create(tenant.api, "/admin/v1/coupons", { ...input, sku_ids: [plan.skus[0].id] })
    expect(own).toMatchObject({ plan_ids: [plan.id], sku_ids: [plan.skus[0].id] })
  })

  test("changes in how often and how long it may be redeemed, not below what it was", async () => {
    const coupon = await newCoupon({ max_redemptions: 5 })
    const path = `/admin/v1/coupons/${coupon.id}`
    for (let n = 0; n < 2; n++) {
      expect((await redeem(await newSubscription(tenant.api, plan), coupon.code)).status).toBe(201)
    }
    const low = await tenant.api.patch(path, { max_redemptions: 1 })
    expect(refusalOf(low)).toEqual([422, "invalid_request", "max_redemptions"])
    const changes = { max_redemptions: 2, expires_at: "2026-02-01T00:00:00Z", name: "Winter" }
    expect((await tenant.api.patch(path, changes)).json).toEqual({ ...coupon, ...changes, times_redeemed: 2 })
    expect(refusalOf(await redeem(await newSubscription(tenant.api, plan), coupon.code))).toEqual([
      409,
      "invalid_state",
      "coupon",
    ])
    const open = { max_redemptions: null, expires_at: null }
    expect((await tenant.api.patch(path, open)).json).toMatchObject(open)
    expect((await redeem(await newSubscription(tenant.api, plan), coupon.code)).status).toBe(201)
  })

  test("that is archived is listed only if asked for, and archived once", async () => {
    const coupon = await newCoupon()
    const archived = await tenant.api.post(`/admin/v1/coupons/${coupon.id}/archive`)
    expect(archived.json).toEqual({ ...coupon, archived_at: "2026-01-01T00:00:00Z" })
    expect((await tenant.api.get(`/admin/v1/coupons?code=${coupon.code}`)).json).toEqual([])
    const all = await tenant.api.get(`/admin/v1/coupons?code=${coupon.code}&include_archived=true`)
    expect(all.json).toEqual([archived.json])
    const again = await tenant.api.post(`/admin/v1/coupons/${coupon.id}/archive`)
    expect([again.status, again.json.code]).toEqual([409, "invalid_state"])
  })
})

describe("a redemption", () => {
  test("has the coupon's terms, and is listed until and after it is removed", async () => {
    const coupon = await newCoupon({ duration: "Repeating", periods: 3 })
    const subscription = await newSubscription(tenant.api, plan)
    const redeemed = await redeem(subscription, coupon.code.toLowerCase())
    expect([redeemed.status, redeemed.json]).toEqual([
      201,
      {
        id: redeemed.json.id,
        coupon_id: coupon.id,
        code: coupon.code,
        subscription_id: subscription.id,
        percent_bps: 2_000,
        amount_nanos: null,
        currency: null,
        duration: "Repeating",
        periods: 3,
        plan_ids: null,
        sku_ids: null,
        from_index: 0,
        redeemed_at: "2026-01-01T00:00:00Z",
        removed_at: null,
      },
    ])
    const path = `/v1/subscriptions/${subscription.id}/coupons`
    expect((await tenant.api.get(path)).json).toEqual([redeemed.json])
    expect((await tenant.api.delete(`${path}/${redeemed.json.id}`)).status).toBe(204)
    const removed = { ...redeemed.json, removed_at: "2026-01-01T00:00:00Z" }
    expect((await tenant.api.get(path)).json).toEqual([removed])
    const again = await tenant.api.delete(`${path}/${redeemed.json.id}`)
    expect([again.status, again.json.code]).toEqual([409, "invalid_state"])
    expect(refusalOf(await redeem(subscription, coupon.code))).toEqual([409, "invalid_state", "coupon"])
    const audit = await tenant.api.get(`/admin/v1/audit?subject_id=${coupon.id}`)
    expect(audit.json.map(({ action }: any) => action)).toEqual([
      "coupon.removed",
      "coupon.redeemed",
      "coupon.created",
    ])
    const stranger = await newSubscription(tenant.api, plan)
    const elsewhere = `/v1/subscriptions/${stranger.id}/coupons/${redeemed.json.id}`
    expect((await tenant.api.delete(elsewhere)).status).toBe(404)
  })

  test("is refused where the coupon is over, used up or for something else", async () => {
    const subscription = await newSubscription(tenant.api, plan)
    const other = await newPlan(tenant.api, [CALLS])
    const euros = { percent_bps: undefined, amount_nanos: "5000000000000", currency: "EUR" }
    const archived = await newCoupon()
    await tenant.api.post(`/admin/v1/coupons/${archived.id}/archive`)
    const refused = async (fields: Json) =>
      refusalOf(await redeem(subscription, (await newCoupon(fields)).code))
    expect(await refused(euros)).toEqual([422, "currency_mismatch", "coupon"])
    expect(await refused({ plan_ids: [other.id] })).toEqual([422, "invalid_request", "coupon"])
    expect(await refused({ sku_ids: [other.skus[0].id] })).toEqual([422, "invalid_request", "coupon"])
    expect(refusalOf(await redeem(subscription, archived.code))).toEqual([409, "invalid_state", "coupon"])
    expect(refusalOf(await redeem(subscription, "NOBODYS"))).toEqual([404, "not_found", "coupon"])
    const ended = await newSubscription(tenant.api, plan)
    await tenant.api.post(`/v1/subscriptions/${ended.id}/cancel`, { at: "Now" })
    expect((await redeem(ended, (await newCoupon()).code)).json.code).toBe("invalid_state")
    expect((await tenant.api.get(`/v1/subscriptions/${subscription.id}/coupons`)).json).toEqual([])
  })

  test("is one of a bounded number that reduce a subscription", async () => {
    const subscription = await newSubscription(tenant.api, plan)
    for (let n = 0; n < limits.couponsPerSubscription; n++) {
      expect((await redeem(subscription, (await newCoupon()).code)).status).toBe(201)
    }
    const more = await newCoupon()
    expect(refusalOf(await redeem(subscription, more.code))).toEqual([409, "invalid_state", "coupon"])
    const [last] = (await tenant.api.get(`/v1/subscriptions/${subscription.id}/coupons?limit=1`)).json
    await tenant.api.delete(`/v1/subscriptions/${subscription.id}/coupons/${last.id}`)
    expect((await redeem(subscription, more.code)).status).toBe(201)
  })

  test("begins with the period that runs", async () => {
    const own = await newTenant("test")
    await setClock(own.api, "2026-01-01T00:00:00Z")
    const subscription = await newSubscription(own.api, await newPlan(own.api, [FEE]))
    const input = { code: "LATER", percent_bps: 1, duration: "Once", expires_at: "2026-03-16T00:00:00Z" }
    await create(own.api, "/admin/v1/coupons", input)
    await create(own.api, "/admin/v1/coupons", { ...input, code: "OVER" })
    await advance(own.api, { to: "2026-03-15T00:00:00Z" })
    const path = `/v1/subscriptions/${subscription.id}/coupons`
    expect((await own.api.post(path, { coupon: "later" })).json).toMatchObject({ from_index: 2 })
    await advance(own.api, { to: "2026-03-16T00:00:00Z" })
    expect(refusalOf(await own.api.post(path, { coupon: "OVER" }))).toEqual([409, "invalid_state", "coupon"])
  })
})

describe("with a subscription", () => {
  test("a coupon is redeemed from the first period on, or there is no subscription", async () => {
    const coupon = await newCoupon({ max_redemptions: 1 })
    const customer = await newCustomer(tenant.api)
    const input = { customer_id: customer.id, plan_id: plan.id, coupon: coupon.code.toLowerCase() }
    const subscription = await create(tenant.api, "/v1/subscriptions", input)
    const listed = await tenant.api.get(`/v1/subscriptions/${subscription.id}/coupons`)
    expect(listed.json).toMatchObject([{ coupon_id: coupon.id, from_index: 0 }])
    expect(refusalOf(await tenant.api.post("/v1/subscriptions", input))).toEqual([
      409,
      "invalid_state",
      "coupon",
    ])
    const of = await tenant.api.get(`/v1/subscriptions?customer_id=${customer.id}`)
    expect(of.json).toHaveLength(1)
  })

  test("a customer's token may name a coupon then, and put none on later", async () => {
    const [coupon, other] = [await newCoupon(), await newCoupon()]
    const customer = await newCustomer(tenant.api)
    const caller = api(await tokenOf(customer))
    const input = { customer_id: customer.id, plan_id: plan.id, coupon: coupon.code }
    const subscription = await create(caller, "/v1/subscriptions", input)
    const path = `/v1/subscriptions/${subscription.id}/coupons`
    const listed = await caller.get(path)
    expect(listed.json).toMatchObject([{ code: coupon.code }])
    expect((await caller.post(path, { coupon: other.code })).status).toBe(403)
    expect((await caller.delete(`${path}/${listed.json[0].id}`)).status).toBe(403)
    expect((await caller.get("/admin/v1/coupons")).status).toBe(403)
  })
})

describe("at the same time", () => {
  test("of twenty subscriptions with a coupon for five, five have it and fifteen are refused", async () => {
    const coupon = await newCoupon({ max_redemptions: 5 })
    await newSubscription(tenant.api, plan)
    const customers = await Promise.all(Array.from({ length: 20 }, () => newCustomer(tenant.api)))
    const replies = await Promise.all(
      customers.map(({ id }) =>
        tenant.api.post("/v1/subscriptions", { customer_id: id, plan_id: plan.id, coupon: coupon.code }),
      ),
    )
    const [done, refused] = [200, 400].map((from) =>
      replies.filter(({ status }) => status >= from && status < from + 100),
    )
    expect(done).toHaveLength(5)
    expect(refused?.map(refusalOf)).toEqual(
      Array.from({ length: 15 }, () => [409, "invalid_state", "coupon"]),
    )
    const told = await tenant.api.get(`/admin/v1/coupons/${coupon.id}`)
    expect(told.json.times_redeemed).toBe(5)
    const listed = await Promise.all(
      customers.map(({ id }) => tenant.api.get(`/v1/subscriptions?customer_id=${id}`)),
    )
    expect(listed.flatMap(({ json }) => json)).toHaveLength(5)
  })

  test("one coupon is put on a subscription once", async () => {
    const coupon = await newCoupon()
    const subscription = await newSubscription(tenant.api, plan)
    const replies = await Promise.all(Array.from({ length: 5 }, () => redeem(subscription, coupon.code)))
    expect(replies.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 409, 409, 409, 409])
    expect((await tenant.api.get(`/admin/v1/coupons/${coupon.id}`)).json.times_redeemed).toBe(1)
  })
})

describe("overrides", () => {
  test("are told with the subscription, each price in full", async () => {
    const [fee, calls] = plan.skus
    const overrides = [
      { sku_id: fee.id, unit_amount_nanos: "25000000000000" },
      { sku_id: calls.id, discount_bps: 1_000 },
    ]
    const subscription = await newSubscription(tenant.api, plan, { overrides })
    expect(subscription.overrides).toEqual(overrides)
    expect((await tenant.api.get(`/v1/subscriptions/${subscription.id}`)).json.overrides).toEqual(overrides)
    expect((await newSubscription(tenant.api, plan)).overrides).toEqual([])
  })

  test("are refused at their place", async () => {
    const [fee, calls] = plan.skus
    const customer = await newCustomer(tenant.api)
    const refused = async (...overrides: Json[]) => {
      const input = { customer_id: customer.id, plan_id: plan.id, overrides }
      return refusalOf(await tenant.api.post("/v1/subscriptions", input))
    }
    const invalid = (path: string) => [422, "invalid_request", path]
    expect(await refused({ sku_id: fee.id })).toEqual(invalid("overrides.0"))
    expect(await refused({ sku_id: fee.id, discount_bps: 10_001 })).toEqual(
      invalid("overrides.0.discount_bps"),
    )
    expect(await refused({ sku_id: fee.id, unit_amount_nanos: "-1" })).toEqual(
      invalid("overrides.0.unit_amount_nanos"),
    )
    expect(await refused({ sku_id: calls.id, package_size: "10" })).toEqual(
      invalid("overrides.0.package_size"),
    )
    expect(await refused({ sku_id: fee.id, discount_bps: 1 }, { sku_id: fee.id, discount_bps: 1 })).toEqual(
      invalid("overrides.1.sku_id"),
    )
    const elsewhere = await newPlan(tenant.api, [CALLS])
    expect(await refused({ sku_id: elsewhere.skus[0].id, discount_bps: 1 })).toEqual(
      invalid("overrides.0.sku_id"),
    )
  })

  test("are not for a customer's token to set", async () => {
    const customer = await newCustomer(tenant.api)
    const overrides = [{ sku_id: plan.skus[0].id, discount_bps: 10_000 }]
    const input = { customer_id: customer.id, plan_id: plan.id, overrides }
    const reply = await api(await tokenOf(customer)).post("/v1/subscriptions", input)
    expect(refusalOf(reply)).toEqual([403, "forbidden", "overrides"])
  })
})

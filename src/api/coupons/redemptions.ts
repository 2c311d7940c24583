// POST and GET /v1/subscriptions/{id}/coupons, DELETE …/coupons/{redemption_id}

import { createRoute, z } from "@hono/zod-openapi"
import { findSubscription } from "../../actions/find.ts"
import { redeemCoupon } from "../../actions/redeem-coupon.ts"
import { removeCoupon } from "../../actions/remove-coupon.ts"
import type { Api } from "../app.ts"
import { businessWrites, reads } from "../shared/access.ts"
import {
  body,
  IdParam,
  json,
  linkNext,
  pageFrom,
  PageQuery,
  problems,
  reply,
  replyNothing,
  unwrap,
  writeProblems,
} from "../shared/door.ts"
import { RedemptionInput, RedemptionSchema, redemptionToApi } from "./schemas.ts"

const RedemptionParams = IdParam.extend({
  redemption_id: z.string().openapi({
    param: { name: "redemption_id", in: "path" },
    example: "01944b1f-0000-7000-8000-00000000000e",
  }),
})

const redeemRoute = createRoute({
  method: "post",
  path: "/v1/subscriptions/{id}/coupons",
  operationId: "redeemCoupon",
  tags: ["Coupons"],
  summary: "Put a coupon on a subscription",
  description:
    "Reduces the running period, also what of it is billed already: that comes off the next invoice. A subscription takes a coupon once. A customer's token may not do this; it can name a `coupon` when it subscribes.",
  ...businessWrites("subscriptions:write"),
  request: { params: IdParam, ...body(RedemptionInput) },
  responses: { 201: json(RedemptionSchema, "The coupon on the subscription."), ...writeProblems(404) },
})

const listRoute = createRoute({
  method: "get",
  path: "/v1/subscriptions/{id}/coupons",
  operationId: "listSubscriptionCoupons",
  tags: ["Coupons"],
  summary: "List the coupons of a subscription",
  description: "All that it ever had, newest first, with the terms that they had then.",
  ...reads("subscriptions:read"),
  request: { params: IdParam, query: PageQuery },
  responses: { 200: json(z.array(RedemptionSchema), "A page of redemptions."), ...problems(404, 422) },
})

const removeRoute = createRoute({
  method: "delete",
  path: "/v1/subscriptions/{id}/coupons/{redemption_id}",
  operationId: "removeCoupon",
  tags: ["Coupons"],
  summary: "Take a coupon off a subscription",
  description:
    "Periods that begin later are not reduced any more; the running one is. The coupon counts as redeemed. A customer's token may not do this.",
  ...businessWrites("subscriptions:write"),
  request: { params: RedemptionParams },
  responses: { 204: { description: "Removed." }, ...problems(404, 409, 422) },
})

export function register(api: Api): void {
  api.openapi(redeemRoute, async (c) => {
    const { coupon } = c.req.valid("json")
    const { id } = c.req.valid("param")
    const row = unwrap(await redeemCoupon(c.get("scope"), id, coupon, reply(201, redemptionToApi)))
    return c.json(redemptionToApi(row), 201)
  })

  api.openapi(listRoute, async (c) => {
    const scope = c.get("scope")
    const { id } = unwrap(await findSubscription(scope, c.req.valid("param").id))
    const page = await scope.read.coupons.redemptions(pageFrom(c.req.valid("query")), id)
    linkNext(c, page.next)
    return c.json(page.rows.map(redemptionToApi), 200)
  })

  api.openapi(removeRoute, async (c) => {
    const { id: subscriptionId, redemption_id: redemptionId } = c.req.valid("param")
    unwrap(await removeCoupon(c.get("scope"), { subscriptionId, redemptionId }, replyNothing))
    return c.body(null, 204)
  })
}

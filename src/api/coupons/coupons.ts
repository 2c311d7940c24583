// POST and GET /admin/v1/coupons, GET and PATCH …/{id}, POST …/{id}/archive

import { createRoute, z } from "@hono/zod-openapi"
import { archiveCoupon } from "../../actions/archive-coupon.ts"
import { createCoupon } from "../../actions/create-coupon.ts"
import { findCoupon } from "../../actions/find-coupon.ts"
import { updateCoupon } from "../../actions/update-coupon.ts"
import { couponCode } from "../../domain/coupon.ts"
import type { Api } from "../app.ts"
import { ArchivedQuery } from "../catalog/product-schemas.ts"
import { reads, writes } from "../shared/access.ts"
import {
  body,
  IdParam,
  json,
  linkNext,
  pageFrom,
  PageQuery,
  problems,
  reply,
  unwrap,
  writeProblems,
} from "../shared/door.ts"
import { Empty } from "../shared/fields.ts"
import {
  couponChangesFrom,
  couponFrom,
  CouponInput,
  CouponSchema,
  couponToApi,
  CouponUpdate,
} from "./schemas.ts"

const createCouponRoute = createRoute({
  method: "post",
  path: "/admin/v1/coupons",
  operationId: "createCoupon",
  tags: ["Coupons"],
  summary: "Create a coupon",
  description:
    "A percentage or an amount off each period of the subscriptions that it is put on. What it takes off never changes: another discount is another coupon. Coupons of one subscription are stacked in the order of their redemption, each on what those before it left, and never below zero.",
  ...writes("catalog:write"),
  request: body(CouponInput),
  responses: { 201: json(CouponSchema, "The coupon."), ...writeProblems(404) },
})

const listRoute = createRoute({
  method: "get",
  path: "/admin/v1/coupons",
  operationId: "listCoupons",
  tags: ["Coupons"],
  summary: "List coupons",
  description: "Newest first, without archived ones unless asked.",
  ...reads("catalog:read"),
  request: {
    query: PageQuery.extend({
      ...ArchivedQuery,
      code: z.string().optional().openapi({ description: "In upper or lower case.", example: "LAUNCH20" }),
    }),
  },
  responses: { 200: json(z.array(CouponSchema), "A page of coupons."), ...problems(422) },
})

const getRoute = createRoute({
  method: "get",
  path: "/admin/v1/coupons/{id}",
  operationId: "getCoupon",
  tags: ["Coupons"],
  summary: "Get a coupon",
  description: "The coupon, archived or not, with how often it was redeemed.",
  ...reads("catalog:read"),
  request: { params: IdParam },
  responses: { 200: json(CouponSchema, "The coupon."), ...problems(404) },
})

const patchRoute = createRoute({
  method: "patch",
  path: "/admin/v1/coupons/{id}",
  operationId: "updateCoupon",
  tags: ["Coupons"],
  summary: "Change a coupon",
  description:
    "Its name and metadata, and how often and until when it may be redeemed; null takes a limit away. What it takes off never changes.",
  ...writes("catalog:write"),
  request: { params: IdParam, ...body(CouponUpdate) },
  responses: { 200: json(CouponSchema, "The coupon as it is now."), ...writeProblems(404) },
})

const archiveRoute = createRoute({
  method: "post",
  path: "/admin/v1/coupons/{id}/archive",
  operationId: "archiveCoupon",
  tags: ["Coupons"],
  summary: "Archive a coupon",
  description: "It can't be redeemed any more. Subscriptions that have it keep it.",
  ...writes("catalog:write"),
  request: { params: IdParam, ...body(Empty, false) },
  responses: { 200: json(CouponSchema, "The archived coupon."), ...writeProblems(404) },
})

export function register(api: Api): void {
  api.openapi(createCouponRoute, async (c) => {
    const input = couponFrom(c.req.valid("json"))
    const row = unwrap(await createCoupon(c.get("scope"), input, reply(201, couponToApi)))
    return c.json(couponToApi(row), 201)
  })

  api.openapi(listRoute, async (c) => {
    const { include_archived: archived, code, ...page } = c.req.valid("query")
    const wanted = code === undefined ? undefined : couponCode(code)
    const found = await c.get("scope").read.coupons.list(pageFrom(page), archived === "true", wanted)
    linkNext(c, found.next)
    return c.json(found.rows.map(couponToApi), 200)
  })

  api.openapi(getRoute, async (c) => {
    const row = unwrap(await findCoupon(c.get("scope"), c.req.valid("param").id))
    return c.json(couponToApi(row), 200)
  })

  api.openapi(patchRoute, async (c) => {
    const changes = couponChangesFrom(c.req.valid("json"))
    const { id } = c.req.valid("param")
    const row = unwrap(await updateCoupon(c.get("scope"), id, changes, reply(200, couponToApi)))
    return c.json(couponToApi(row), 200)
  })

  api.openapi(archiveRoute, async (c) => {
    const { id } = c.req.valid("param")
    const row = unwrap(await archiveCoupon(c.get("scope"), id, reply(200, couponToApi)))
    return c.json(couponToApi(row), 200)
  })
}

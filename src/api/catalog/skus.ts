// POST and GET /admin/v1/catalog/skus, GET and PATCH …/{id}, POST …/{id}/archive

import { createRoute, z } from "@hono/zod-openapi"
import { archiveSku } from "../../actions/archive-sku.ts"
import { createSku } from "../../actions/create-sku.ts"
import { findSku } from "../../actions/find-catalog.ts"
import { updateSku } from "../../actions/update-sku.ts"
import type { Api } from "../app.ts"
import { reads, writes } from "../shared/access.ts"
import { Empty } from "../shared/fields.ts"
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
import { ArchivedQuery } from "./product-schemas.ts"
import { skuChangesFrom, SkuInput, SkuSchema, skuTermsOf, skuToApi, SkuUpdate } from "./sku-schemas.ts"

const createSkuRoute = createRoute({
  method: "post",
  path: "/admin/v1/catalog/skus",
  operationId: "createSku",
  tags: ["Catalog"],
  summary: "Add a SKU to a plan",
  description:
    "A SKU is a price. If anybody has subscribed to the plan's current version, the SKU is part of a new one from here on.",
  ...writes("catalog:write"),
  request: body(SkuInput),
  responses: { 201: json(SkuSchema, "The SKU."), ...writeProblems(404) },
})

const listRoute = createRoute({
  method: "get",
  path: "/admin/v1/catalog/skus",
  operationId: "listSkus",
  tags: ["Catalog"],
  summary: "List SKUs",
  description: "Newest first, without archived ones unless asked.",
  ...reads("catalog:read"),
  request: {
    query: PageQuery.extend({
      plan_id: z.string().optional().openapi({ example: "01944b1f-0000-7000-8000-000000000002" }),
      ...ArchivedQuery,
    }),
  },
  responses: { 200: json(z.array(SkuSchema), "A page of SKUs."), ...problems(422) },
})

const getRoute = createRoute({
  method: "get",
  path: "/admin/v1/catalog/skus/{id}",
  operationId: "getSku",
  tags: ["Catalog"],
  summary: "Get a SKU",
  description: "The SKU with its newest terms, archived or not.",
  ...reads("catalog:read"),
  request: { params: IdParam },
  responses: { 200: json(SkuSchema, "The SKU."), ...problems(404) },
})

const patchRoute = createRoute({
  method: "patch",
  path: "/admin/v1/catalog/skus/{id}",
  operationId: "updateSku",
  tags: ["Catalog"],
  summary: "Change a SKU",
  description:
    "Changes what is given and leaves the rest; another pricing_model takes neither price nor modifiers over from the one before, and a modifier that is null is removed. The name changes in place; a price makes a new version of the plan if anybody has subscribed to the current one, and subscriptions keep theirs.",
  ...writes("catalog:write"),
  request: { params: IdParam, ...body(SkuUpdate) },
  responses: { 200: json(SkuSchema, "The SKU as it is now."), ...writeProblems(404) },
})

const archiveRoute = createRoute({
  method: "post",
  path: "/admin/v1/catalog/skus/{id}/archive",
  operationId: "archiveSku",
  tags: ["Catalog"],
  summary: "Archive a SKU",
  description: "The plan no longer has it. Subscriptions to an earlier version of the plan go on paying it.",
  ...writes("catalog:write"),
  request: { params: IdParam, ...body(Empty, false) },
  responses: { 200: json(SkuSchema, "The archived SKU."), ...writeProblems(404) },
})

export function register(api: Api): void {
  api.openapi(createSkuRoute, async (c) => {
    const input = c.req.valid("json")
    const { plan_id: planId, name, currency } = input
    const wanted = { planId, name, currency, terms: skuTermsOf(input) }
    const row = unwrap(await createSku(c.get("scope"), wanted, reply(201, skuToApi)))
    return c.json(skuToApi(row), 201)
  })

  api.openapi(listRoute, async (c) => {
    const { include_archived: archived, plan_id: planId, ...page } = c.req.valid("query")
    const found = await c.get("scope").read.catalog.skus(pageFrom(page), archived === "true", planId)
    linkNext(c, found.next)
    return c.json(found.rows.map(skuToApi), 200)
  })

  api.openapi(getRoute, async (c) => {
    const row = unwrap(await findSku(c.get("scope"), c.req.valid("param").id))
    return c.json(skuToApi(row), 200)
  })

  api.openapi(patchRoute, async (c) => {
    const changes = skuChangesFrom(c.req.valid("json"))
    const { id } = c.req.valid("param")
    const row = unwrap(await updateSku(c.get("scope"), id, changes, reply(200, skuToApi)))
    return c.json(skuToApi(row), 200)
  })

  api.openapi(archiveRoute, async (c) => {
    const { id } = c.req.valid("param")
    const row = unwrap(await archiveSku(c.get("scope"), id, reply(200, skuToApi)))
    return c.json(skuToApi(row), 200)
  })
}

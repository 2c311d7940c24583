// POST and GET /admin/v1/catalog/plans, GET and PATCH …/{id}, POST …/{id}/archive

import { createRoute, z } from "@hono/zod-openapi"
import { archivePlan } from "../../actions/archive-plan.ts"
import { createPlan } from "../../actions/create-plan.ts"
import { findPlan } from "../../actions/find-catalog.ts"
import { updatePlan } from "../../actions/update-plan.ts"
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
import {
  planChangesFrom,
  planHeadFrom,
  PlanInput,
  PlanSchema,
  planTermsOf,
  planToApi,
  PlanUpdate,
} from "./plan-schemas.ts"
import { ArchivedQuery } from "./product-schemas.ts"
import { SkuSchema, skuToApi } from "./sku-schemas.ts"

const PlanWithSkusSchema = PlanSchema.extend({
  skus: z.array(SkuSchema).openapi({ description: "The prices of the current version, oldest first." }),
}).openapi("PlanWithSkus")

const createPlanRoute = createRoute({
  method: "post",
  path: "/admin/v1/catalog/plans",
  operationId: "createPlan",
  tags: ["Catalog"],
  summary: "Create a plan",
  description: "A plan bundles SKUs, which are added to it one by one, into what can be subscribed to.",
  ...writes("catalog:write"),
  request: body(PlanInput),
  responses: { 201: json(PlanSchema, "The plan."), ...writeProblems(404) },
})

const listRoute = createRoute({
  method: "get",
  path: "/admin/v1/catalog/plans",
  operationId: "listPlans",
  tags: ["Catalog"],
  summary: "List plans",
  description: "Newest first, without archived ones unless asked.",
  ...reads("catalog:read"),
  request: {
    query: PageQuery.extend({
      product_id: z.string().optional().openapi({ example: "01944b1f-0000-7000-8000-000000000008" }),
      ...ArchivedQuery,
    }),
  },
  responses: { 200: json(z.array(PlanSchema), "A page of plans."), ...problems(422) },
})

const getRoute = createRoute({
  method: "get",
  path: "/admin/v1/catalog/plans/{id}",
  operationId: "getPlan",
  tags: ["Catalog"],
  summary: "Get a plan with its SKUs",
  description: "The plan at its current version, archived or not.",
  ...reads("catalog:read"),
  request: { params: IdParam },
  responses: { 200: json(PlanWithSkusSchema, "The plan."), ...problems(404) },
})

const patchRoute = createRoute({
  method: "patch",
  path: "/admin/v1/catalog/plans/{id}",
  operationId: "updatePlan",
  tags: ["Catalog"],
  summary: "Change a plan",
  description:
    "Changes what is given and leaves the rest. A change of cadence or trial makes a new version if anybody has subscribed to the current one; subscriptions keep theirs.",
  ...writes("catalog:write"),
  request: { params: IdParam, ...body(PlanUpdate) },
  responses: { 200: json(PlanSchema, "The plan as it is now."), ...writeProblems(404) },
})

const archiveRoute = createRoute({
  method: "post",
  path: "/admin/v1/catalog/plans/{id}/archive",
  operationId: "archivePlan",
  tags: ["Catalog"],
  summary: "Archive a plan",
  description: "It takes no new subscriptions. Those that it has go on as they are.",
  ...writes("catalog:write"),
  request: { params: IdParam, ...body(Empty, false) },
  responses: { 200: json(PlanSchema, "The archived plan."), ...writeProblems(404) },
})

export function register(api: Api): void {
  api.openapi(createPlanRoute, async (c) => {
    const input = c.req.valid("json")
    const created = await createPlan(
      c.get("scope"),
      planHeadFrom(input),
      planTermsOf(input),
      reply(201, planToApi),
    )
    return c.json(planToApi(unwrap(created)), 201)
  })

  api.openapi(listRoute, async (c) => {
    const { include_archived: archived, product_id: productId, ...page } = c.req.valid("query")
    const found = await c.get("scope").read.catalog.plans(pageFrom(page), archived === "true", productId)
    linkNext(c, found.next)
    return c.json(found.rows.map(planToApi), 200)
  })

  api.openapi(getRoute, async (c) => {
    const scope = c.get("scope")
    const found = unwrap(await findPlan(scope, c.req.valid("param").id))
    const skus = await scope.read.catalog.skusAt(found.plan.id, found.plan.currentVersion)
    return c.json({ ...planToApi(found), skus: skus.map(skuToApi) }, 200)
  })

  api.openapi(patchRoute, async (c) => {
    const changes = planChangesFrom(c.req.valid("json"))
    const { id } = c.req.valid("param")
    const plan = unwrap(await updatePlan(c.get("scope"), id, changes, reply(200, planToApi)))
    return c.json(planToApi(plan), 200)
  })

  api.openapi(archiveRoute, async (c) => {
    const { id } = c.req.valid("param")
    const plan = unwrap(await archivePlan(c.get("scope"), id, reply(200, planToApi)))
    return c.json(planToApi(plan), 200)
  })
}

// POST and GET /admin/v1/contracts/{id}/subscriptions

import { createRoute, z } from "@hono/zod-openapi"
import { findContract, membersOf } from "../../actions/find-contract.ts"
import { linkContract } from "../../actions/link-contract.ts"
import type { Api } from "../app.ts"
import { reads, writes } from "../shared/access.ts"
import { body, IdParam, json, problems, reply, unwrap, writeProblems } from "../shared/door.ts"
import { linkedToApi, LinkInput, LinkSchema, linkToApi } from "./schemas.ts"

const linkRoute = createRoute({
  method: "post",
  path: "/admin/v1/contracts/{id}/subscriptions",
  operationId: "linkContractSubscription",
  tags: ["Contracts"],
  summary: "Put a subscription under a contract",
  description:
    "From its running period on, or from the contract's first day if that comes later, it has the contract's prices, and its usage counts for the commitments.",
  ...writes("subscriptions:write"),
  request: { params: IdParam, ...body(LinkInput) },
  responses: { 201: json(LinkSchema, "The subscription under the contract."), ...writeProblems(404) },
})

const listRoute = createRoute({
  method: "get",
  path: "/admin/v1/contracts/{id}/subscriptions",
  operationId: "listContractSubscriptions",
  tags: ["Contracts"],
  summary: "List the subscriptions of a contract",
  description: "All that came to the contract's chain, in that order.",
  ...reads("subscriptions:read"),
  request: { params: IdParam },
  responses: { 200: json(z.array(LinkSchema), "The subscriptions."), ...problems(404) },
})

export function register(api: Api): void {
  api.openapi(linkRoute, async (c) => {
    const { subscription_id: subscriptionId, adoption } = c.req.valid("json")
    const { id } = c.req.valid("param")
    const input = { subscriptionId, adoption }
    const linked = unwrap(await linkContract(c.get("scope"), id, input, reply(201, linkedToApi)))
    return c.json(linkedToApi(linked), 201)
  })

  api.openapi(listRoute, async (c) => {
    const scope = c.get("scope")
    const row = unwrap(await findContract(scope, c.req.valid("param").id))
    const members = await membersOf(scope, row.rootContractId)
    return c.json(
      members.map(({ link }) => linkToApi(link)),
      200,
    )
  })
}

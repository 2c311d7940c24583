// POST /admin/v1/contracts/{id}/activate, …/amend, …/terminate

import { createRoute } from "@hono/zod-openapi"
import { activateContract } from "../../actions/activate-contract.ts"
import { amendContract } from "../../actions/amend-contract.ts"
import { terminateContract } from "../../actions/terminate-contract.ts"
import type { Api } from "../app.ts"
import { writes } from "../shared/access.ts"
import { body, IdParam, json, reply, unwrap, writeProblems } from "../shared/door.ts"
import { Empty } from "../shared/fields.ts"
import {
  amendmentFrom,
  AmendInput,
  ContractSchema,
  contractToApi,
  TerminateInput,
  terminationFrom,
} from "./schemas.ts"

const activateContractRoute = createRoute({
  method: "post",
  path: "/admin/v1/contracts/{id}/activate",
  operationId: "activateContract",
  tags: ["Contracts"],
  summary: "Activate a contract",
  description:
    "It holds from its first day on, also where that has passed, and expires by itself when its last day is over.",
  ...writes("subscriptions:write"),
  request: { params: IdParam, ...body(Empty, false) },
  responses: { 200: json(ContractSchema, "The contract as it is now."), ...writeProblems(404) },
})

const amendContractRoute = createRoute({
  method: "post",
  path: "/admin/v1/contracts/{id}/amend",
  operationId: "amendContract",
  tags: ["Contracts"],
  summary: "Amend a contract",
  description:
    "The contract becomes Amended, and a new one is Active from now on, with `parent_contract_id`. Its subscriptions go with it, and so does what was used of its commitments.",
  ...writes("subscriptions:write"),
  request: { params: IdParam, ...body(AmendInput) },
  responses: { 201: json(ContractSchema, "The new contract."), ...writeProblems(404) },
})

const terminateContractRoute = createRoute({
  method: "post",
  path: "/admin/v1/contracts/{id}/terminate",
  operationId: "terminateContract",
  tags: ["Contracts"],
  summary: "Terminate a contract",
  description:
    "It ends now: prices are the plans' again, and subscriptions that were to end with it end. What is missing to the running phase's commitment is invoiced once their bills are final; money that was paid upfront stays paid.",
  ...writes("subscriptions:write"),
  request: { params: IdParam, ...body(TerminateInput, false) },
  responses: { 200: json(ContractSchema, "The contract as it is now."), ...writeProblems(404) },
})

export function register(api: Api): void {
  api.openapi(activateContractRoute, async (c) => {
    const { id } = c.req.valid("param")
    const row = unwrap(await activateContract(c.get("scope"), id, reply(200, contractToApi)))
    return c.json(contractToApi(row), 200)
  })

  api.openapi(amendContractRoute, async (c) => {
    const { id } = c.req.valid("param")
    const input = amendmentFrom(c.req.valid("json"))
    const row = unwrap(await amendContract(c.get("scope"), id, input, reply(201, contractToApi)))
    return c.json(contractToApi(row), 201)
  })

  api.openapi(terminateContractRoute, async (c) => {
    const { id } = c.req.valid("param")
    const input = terminationFrom(c.req.valid("json"))
    const row = unwrap(await terminateContract(c.get("scope"), id, input, reply(200, contractToApi)))
    return c.json(contractToApi(row), 200)
  })
}

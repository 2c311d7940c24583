// POST and GET /admin/v1/contracts, GET …/{id}, GET …/{id}/chain, GET …/{id}/commitments

import { createRoute, z } from "@hono/zod-openapi"
import { contractCommitments } from "../../actions/contract-commitments.ts"
import { createContract } from "../../actions/create-contract.ts"
import { findContract } from "../../actions/find-contract.ts"
import type { Api } from "../app.ts"
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
import {
  CommitmentStateSchema,
  commitmentsToApi,
  contractFrom,
  ContractInput,
  ContractSchema,
  contractToApi,
  StatusSchema,
} from "./schemas.ts"

const createContractRoute = createRoute({
  method: "post",
  path: "/admin/v1/contracts",
  operationId: "createContract",
  tags: ["Contracts"],
  summary: "Create a contract",
  description:
    "A Draft, with its phases: each has a commitment, discounts and other prices of its own. Days are days of UTC, and an end date is the last day.",
  ...writes("subscriptions:write"),
  request: body(ContractInput),
  responses: { 201: json(ContractSchema, "The contract."), ...writeProblems(404) },
})

const listContractsRoute = createRoute({
  method: "get",
  path: "/admin/v1/contracts",
  operationId: "listContracts",
  tags: ["Contracts"],
  summary: "List contracts",
  description: "Newest first, amended ones among them.",
  ...reads("subscriptions:read"),
  request: {
    query: PageQuery.extend({
      customer_id: z.string().optional().openapi({ example: "01944b1f-0000-7000-8000-000000000001" }),
      status: StatusSchema.optional(),
      external_id: z.string().optional().openapi({ example: "crm-4711" }),
    }),
  },
  responses: { 200: json(z.array(ContractSchema), "A page of contracts."), ...problems(422) },
})

const getContractRoute = createRoute({
  method: "get",
  path: "/admin/v1/contracts/{id}",
  operationId: "getContract",
  tags: ["Contracts"],
  summary: "Get a contract",
  description: "The contract as it was agreed.",
  ...reads("subscriptions:read"),
  request: { params: IdParam },
  responses: { 200: json(ContractSchema, "The contract."), ...problems(404) },
})

const getChainRoute = createRoute({
  method: "get",
  path: "/admin/v1/contracts/{id}/chain",
  operationId: "getContractChain",
  tags: ["Contracts"],
  summary: "Get a contract's chain",
  description: "The contract with all that it amends and that amend it, the first one first.",
  ...reads("subscriptions:read"),
  request: { params: IdParam },
  responses: { 200: json(z.array(ContractSchema), "The chain."), ...problems(404) },
})

const getCommitmentsRoute = createRoute({
  method: "get",
  path: "/admin/v1/contracts/{id}/commitments",
  operationId: "getContractCommitments",
  tags: ["Contracts"],
  summary: "Get a contract's commitments",
  description:
    "What of each commitment is used, by the invoices as they stand, drafts among them. An amendment goes on with what was used before it.",
  ...reads("subscriptions:read"),
  request: { params: IdParam },
  responses: { 200: json(z.array(CommitmentStateSchema), "The commitments, by phase."), ...problems(404) },
})

export function register(api: Api): void {
  api.openapi(createContractRoute, async (c) => {
    const input = contractFrom(c.req.valid("json"))
    const row = unwrap(await createContract(c.get("scope"), input, reply(201, contractToApi)))
    return c.json(contractToApi(row), 201)
  })

  api.openapi(listContractsRoute, async (c) => {
    const { customer_id: customerId, status, external_id: externalId, ...page } = c.req.valid("query")
    const filter = { customerId, status, externalId }
    const found = await c.get("scope").read.contracts.list(pageFrom(page), filter)
    linkNext(c, found.next)
    return c.json(found.rows.map(contractToApi), 200)
  })

  api.openapi(getContractRoute, async (c) => {
    const row = unwrap(await findContract(c.get("scope"), c.req.valid("param").id))
    return c.json(contractToApi(row), 200)
  })

  api.openapi(getChainRoute, async (c) => {
    const scope = c.get("scope")
    const row = unwrap(await findContract(scope, c.req.valid("param").id))
    const chain = await scope.read.contracts.chain(row.rootContractId)
    return c.json(chain.map(contractToApi), 200)
  })

  api.openapi(getCommitmentsRoute, async (c) => {
    const state = unwrap(await contractCommitments(c.get("scope"), c.req.valid("param").id))
    return c.json(commitmentsToApi(state), 200)
  })
}

// POST and GET /admin/v1/customers, PATCH /admin/v1/customers/{id}

import { createRoute, z } from "@hono/zod-openapi"
import { createCustomer } from "../../actions/create-customer.ts"
import { updateCustomer } from "../../actions/update-customer.ts"
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
  customerChangesFrom,
  customerFrom,
  CustomerInput,
  CustomerSchema,
  customerToApi,
  CustomerUpdate,
} from "./schemas.ts"

const createCustomerRoute = createRoute({
  method: "post",
  path: "/admin/v1/customers",
  operationId: "createCustomer",
  tags: ["Customers"],
  summary: "Create a customer",
  description:
    "A customer is what is billed: an organization, an individual, or a subsidiary of an organization.",
  ...writes("customers:write"),
  request: body(CustomerInput),
  responses: { 201: json(CustomerSchema, "The customer."), ...writeProblems(404) },
})

const listRoute = createRoute({
  method: "get",
  path: "/admin/v1/customers",
  operationId: "listCustomers",
  tags: ["Customers"],
  summary: "List customers",
  description: "Newest first.",
  ...reads("customers:read"),
  request: {
    query: PageQuery.extend({ external_id: z.string().optional().openapi({ example: "crm-4711" }) }),
  },
  responses: { 200: json(z.array(CustomerSchema), "A page of customers."), ...problems(422) },
})

const patchRoute = createRoute({
  method: "patch",
  path: "/admin/v1/customers/{id}",
  operationId: "updateCustomer",
  tags: ["Customers"],
  summary: "Change a customer",
  description:
    "Changes what is given and leaves the rest; null takes an optional value away. `metadata` is replaced as a whole.",
  ...writes("customers:write"),
  request: { params: IdParam, ...body(CustomerUpdate) },
  responses: { 200: json(CustomerSchema, "The customer as it is now."), ...writeProblems(404) },
})

export function register(api: Api): void {
  api.openapi(createCustomerRoute, async (c) => {
    const input = customerFrom(c.req.valid("json"))
    const row = unwrap(await createCustomer(c.get("scope"), input, reply(201, customerToApi)))
    return c.json(customerToApi(row), 201)
  })

  api.openapi(listRoute, async (c) => {
    const { external_id: externalId, ...page } = c.req.valid("query")
    const found = await c.get("scope").read.customers.list(pageFrom(page), externalId)
    linkNext(c, found.next)
    return c.json(found.rows.map(customerToApi), 200)
  })

  api.openapi(patchRoute, async (c) => {
    const changes = customerChangesFrom(c.req.valid("json"))
    const { id } = c.req.valid("param")
    const row = unwrap(await updateCustomer(c.get("scope"), id, changes, reply(200, customerToApi)))
    return c.json(customerToApi(row), 200)
  })
}

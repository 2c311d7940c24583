// GET /admin/v1/customers/{id}/hierarchy

import { createRoute, z } from "@hono/zod-openapi"
import { findCustomer } from "../../actions/find.ts"
import type { CustomerRow } from "../../db/rows.ts"
import type { Tree } from "../../domain/customer.ts"
import { treeOf } from "../../domain/customer.ts"
import { limits } from "../../limits.ts"
import type { Api } from "../app.ts"
import { reads } from "../shared/access.ts"
import { IdParam, json, problems, unwrap } from "../shared/door.ts"
import { CurrencyText } from "../shared/fields.ts"
import { AccountTypeSchema, ConsolidationSchema, CustomerStatusSchema } from "./schemas.ts"

const HierarchySchema = z
  .object({
    id: z.string().openapi({ example: "01944b1f-0000-7000-8000-000000000001" }),
    display_name: z.string().openapi({ example: "Globex Corp" }),
    account_type: AccountTypeSchema.openapi({ example: "Organization" }),
    status: CustomerStatusSchema.openapi({ example: "Active" }),
    consolidation: ConsolidationSchema.openapi({ example: "Standalone" }),
    currency: CurrencyText,
    get children() {
      return z
        .array(HierarchySchema)
        .openapi({ description: "Its direct children, oldest first.", example: [] })
    },
  })
  .openapi("CustomerHierarchy")

const route = createRoute({
  method: "get",
  path: "/admin/v1/customers/{id}/hierarchy",
  operationId: "getCustomerHierarchy",
  tags: ["Customers"],
  summary: "Get the hierarchy below a customer",
  description: "The tree of accounts rooted at the customer.",
  ...reads("customers:read"),
  request: { params: IdParam },
  responses: {
    200: json(HierarchySchema, "The customer with its children, theirs, and so on."),
    ...problems(404),
  },
})

export function register(api: Api): void {
  api.openapi(route, async (c) => {
    const scope = c.get("scope")
    const root = unwrap(await findCustomer(scope, c.req.valid("param").id))
    const levels = await scope.read.customers.descendants(root.id, limits.hierarchyNodes)
    return c.json(treeToApi(treeOf(root, levels.flat())), 200)
  })
}

function treeToApi(tree: Tree<CustomerRow>): z.infer<typeof HierarchySchema> {
  return {
    id: tree.id,
    display_name: tree.displayName,
    account_type: tree.accountType,
    status: tree.status,
    consolidation: tree.consolidation,
    currency: tree.billingCurrency,
    children: tree.children.map(treeToApi),
  }
}

// GET /admin/v1/audit

import { createRoute, z } from "@hono/zod-openapi"
import type { Api } from "../app.ts"
import { reads } from "../shared/access.ts"
import { json, linkNext, pageFrom, PageQuery, problems } from "../shared/door.ts"
import { AuditEntrySchema, auditEntryToApi } from "./schemas.ts"

const route = createRoute({
  method: "get",
  path: "/admin/v1/audit",
  operationId: "listAuditEntries",
  tags: ["Audit"],
  summary: "List audit entries",
  description:
    "Every change with who made it, newest first. Entries are written with the change and never changed.",
  ...reads("audit:read"),
  request: {
    query: PageQuery.extend({
      customer_id: z.string().optional().openapi({ example: "01944b1f-0000-7000-8000-000000000001" }),
      subject_id: z.string().optional().openapi({ example: "01944b1f-0000-7000-8000-000000000001" }),
      action: z.string().optional().openapi({ example: "customer.updated" }),
    }),
  },
  responses: { 200: json(z.array(AuditEntrySchema), "A page of entries."), ...problems(422) },
})

export function register(api: Api): void {
  api.openapi(route, async (c) => {
    const { customer_id: customerId, subject_id: subjectId, action, ...page } = c.req.valid("query")
    const found = await c.get("scope").read.records.audit(pageFrom(page), { customerId, subjectId, action })
    linkNext(c, found.next)
    return c.json(found.rows.map(auditEntryToApi), 200)
  })
}

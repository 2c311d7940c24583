// GET /admin/v1/ledger/entries, GET /admin/v1/ledger/audit

import { createRoute, z } from "@hono/zod-openapi"
import { auditLedger } from "../../actions/audit-ledger.ts"
import type { Api } from "../app.ts"
import { reads } from "../shared/access.ts"
import { json, linkNext, pageFrom, PageQuery, problems } from "../shared/door.ts"
import { Timestamp } from "../shared/fields.ts"
import {
  AccountName,
  CauseName,
  differenceToApi,
  entryToApi,
  LedgerDifferenceSchema,
  LedgerEntrySchema,
} from "./schemas.ts"

const entriesRoute = createRoute({
  method: "get",
  path: "/admin/v1/ledger/entries",
  operationId: "listLedgerEntries",
  tags: ["Ledger"],
  summary: "List entries of the ledger",
  description:
    "Newest first by when they were booked. Entries are written with what causes them and never changed: a correction is a new transaction.",
  ...reads("ledger:read"),
  request: {
    query: PageQuery.extend({
      customer_id: z.string().optional().openapi({ example: "01944b1f-0000-7000-8000-000000000001" }),
      account: AccountName.optional(),
      cause: CauseName.optional(),
      from: Timestamp.optional().openapi({
        type: "string",
        format: "date-time",
        description: "Booked at or after.",
      }),
      to: Timestamp.optional().openapi({
        type: "string",
        format: "date-time",
        description: "Booked before.",
      }),
    }),
  },
  responses: { 200: json(z.array(LedgerEntrySchema), "A page of entries."), ...problems(422) },
})

const auditRoute = createRoute({
  method: "get",
  path: "/admin/v1/ledger/audit",
  operationId: "auditLedger",
  tags: ["Ledger"],
  summary: "Audit the ledger",
  description:
    "Adds up the balances of a page of customers from their entries and compares them with their invoices, credit notes, payments and refunds; the first page also compares the sums by day that the reports read. Follow the `Link` header to its end: an audit without differences in any page has found none.",
  ...reads("ledger:read"),
  request: { query: PageQuery },
  responses: {
    200: json(
      z
        .object({
          customers: z.int().openapi({ description: "How many were looked at.", example: 50 }),
          differences: z.array(LedgerDifferenceSchema),
        })
        .openapi("LedgerAudit"),
      "What was found.",
    ),
    ...problems(422),
  },
})

export function register(api: Api): void {
  api.openapi(entriesRoute, async (c) => {
    const { customer_id: customerId, account, cause, from, to, ...page } = c.req.valid("query")
    const filter = { customerId, account, cause, from, to }
    const found = await c.get("scope").read.ledger.entries(pageFrom(page), filter)
    linkNext(c, found.next)
    return c.json(found.rows.map(entryToApi), 200)
  })

  api.openapi(auditRoute, async (c) => {
    const audit = await auditLedger(c.get("scope"), pageFrom(c.req.valid("query")))
    linkNext(c, audit.next)
    const { customers, differences } = audit
    return c.json({ customers, differences: differences.map(differenceToApi) }, 200)
  })
}

// GET /v1/invoices/{id}/proof

import { createRoute, z } from "@hono/zod-openapi"
import { parseProofCursor, readProof } from "../../actions/read-proof.ts"
import { toSnake } from "../../domain/proof-wire.ts"
import type { Api } from "../app.ts"
import { reads } from "../shared/access.ts"
import { IdParam, json, problems, unwrap } from "../shared/door.ts"
import { Problem } from "../shared/problems.ts"
import { InvoiceProofSchema } from "./proof-schemas.ts"

const route = createRoute({
  method: "get",
  path: "/v1/invoices/{id}/proof",
  operationId: "getInvoiceProof",
  tags: ["Invoices"],
  summary: "Prove an invoice",
  description:
    "Everything that is needed to compute each line again: terms, totals, shares, what earlier invoices took, and a digest over the events. " +
    "`npm run verify-invoice -- <file>` does it from this answer alone. As the lines were made, whatever has changed since.",
  ...reads("invoices:read"),
  request: {
    params: IdParam,
    query: z.object({
      cursor: z.string().max(200).optional().openapi({
        description:
          "`events.next` of a line with many events: only this line is told, and its digest goes on.",
      }),
    }),
  },
  responses: { 200: json(InvoiceProofSchema, "The proof."), ...problems(404, 422) },
})

export function register(api: Api): void {
  api.openapi(route, async (c) => {
    const { cursor } = c.req.valid("query")
    const proof = unwrap(await readProof(c.get("scope"), c.req.valid("param").id, cursorOf(cursor)))
    return c.json(toSnake(proof) as z.infer<typeof InvoiceProofSchema>, 200)
  })
}

function cursorOf(text: string | undefined) {
  if (text === undefined) return null
  const cursor = parseProofCursor(text)
  if (cursor !== null) return cursor
  const message = "The cursor is not one that a proof told."
  throw new Problem("invalid_request", message, [{ path: "cursor", message }])
}

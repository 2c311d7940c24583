// How audit entries look on the wire.

import { z } from "@hono/zod-openapi"
import type { AuditRow } from "../../db/rows.ts"
import { timestamp, TimestampText } from "../shared/fields.ts"

/** A state as it was recorded: an object whose members differ by the kind of subject. */
const StateSchema = z.looseObject({}).nullable()

export const AuditEntrySchema = z
  .object({
    id: z.string().openapi({ example: "01944b1f-0000-7000-8000-0000000000a1" }),
    at: TimestampText.openapi({ description: "By the tenant's clock." }),
    actor: z
      .object({
        type: z.string().openapi({ example: "ApiKey" }),
        id: z.string().openapi({ example: "01944b1f-0000-7000-8000-00000000000b" }),
      })
      .openapi("Actor", { description: "Who did it: Root, ApiKey, Admin, Customer or System." }),
    action: z.string().openapi({ example: "customer.updated" }),
    subject_type: z.string().openapi({ example: "Customer" }),
    subject_id: z.string().openapi({ example: "01944b1f-0000-7000-8000-000000000001" }),
    customer_id: z.string().nullable().openapi({ example: "01944b1f-0000-7000-8000-000000000001" }),
    before: StateSchema.openapi({ description: "What it was like before.", example: { status: "Active" } }),
    after: StateSchema.openapi({ description: "What it is like since.", example: { status: "Suspended" } }),
    request_id: z.string().openapi({ example: "01944b1f-0000-7000-8000-0000000000aa" }),
  })
  .openapi("AuditEntry")

export function auditEntryToApi(row: AuditRow): z.infer<typeof AuditEntrySchema> {
  return {
    id: row.id,
    at: timestamp(row.at),
    actor: { type: row.actorType, id: row.actorId },
    action: row.action,
    subject_type: row.subjectType,
    subject_id: row.subjectId,
    customer_id: row.customerId,
    before: stateOf(row.before),
    after: stateOf(row.after),
    request_id: row.requestId,
  }
}

function stateOf(recorded: unknown): Record<string, unknown> | null {
  return typeof recorded === "object" && recorded !== null ? { ...recorded } : null
}

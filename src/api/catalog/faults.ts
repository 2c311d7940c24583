// Rules between fields, as part of a schema: they are looked at once every single field is right.

import type { z } from "@hono/zod-openapi"
import type { FieldFault } from "../../domain/catalog.ts"

/** For `superRefine`: adds the faults that a rule of the domain finds, each at the path of its field. */
export function faultsInto<T>(faultsOf: (fields: T) => readonly FieldFault[]) {
  return (fields: T, context: z.core.$RefinementCtx<T>): void => {
    if (context.issues.length > 0) return
    for (const { path, message } of faultsOf(fields)) {
      context.addIssue({ code: "custom", path: path.split("."), message })
    }
  }
}

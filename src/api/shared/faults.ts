// What a schema found wrong, as faults that each name their place.

import type { z } from "@hono/zod-openapi"
import type { Fault } from "../../actions/refusal.ts"

/** A field too many is a fault of its own: the schema reports it at the object that holds it. */
export function faultsOf(issues: readonly z.core.$ZodIssue[]): Fault[] {
  return issues.flatMap((issue) => {
    if (issue.code !== "unrecognized_keys") return [{ path: pathOf(issue.path), message: issue.message }]
    return issue.keys.map((key) => ({ path: pathOf([...issue.path, key]), message: "unknown field" }))
  })
}

function pathOf(path: readonly PropertyKey[]): string {
  return path.map(String).join(".")
}

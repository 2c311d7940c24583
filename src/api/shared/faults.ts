// What a schema found wrong, as faults that each name their place.

import type { z } from "@hono/zod-openapi"
import type { Fault } from "../../actions/refusal.ts"

/** A field too many is a fault of its own: the schema reports it at the object that holds it. */
export function faultsOf(issues: readonly z.core.$ZodIssue[]): Fault[] {
  return issues.flatMap((issue) => {
    const fitting = fittingOption(issue)
    if (fitting !== null)
      return faultsOf(fitting.map((one) => ({ ...one, path: [...issue.path, ...one.path] })))
    if (issue.code !== "unrecognized_keys") return [{ path: pathOf(issue.path), message: issue.message }]
    return issue.keys.map((key) => ({ path: pathOf([...issue.path, key]), message: "unknown field" }))
  })
}

/** Of several forms that a value may have, the one that it has but for some of its fields. */
function fittingOption(issue: z.core.$ZodIssue): readonly z.core.$ZodIssue[] | null {
  if (issue.code !== "invalid_union") return null
  const fitting = issue.errors.filter((option) => option.every(isOfField))
  return fitting.length === 1 ? (fitting[0] ?? null) : null
}

function isOfField(issue: z.core.$ZodIssue): boolean {
  return typeof issue.path[0] === "string" || issue.code === "unrecognized_keys"
}

function pathOf(path: readonly PropertyKey[]): string {
  return path.map(String).join(".")
}

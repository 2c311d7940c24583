// OpenAPI 3.0 knows `nullable` only beside a `type`. The generator also writes it alone, where null is one of several
// alternatives or where anything goes; strict readers refuse that.

type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

/** The same document with every lone `nullable` said in a way that 3.0 has. */
export function withTypedNulls<T extends object>(document: T): T {
  return rewritten(document as Json) as T
}

function rewritten(node: Json): Json {
  if (Array.isArray(node)) return node.map(rewritten)
  if (typeof node !== "object" || node === null) return node
  if (isLoneNull(node)) return {}
  const schema = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, rewritten(value)]))
  const { anyOf } = node
  return Array.isArray(anyOf) && anyOf.some(isLoneNull) ? { ...schema, anyOf: withNullAmong(anyOf) } : schema
}

/** Null becomes a value of each of the other alternatives. */
function withNullAmong(alternatives: readonly Json[]): Json[] {
  return alternatives
    .filter((alternative) => !isLoneNull(alternative))
    .map((alternative) => ({ ...(rewritten(alternative) as { [key: string]: Json }), nullable: true }))
}

function isLoneNull(node: Json): boolean {
  if (typeof node !== "object" || node === null || Array.isArray(node)) return false
  return node["nullable"] === true && Object.keys(node).length === 1
}

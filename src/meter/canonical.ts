// The one text of a JSON value: keys sorted, no spaces, numbers in their shortest form. Two events have the same properties
// if and only if these texts are equal. Pure.

/** `value` as JSON.parse returns it. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`
  // A double has no other form of zero than "0" in JSON, and JSON.stringify prints -0 so too.
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null"
  const members = Object.entries(value)
  if (members.length > 1) members.sort(byKey)
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`).join(",")}}`
}

function byKey(a: readonly [string, unknown], b: readonly [string, unknown]): number {
  return a[0] < b[0] ? -1 : 1
}

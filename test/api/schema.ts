// Whether an answer is what its schema in the OpenAPI document says. Knows what the document uses, and is stricter than
// JSON Schema in one thing: an object has no fields but those that are named.

import type { Document, Json, Schema } from "./document.ts"
import { at, isObject, resolve } from "./document.ts"

/** Where a value is not what the schema says; nowhere if it is. */
export function mismatches(document: Document, schema: Json, value: Json, path = ""): string[] {
  const expected = whole(document, schema)
  const either = expected["anyOf"]
  if (Array.isArray(either)) {
    const all = either.map((one) => mismatches(document, one, value, path))
    return all.find((some) => some.length === 0) ?? all[0] ?? []
  }
  if (value === null && expected["nullable"] === true) return []
  const choices = expected["enum"]
  if (Array.isArray(choices) && !choices.includes(value)) return [`${path} is ${JSON.stringify(value)}`]
  switch (expected["type"]) {
    case undefined:
      return []
    case "object":
      return isObject(value) ? inObject(document, expected, value, path) : [`${path} is no object`]
    case "array":
      if (!Array.isArray(value)) return [`${path} is no array`]
      return value.flatMap((item, index) =>
        mismatches(document, expected["items"] ?? {}, item, `${path}/${index}`),
      )
    case "integer":
      return Number.isInteger(value) ? [] : [`${path} is no integer`]
    default:
      return typeof value === expected["type"] ? [] : [`${path} is no ${JSON.stringify(expected["type"])}`]
  }
}

function inObject(document: Document, schema: Schema, value: Schema, path: string): string[] {
  const properties = at(schema, "properties")
  const rest = schema["additionalProperties"]
  const required = (schema["required"] ?? []) as string[]
  return [
    ...required.filter((name) => value[name] === undefined).map((name) => `${path}/${name} is missing`),
    ...Object.entries(value).flatMap(([name, inner]) => {
      const known = properties[name] ?? (rest === true ? {} : rest)
      return isObject(known)
        ? mismatches(document, known, inner, `${path}/${name}`)
        : [`${path}/${name} is not in the document`]
    }),
  ]
}

/** A schema with what it refers to and what it is put together from. */
export function whole(document: Document, schema: Json): Schema {
  const resolved = resolve(document, schema)
  const parts = resolved["allOf"]
  if (!Array.isArray(parts)) return resolved
  const all = parts.map((part) => whole(document, part))
  return {
    ...resolved,
    type: "object",
    properties: Object.assign({}, ...all.map((part) => at(part, "properties"))) as Schema,
    required: all.flatMap((part) => (part["required"] ?? []) as string[]),
  }
}

// The OpenAPI document as tests read it.

export type Json = null | boolean | number | string | Json[] | { readonly [key: string]: Json }
export type Schema = { readonly [key: string]: Json }

export type Parameter = { readonly name: string; readonly in: string; readonly schema: Schema }

export type Operation = {
  readonly operationId: string
  readonly method: string
  readonly path: string
  readonly summary: string
  readonly tags: readonly string[]
  readonly security: readonly Schema[]
  /** The scope that it needs; undefined for what anybody may call. */
  readonly permission: string | undefined
  /** Below /v1, but not for a customer's token. */
  readonly businessOnly: boolean
  readonly parameters: readonly Parameter[]
  /** The schema of its JSON body. */
  readonly body: Schema | undefined
  readonly responses: Readonly<Record<string, Schema>>
}

export type Document = Schema

const METHODS = ["get", "post", "put", "patch", "delete"]

export function operationsOf(document: Document): Operation[] {
  return Object.entries(at(document, "paths")).flatMap(([path, item]) =>
    METHODS.filter((method) => isObject(item) && item[method] !== undefined).map((method) =>
      operationOf(document, method, path, at(item, method)),
    ),
  )
}

function operationOf(document: Document, method: string, path: string, operation: Schema): Operation {
  const parameters = (operation["parameters"] ?? []) as Json[]
  const body = at(operation, "requestBody", "content", "application/json")
  return {
    operationId: operation["operationId"] as string,
    method: method.toUpperCase(),
    path,
    summary: operation["summary"] as string,
    tags: operation["tags"] as string[],
    security: operation["security"] as Schema[],
    permission: operation["x-permission"] as string | undefined,
    businessOnly: operation["x-business-only"] === true,
    parameters: parameters.map((parameter) => resolve(document, parameter) as unknown as Parameter),
    body: body["schema"] === undefined ? undefined : at(body, "schema"),
    responses: at(operation, "responses") as Record<string, Schema>,
  }
}

/** Its only answer of success. */
export function successOf({ responses }: Operation): number {
  return Number(Object.keys(responses).find((status) => status.startsWith("2")))
}

export function isIdempotent({ parameters }: Operation): boolean {
  return parameters.some((parameter) => parameter.name === "Idempotency-Key")
}

export function at(value: Json | undefined, ...path: string[]): Schema {
  const found = path.reduce<Json | undefined>(
    (inner, key) => (isObject(inner) ? inner[key] : undefined),
    value,
  )
  return isObject(found) ? found : {}
}

export function resolve(document: Document, value: Json): Schema {
  const reference = isObject(value) ? value["$ref"] : undefined
  return typeof reference === "string" ? at(document, ...reference.slice(2).split("/")) : at(value)
}

export function isObject(value: Json | undefined): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}

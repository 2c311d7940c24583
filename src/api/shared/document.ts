// What every operation of the OpenAPI document has in common, added in one place: credentials, headers, examples.

type Json = null | boolean | number | string | Json[] | { [key: string]: Json }
type JsonObject = { [key: string]: Json }

const METHODS = ["get", "post", "put", "patch", "delete"]

const IDEMPOTENCY_KEY: JsonObject = {
  name: "Idempotency-Key",
  in: "header",
  required: false,
  description:
    "Names the request, so that it can be sent again without doing its work again. Kept for 24 hours.",
  schema: { type: "string", minLength: 1, maxLength: 255 },
  example: "onboard-acme-sub-001",
}

const HEADERS: JsonObject = {
  RequestId: { description: "Names the request in our logs.", schema: { type: "string" } },
  Replayed: {
    description: "`true` when this is the stored answer of an earlier request with the same Idempotency-Key.",
    schema: { type: "string", enum: ["true"] },
  },
  NextPage: { description: 'RFC 8288: `<…>; rel="next"` while there is more.', schema: { type: "string" } },
  RetryAfter: { description: "Seconds to wait.", schema: { type: "string" } },
}

const SECURITY: JsonObject = {
  BearerAuth: {
    type: "http",
    scheme: "bearer",
    description: "An API key (`bsk_`, `bpk_`, `brk_`), a customer's or admin's token, or the root key.",
  },
  ApiKeyAuth: { type: "apiKey", in: "header", name: "X-API-Key", description: "An API key." },
}

export function withCommonParts(generated: object): object {
  const document = structuredClone(generated) as JsonObject
  const components = objectAt(document, "components")
  components["securitySchemes"] = SECURITY
  components["parameters"] = { IdempotencyKey: IDEMPOTENCY_KEY }
  components["headers"] = HEADERS
  for (const item of Object.values(objectAt(document, "paths"))) {
    for (const method of METHODS) {
      const operation = isObject(item) ? item[method] : undefined
      if (isObject(operation)) completeOperation(operation, document)
    }
  }
  return document
}

function completeOperation(operation: JsonObject, document: JsonObject): void {
  const idempotent = operation["x-idempotent"] === true
  delete operation["x-idempotent"]
  if (idempotent) {
    const parameters = Array.isArray(operation["parameters"]) ? operation["parameters"] : []
    operation["parameters"] = [...parameters, { $ref: "#/components/parameters/IdempotencyKey" }]
  }
  if (isObject(operation["requestBody"])) addExamples(operation["requestBody"], document)
  for (const [status, response] of Object.entries(objectAt(operation, "responses"))) {
    if (!isObject(response)) continue
    addExamples(response, document)
    response["headers"] = headersOf(status, idempotent, response, document)
  }
}

function headersOf(
  status: string,
  idempotent: boolean,
  response: JsonObject,
  document: JsonObject,
): JsonObject {
  const header = (name: string): JsonObject => ({ $ref: `#/components/headers/${name}` })
  const success = status.startsWith("2")
  return {
    "X-Request-Id": header("RequestId"),
    ...(success && idempotent ? { "X-Idempotency-Replayed": header("Replayed") } : {}),
    ...(success && isList(response, document) ? { Link: header("NextPage") } : {}),
    ...(status === "429" ? { "Retry-After": header("RetryAfter") } : {}),
  }
}

function isList(response: JsonObject, document: JsonObject): boolean {
  const media = objectAt(objectAt(response, "content"), "application/json")
  return isOfType(resolve(objectAt(media, "schema"), document), "array")
}

function addExamples(holder: JsonObject, document: JsonObject): void {
  for (const media of Object.values(objectAt(holder, "content"))) {
    if (!isObject(media) || media["example"] !== undefined || !isObject(media["schema"])) continue
    const example = exampleOf(media["schema"], document)
    if (example !== undefined) media["example"] = example
  }
}

/** An example of a schema, put together from those of its parts. Optional parts without one are left out. */
function exampleOf(schema: JsonObject, document: JsonObject): Json | undefined {
  const at = resolve(schema, document)
  if (at["example"] !== undefined) return at["example"]
  const either = at["anyOf"] ?? at["oneOf"]
  if (Array.isArray(either)) return isObject(either[0]) ? exampleOf(either[0], document) : undefined
  if (Array.isArray(at["allOf"])) {
    const parts = at["allOf"].map((part) => (isObject(part) ? exampleOf(part, document) : undefined))
    return Object.assign({}, ...parts.filter(isObject)) as JsonObject
  }
  if (isOfType(at, "array")) {
    const item = exampleOf(objectAt(at, "items"), document)
    return item === undefined ? [] : [item]
  }
  if (Array.isArray(at["enum"])) return at["enum"][0]
  return isOfType(at, "object") ? objectExample(at, document) : undefined
}

/** What may be null is a list of types in OpenAPI 3.1. */
function isOfType({ type }: JsonObject, name: string): boolean {
  return Array.isArray(type) ? type.includes(name) : type === name
}

function objectExample(schema: JsonObject, document: JsonObject): JsonObject {
  const example: JsonObject = {}
  for (const [name, property] of Object.entries(objectAt(schema, "properties"))) {
    const value = isObject(property) ? exampleOf(property, document) : undefined
    if (value !== undefined) example[name] = value
  }
  return example
}

function resolve(schema: JsonObject, document: JsonObject): JsonObject {
  const reference = schema["$ref"]
  if (typeof reference !== "string") return schema
  const path = reference.replace("#/", "").split("/")
  return path.reduce<JsonObject>((at, name) => objectAt(at, name), document)
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}

function objectAt(holder: JsonObject, name: string): JsonObject {
  const value = holder[name]
  return isObject(value) ? value : {}
}

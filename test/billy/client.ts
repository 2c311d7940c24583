// A caller of Billy's door, as curl and the original Python client call it: Basic credentials, forms, the origin's root.

import { exports } from "cloudflare:workers"
import { ORIGIN } from "../support/client.ts"

export type Form = Readonly<Record<string, string | number>>

export type Answer = {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The parsed body; an empty object where it is no JSON. */
  readonly json: any
}

export type Call = {
  readonly form?: Form
  /** Instead of a form. */
  readonly body?: BodyInit
  readonly headers?: Record<string, string>
}

export async function call(method: string, path: string, given: Call = {}): Promise<Answer> {
  const body = given.body ?? (given.form === undefined ? null : encoded(given.form))
  const type: Record<string, string> =
    given.form === undefined ? {} : { "Content-Type": "application/x-www-form-urlencoded" }
  const headers = { Accept: "*/*", ...type, ...given.headers }
  const response = await exports.default.fetch(new Request(ORIGIN + path, { method, headers, body }))
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, json: parsed(text) }
}

function encoded(form: Form): string {
  return new URLSearchParams(Object.entries(form).map(([name, value]) => [name, String(value)])).toString()
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return {}
  }
}

/** What `-u key:` sends. */
export function basic(key: string): Record<string, string> {
  return { Authorization: `Basic ${btoa(`${key}:`)}` }
}

export type Company = {
  readonly guid: string
  readonly key: string
  readonly json: any
  readonly get: (path: string) => Promise<Answer>
  readonly post: (path: string, form?: Form) => Promise<Answer>
  readonly put: (path: string, form?: Form) => Promise<Answer>
  readonly delete: (path: string) => Promise<Answer>
}

export function companyWith(key: string, json: any = {}): Company {
  const headers = basic(key)
  return {
    guid: json.guid,
    key,
    json,
    get: (path) => call("GET", path, { headers }),
    post: (path, form = {}) => call("POST", path, { form, headers }),
    put: (path, form = {}) => call("PUT", path, { form, headers }),
    delete: (path) => call("DELETE", path, { headers }),
  }
}

export async function newCompany(processorKey = "ef13dce2093b11e388de026ba7d31e6f"): Promise<Company> {
  const made = await call("POST", "/v1/companies", { form: { processor_key: processorKey } })
  if (made.status !== 200) throw new Error(`no company: ${made.status} ${made.text}`)
  return companyWith(made.json.api_key, made.json)
}

/** Makes something and gives back what was made; a refusal fails the test with its text. */
export async function made(answer: Promise<Answer>): Promise<any> {
  const { status, text, json } = await answer
  if (status !== 200) throw new Error(`${status} ${text}`)
  return json
}

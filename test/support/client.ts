// A caller of the API inside the test's isolate: real routes, real D1, real meters.

import { createExecutionContext } from "cloudflare:test"
import { env, exports } from "cloudflare:workers"
import worker from "../../src/worker.ts"
import { EventReader } from "./event-reader.ts"

export const ORIGIN = "https://ledgerline.test"
export const ROOT_KEY = "root_test_key_for_tests_only_000000"

export type Json = Record<string, any>

export type Reply = {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The parsed body; an empty object when there is none. */
  readonly json: any
}

export type Api = {
  readonly get: (path: string, headers?: Record<string, string>) => Promise<Reply>
  readonly post: (path: string, body?: unknown, headers?: Record<string, string>) => Promise<Reply>
  readonly patch: (path: string, body: unknown, headers?: Record<string, string>) => Promise<Reply>
  readonly delete: (path: string, headers?: Record<string, string>) => Promise<Reply>
}

/** Calls with `Authorization: Bearer <credential>`; null sends none. */
export function api(credential: string | null): Api {
  const auth: Record<string, string> = credential === null ? {} : { Authorization: `Bearer ${credential}` }
  const send = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    request(method, path, body, { ...auth, ...headers })
  return {
    get: (path, headers) => send("GET", path, undefined, headers),
    post: (path, body, headers) => send("POST", path, body, headers),
    patch: (path, body, headers) => send("PATCH", path, body, headers),
    delete: (path, headers) => send("DELETE", path, undefined, headers),
  }
}

type Door = (request: Request) => Response | Promise<Response>

/** In at the worker's entry, as a request of its own. */
const byEntry: Door = (made) => exports.default.fetch(made)

/** The worker is called within the test. Tests that make thousands of requests take half the time by it. */
export const byCall: Door = (made) =>
  worker.fetch(made as Parameters<typeof worker.fetch>[0], env, createExecutionContext())

/** A string body is sent as it is, anything else as JSON. */
export async function request(
  method: string,
  path: string,
  body: unknown,
  headers: Record<string, string>,
  door = byEntry,
): Promise<Reply> {
  const content = body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }
  const type: Record<string, string> = body === undefined ? {} : { "Content-Type": "application/json" }
  const made = new Request(ORIGIN + path, { method, headers: { ...type, ...headers }, ...content })
  const response = await door(made)
  const text = await textOf(response)
  return { status: response.status, headers: response.headers, text, json: parsed(text) }
}

/** Of a stream that ends in minutes, what comes up to its first event. */
async function textOf(response: Response): Promise<string> {
  const isStream = response.headers.get("Content-Type")?.startsWith("text/event-stream") === true
  return isStream ? await new EventReader(response).untilEvent() : await response.text()
}

function parsed(text: string): unknown {
  try {
    return text === "" ? {} : JSON.parse(text)
  } catch {
    return {}
  }
}

export type Tenant = { readonly id: string; readonly key: string; readonly api: Api }

export async function newTenant(mode: "live" | "test", settings: Json = {}): Promise<Tenant> {
  const made = await api(ROOT_KEY).post("/admin/v1/tenants", { name: "Test tenant", mode, ...settings })
  if (made.status !== 201) throw new Error(`no tenant: ${made.status} ${made.text}`)
  const key: string = made.json.api_key.key
  return { id: made.json.id, key, api: api(key) }
}

/** Makes something and gives back what was made; a refusal fails the test with its text. */
export async function create(caller: Api, path: string, body: unknown): Promise<any> {
  const made = await caller.post(path, body)
  if (made.status !== 201) throw new Error(`POST ${path}: ${made.status} ${made.text}`)
  return made.json
}

export async function setClock(caller: Api, now: string): Promise<void> {
  const set = await caller.post("/admin/v1/test-clock", { now })
  if (set.status !== 200) throw new Error(`clock: ${set.status} ${set.text}`)
}

export async function advance(caller: Api, to: { to: string } | { by: string }): Promise<any> {
  const advanced = await caller.post("/admin/v1/test-clock/advance", to)
  if (advanced.status !== 200) throw new Error(`advance: ${advanced.status} ${advanced.text}`)
  return advanced.json
}

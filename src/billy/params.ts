// The parameters of a request: its query and its form together, as the original's framework merged them.
// Law: where both have a name, the query wins; a body that is no form has no parameters.

import type { Ctx } from "./door.ts"
import { FrameError } from "./errors.ts"
import { limits } from "../limits.ts"

/** A name with its first value, which is the only one that is looked at. */
export type Params = ReadonlyMap<string, string>

const FORM = /^(application\/x-www-form-urlencoded|multipart\/form-data)\s*(;|$)/i

export function isForm(contentType: string | null | undefined): boolean {
  return FORM.test(contentType ?? "")
}

export async function readParams(c: Ctx): Promise<Params> {
  const params = new Map<string, string>()
  const pairs = [...new URL(c.req.url).searchParams, ...(await formPairs(c))]
  for (const [name, value] of pairs) if (!params.has(name)) params.set(name, value)
  return params
}

async function formPairs(c: Ctx): Promise<readonly (readonly [string, string])[]> {
  const type = c.req.header("Content-Type")
  if ((c.req.method !== "POST" && c.req.method !== "PUT") || type === undefined || !isForm(type)) return []
  const bytes = await bodyOf(c)
  if (!/^multipart/i.test(type)) return [...new URLSearchParams(new TextDecoder().decode(bytes))]
  try {
    const form = await new Response(bytes, { headers: { "Content-Type": type } }).formData()
    return [...form].flatMap(([name, value]) => (typeof value === "string" ? [[name, value] as const] : []))
  } catch {
    throw new FrameError(400, "The multipart body could not be read.")
  }
}

export async function bodyOf(c: Ctx): Promise<ArrayBuffer> {
  const announced = Number(c.req.header("Content-Length") ?? "0")
  if (announced > limits.bodyBytes) throw tooLarge()
  const bytes = await c.req.arrayBuffer()
  if (bytes.byteLength > limits.bodyBytes) throw tooLarge()
  return bytes
}

function tooLarge(): FrameError {
  return new FrameError(413, `A body has at most ${limits.bodyBytes} bytes.`)
}

// Pages of lists: so many items from an offset on. Clients go on at offset + limit of the answer until a page is empty, so both
// are told as they were used.

import { limits } from "../limits.ts"
import { FrameError } from "./errors.ts"
import type { Ctx } from "./door.ts"
import { answer } from "./http.ts"
import { invalidForm, readInteger } from "./form.ts"
import type { Params } from "./params.ts"
import { readParams } from "./params.ts"
import type { Json } from "./print.ts"

export type Slice = { readonly offset: number; readonly limit: number }

const FILTERS = ["external_id", "processor_uri"] as const
export type Filter = (typeof FILTERS)[number]

const DEFAULT_LIMIT = 20

/** Answers with what `read` finds. A filter that the list does not know is refused: the rest would pass for filtered. */
export async function list<const F extends Filter = never>(
  c: Ctx,
  known: readonly F[],
  read: (slice: Slice, filter: { readonly [Name in F]?: string }) => Promise<readonly Json[]>,
): Promise<Response> {
  const params = await readParams(c)
  const slice = sliceOf(params)
  const filter: { [Name in Filter]?: string } = {}
  for (const name of FILTERS) {
    const value = params.get(name)
    if (value === undefined) continue
    if (!(known as readonly Filter[]).includes(name)) {
      throw new FrameError(400, `This list can't be filtered by ${name}.`)
    }
    filter[name] = value
  }
  const items = slice.limit === 0 ? [] : await read(slice, filter)
  return answer(c, { items, ...slice })
}

function sliceOf(params: Params): Slice {
  const offset = natural(params, "offset", 0)
  return { offset, limit: Math.min(natural(params, "limit", DEFAULT_LIMIT), limits.billyPageSize) }
}

function natural(params: Params, name: string, otherwise: number): number {
  const text = params.get(name)
  if (text === undefined) return otherwise
  const value = readInteger(text)
  if (value === null || value < 0n || value > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw invalidForm([[name, ["Not a valid integer value"]]])
  }
  return Number(value)
}

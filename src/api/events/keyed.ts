// The Idempotency-Key of what goes to several meters: it is kept in D1, as those of all other operations. (That of one event for one
// subscription is kept by its meter.)

import type { Ctx } from "../shared/door.ts"
import { REQUEST_ID } from "../shared/door.ts"
import { checkKey, withKey } from "../shared/idempotency.ts"

export function givenKey(c: Ctx): string | undefined {
  const key = c.req.header("Idempotency-Key")
  if (key !== undefined) checkKey(key)
  return key
}

/** The answer, or the one that was given under this key before. */
export async function keyed(
  c: Ctx,
  key: string | undefined,
  answer: () => Promise<Response>,
): Promise<Response> {
  if (key === undefined) return answer()
  const replayed = await withKey(c, c.get("principal"), key, async () => {
    c.res = await answer()
  })
  const response = replayed ?? c.res
  response.headers.set(REQUEST_ID, c.get("requestId"))
  return response
}

// An accepted event by its id.

import type { LoggedEvent } from "./event-log.ts"
import { hashOfId } from "./index/hash.ts"
import type { SealedEvent } from "./sealed-log.ts"
import type { MeterState } from "./state.ts"

/** As it came, or what is left of it here when its content is in an archive; null when none was accepted under this id. */
export function findEvent(id: string, state: MeterState): LoggedEvent | SealedEvent | null {
  if (state.terms === null) return null
  for (const seq of state.ids.candidates(hashOfId(id))) {
    const event = state.sealed.has(seq) ? state.sealed.event(seq, id) : state.log.eventOf(seq, id)
    if (event !== null) return event
  }
  return null
}

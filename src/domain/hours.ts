// The hours of a time zone, for charts: whole hours of its clock. Where the clock changes by a part of an hour, the hour that
// the change cuts is two shorter ones.
// Law: the hours tile time. Pure but for its memory of the zone's offsets, which only saves looking them up again.

import type { Instant, OffsetSpan } from "./time.ts"
import { offsetSpan } from "./time.ts"

export type Hour = { readonly start: Instant; readonly end: Instant }

const HOUR_MS = 3_600_000

// Two for each year in most zones. Beyond that many it starts anew.
const MOST_SPANS = 200

export class Hours {
  readonly #timeZone: string
  #spans: OffsetSpan[] = []
  #last: OffsetSpan | null = null

  constructor(timeZone: string) {
    this.#timeZone = timeZone
  }

  containing(at: Instant): Hour {
    const { from, to, offsetMs, cutsBefore, cutsAfter } = this.#span(at)
    const start = at - remainder(at + offsetMs)
    const end = start + HOUR_MS
    return {
      start: (cutsBefore && start < from ? from : start) as Instant,
      end: (cutsAfter && end > to ? to : end) as Instant,
    }
  }

  #span(at: Instant): OffsetSpan {
    if (this.#last !== null && holds(this.#last, at)) return this.#last
    const known = this.#spans.find((span) => holds(span, at))
    const span = known ?? offsetSpan(at, this.#timeZone)
    if (known === undefined) {
      if (this.#spans.length >= MOST_SPANS) this.#spans = []
      this.#spans.push(span)
    }
    this.#last = span
    return span
  }
}

function holds({ from, to }: OffsetSpan, at: Instant): boolean {
  return from <= at && at < to
}

/** Of whole hours. An offset west of Greenwich can make the sum negative. */
function remainder(localMs: number): number {
  return ((localMs % HOUR_MS) + HOUR_MS) % HOUR_MS
}

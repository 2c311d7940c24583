// What becomes of a request's events: accepted, a duplicate, or rejected with a code. Synchronous; all it reads was gathered
// before, all it decides goes into the draft.
// Law: whether an id is known comes before every other rule. An event that was accepted once is a duplicate for ever after,
// even if a new one like it would be refused now; and a rejected event leaves no trace.

import { assert } from "../domain/assert.ts"
import type { MeasureProblem } from "../domain/measure.ts"
import type { CompiledTerms, Measure } from "./compiled-terms.ts"
import type { Draft } from "./draft.ts"
import type { IdempotencyKey } from "./protocol.ts"
import type { EventRow } from "./store/event-table.ts"
import { isAccepted, type EventTuple, type ResultCode, type WireReply, type WireRequest } from "./wire.ts"

/** `offered` are the newest terms that came with the group; they serve the requests that brought some. */
export function decide(request: WireRequest, draft: Draft, offered: CompiledTerms | null): WireReply {
  const terms = draft.terms ?? (request.terms === null ? null : offered)
  if (terms === null) return { kind: "NeedTerms" }
  if (request.customerId !== null && request.customerId !== terms.terms.customerId)
    return { kind: "NotFound" }
  if (request.idempotency !== null) return decideKeyed(request, request.idempotency, terms, draft)
  let results = ""
  for (const event of request.events) results += decideEvent(event, request, terms, draft, null)
  return { kind: "Recorded", replayed: false, results }
}

/** A key is stored with what it brought about, so only an accepted event takes one. The request that came with it is "the
 *  same" when its event is: same id, same content. */
function decideKeyed(
  request: WireRequest,
  idempotency: IdempotencyKey,
  terms: CompiledTerms,
  draft: Draft,
): WireReply {
  const { events } = request
  const [event] = events
  assert(event !== undefined && events.length === 1, "an idempotency key comes with one event", {
    count: events.length,
  })
  const { key, now, expiresAt } = idempotency
  const held = draft.heldKey(key, now)
  if (held !== null) {
    const stored = draft.event(event[0])
    const same = held.eventId === event[0] && stored !== undefined && sameContent(stored, event, terms)
    return same ? { kind: "Recorded", replayed: true, results: held.answer } : { kind: "KeyReused" }
  }
  const isNew = draft.event(event[0]) === undefined
  // A new event whose id is its key says so in its own row; every other key has a row of its own.
  const inEvent = isNew && key === event[0]
  const answer = decideEvent(event, request, terms, draft, inEvent ? expiresAt : null)
  if (isAccepted(answer) && !inEvent) draft.hold({ key, eventId: event[0], answer, expiresAt }, now)
  return { kind: "Recorded", replayed: false, results: answer }
}

function decideEvent(
  event: EventTuple,
  request: WireRequest,
  terms: CompiledTerms,
  draft: Draft,
  keyedUntil: number | null,
): ResultCode {
  const [id, eventType, occurredAt, customerId, properties] = event
  const stored = draft.event(id)
  if (stored !== undefined) {
    if (!sameContent(stored, event, terms)) return "c"
    return isBillable(event, terms.measure(eventType, properties), terms) ? "D" : "d"
  }
  const { endsAt } = terms.terms
  if (customerId !== null && customerId !== terms.terms.customerId) return "x"
  if (occurredAt > request.futureLimit) return "f"
  if (endsAt !== null && occurredAt >= endsAt) return "e"
  const measures = terms.measure(eventType, properties)
  const problem = firstProblem(measures)
  if (problem !== null) return problem === "property_missing" ? "m" : "n"
  const answer = isBillable(event, measures, terms) ? "A" : "a"
  const { receivedAt } = request
  draft.accept(terms, { id, eventType, occurredAt, receivedAt, properties, answer, keyedUntil }, measures)
  return answer
}

/** An event that doesn't name its customer means that of the subscription; no other one is ever accepted. */
function sameContent(stored: EventRow, event: EventTuple, terms: CompiledTerms): boolean {
  const [, eventType, occurredAt, customerId, properties] = event
  return (
    stored.eventType === eventType &&
    stored.occurredAt === occurredAt &&
    stored.properties === properties &&
    (customerId === null || customerId === terms.terms.customerId)
  )
}

function isBillable(event: EventTuple, measures: readonly Measure[], terms: CompiledTerms): boolean {
  return measures.some(({ value }) => value.ok) && terms.billingPeriod(event[2]) !== null
}

function firstProblem(measures: readonly Measure[]): MeasureProblem | null {
  for (const { value } of measures) {
    if (!value.ok) return value.error
  }
  return null
}

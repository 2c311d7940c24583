// What becomes of a request's events: accepted, a duplicate, or rejected with a code. Synchronous; what it decides goes into the
// draft.
// Law: whether an id is known comes before every other rule. An event that was accepted once is a duplicate for ever after,
// even if a new one like it would be refused now; and a rejected event leaves no trace.

import { assert, unreachable } from "../domain/assert.ts"
import type { MeasureProblem } from "../domain/measure.ts"
import { canonicalJson } from "./canonical.ts"
import type { CompiledTerms } from "./compiled-terms.ts"
import type { Draft } from "./draft.ts"
import { hashOfId } from "./index/hash.ts"
import type { IdempotencyKey } from "./protocol.ts"
import { digestOfContent, isSealed, sameDigest, type KnownEvent } from "./sealed-log.ts"
import {
  isAccepted,
  NAMED,
  type EventTuple,
  type ResultCode,
  type WireReply,
  type WireRequest,
} from "./wire.ts"

/** `offered` are the newest terms that came with the group; they serve the requests that brought some. */
export function decide(request: WireRequest, draft: Draft, offered: CompiledTerms | null): WireReply {
  const terms = draft.terms ?? (request.terms === null ? null : offered)
  if (terms === null) return { kind: "NeedTerms" }
  if (request.customerId !== null && request.customerId !== terms.terms.customerId)
    return { kind: "NotFound" }
  const reply =
    request.idempotency === null
      ? decideAll(request, terms, draft)
      : decideKeyed(request, request.idempotency, terms, draft)
  draft.endRequest(request)
  return reply
}

function decideAll(request: WireRequest, terms: CompiledTerms, draft: Draft): WireReply {
  let results = ""
  for (const event of request.events) {
    results += decideEvent(event, hashOfId(event[0]), request, terms, draft, null)
  }
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
  const [id] = event
  const { key, now, expiresAt } = idempotency
  const hash = hashOfId(id)
  const held = draft.heldKey(key, now)
  if (held !== null) {
    const stored = draft.event(id, hash)
    const same = held.eventId === id && stored !== null && sameContent(stored, event, request, terms)
    return same ? { kind: "Recorded", replayed: true, results: held.answer } : { kind: "KeyReused" }
  }
  // A new event whose id is its key says so in its own row; every other key has a row of its own.
  const inEvent = key === id && draft.event(id, hash) === null
  const answer = decideEvent(event, hash, request, terms, draft, inEvent ? expiresAt : null)
  if (isAccepted(answer) && !inEvent) draft.hold({ key, eventId: id, answer, expiresAt }, now)
  return { kind: "Recorded", replayed: false, results: answer }
}

function decideEvent(
  event: EventTuple,
  hash: number,
  request: WireRequest,
  terms: CompiledTerms,
  draft: Draft,
  keyedUntil: number | null,
): ResultCode {
  const [id, eventType, occurredAt, customer, properties] = event
  const stored = draft.event(id, hash)
  if (stored !== null) return decideKnown(stored, event, request, terms, draft)
  const { customerId, endsAt, closedBefore } = terms.terms
  if (customer !== null && (customer === NAMED ? request.named : customer) !== customerId) return "x"
  if (occurredAt > request.futureLimit) return "f"
  if (endsAt !== null && occurredAt >= endsAt) return "e"
  const period = terms.countedPeriod(occurredAt)
  if (period !== null && closedBefore !== undefined && closedBefore !== null && period.start < closedBefore) {
    return "p"
  }
  const measures = terms.measure(eventType, properties)
  if (!measures.ok) return codeOf(measures.error)
  const billable = period !== null && measures.value.length > 0
  if (billable) {
    if (draft.limiter?.refuses(period, draft.now, measures.value) === true) return "s"
    for (const measured of measures.value) {
      const problem = draft.fold.check(period, measured)
      if (problem !== null) return codeOf(problem)
    }
  }
  const answer = billable ? "A" : "a"
  const { receivedAt } = request
  draft.accept(terms, { tuple: event, hash, answer, receivedAt, keyedUntil }, period, measures.value)
  return answer
}

function decideKnown(
  stored: KnownEvent,
  event: EventTuple,
  request: WireRequest,
  terms: CompiledTerms,
  draft: Draft,
): ResultCode {
  if (!sameContent(stored, event, request, terms)) return "c"
  const [, eventType, asItCame, , given] = event
  // Whether it counts is told as it stands now: taken back it doesn't, and amended it counts as it was told anew.
  const last = draft.lastCorrection(stored.seq)
  if (last?.kind === "Void") return "d"
  const { occurredAt, properties } = last ?? { occurredAt: asItCame, properties: given }
  const measures = terms.measure(eventType, properties)
  const counted = measures.ok && measures.value.length > 0
  return counted && terms.countedPeriod(occurredAt) !== null ? "D" : "d"
}

/** An event that doesn't name its customer means that of the subscription; no other one is ever accepted. */
function sameContent(
  stored: KnownEvent,
  event: EventTuple,
  request: WireRequest,
  terms: CompiledTerms,
): boolean {
  const [, eventType, occurredAt, customer, properties] = event
  const named = customer === NAMED ? request.named : customer
  if (named !== null && named !== terms.terms.customerId) return false
  if (isSealed(stored)) {
    return sameDigest(stored.content, digestOfContent({ eventType, occurredAt, properties }))
  }
  return (
    stored.eventType === eventType &&
    stored.occurredAt === occurredAt &&
    canonicalJson(stored.properties) === canonicalJson(properties)
  )
}

function codeOf(problem: MeasureProblem): ResultCode {
  switch (problem) {
    case "property_missing":
      return "m"
    case "property_not_a_number":
      return "n"
    case "too_many_groups":
      return "g"
    default:
      return unreachable(problem)
  }
}

// How requests and answers travel to the object and back. A request is one text of two lines: what holds for all of its events,
// then the events as a JSON array of tuples. The object reads the second line once and, when it accepts every event, stores it
// as it came, so an event is printed once and parsed once on its way to the disk.
// Law: decode(encode(x)) = x. Tuples only grow at their end, because worker and object are deployed apart. Events and result codes
// are also stored (see store/chunk-table.ts), so neither is ever given another meaning.

import { assert } from "../domain/assert.ts"
import type { MeterTerms } from "../domain/terms.ts"
import type { Instant } from "../domain/time.ts"
import type { EventInput, EventResult, IdempotencyKey, RecordReply, RecordRequest } from "./protocol.ts"

/** Stands in a tuple for the customer that the request's first line names: in a batch it is the same one for every event. */
export const NAMED = 1

export type EventTuple = readonly [
  id: string,
  eventType: string,
  timestamp: Instant,
  customer: string | null | typeof NAMED,
  properties: Readonly<Record<string, unknown>>,
]

type Head = readonly [
  terms: MeterTerms | null,
  customerId: string | null,
  futureLimit: Instant,
  receivedAt: Instant,
  idempotency: IdempotencyKey | null,
  named: string | null,
]

/** A request as the object reads it. `text` is the line of its events. */
export type WireRequest = {
  readonly terms: MeterTerms | null
  readonly customerId: string | null
  readonly futureLimit: Instant
  readonly receivedAt: Instant
  readonly idempotency: IdempotencyKey | null
  readonly named: string | null
  readonly events: readonly EventTuple[]
  readonly text: string
}

/** `Failed`: this request alone met a fault of ours; nothing of it is stored. `results` has one code for each event. */
export type WireReply =
  | { readonly kind: "NeedTerms" | "NotFound" | "KeyReused" | "Busy" }
  | { readonly kind: "Failed"; readonly message: string }
  | {
      readonly kind: "Recorded"
      readonly replayed: boolean
      readonly results: string
      /** What is left of the lowest limit in nanos, where there is one. */
      readonly left?: string
      /** Which limit of a wallet refused what it refused, where one refuses all. */
      readonly by?: string
    }

export function encodeRequest(request: RecordRequest): string {
  const { terms, customerId, futureLimit, receivedAt, idempotency, events } = request
  const named = events[0]?.customerId ?? null
  const head: Head = [terms, customerId, futureLimit, receivedAt, idempotency, named]
  const tuples = events.map((event) => toTuple(event, named))
  // JSON has no line feed but in spaces that JSON.stringify doesn't print.
  return `${JSON.stringify(head)}\n${JSON.stringify(tuples)}`
}

export function decodeRequest(encoded: string): WireRequest {
  const cut = encoded.indexOf("\n")
  const head: Head = JSON.parse(encoded.slice(0, cut))
  const text = encoded.slice(cut + 1)
  const events: readonly EventTuple[] = JSON.parse(text)
  const [terms, customerId, futureLimit, receivedAt, idempotency, named] = head
  return { terms, customerId, futureLimit, receivedAt, idempotency, named, events, text }
}

export function encodeReplies(replies: readonly WireReply[]): string {
  return JSON.stringify(replies)
}

export function decodeReplies(text: string): readonly WireReply[] {
  return JSON.parse(text)
}

function toTuple(event: EventInput, named: string | null): EventTuple {
  const { id, eventType, timestamp, customerId, properties } = event
  return [
    id,
    eventType,
    timestamp,
    customerId !== null && customerId === named ? NAMED : customerId,
    properties,
  ]
}

/** Accepted and billable, accepted only, the same two as a duplicate, then the rejections. */
export type ResultCode = "A" | "a" | "D" | "d" | "c" | "f" | "e" | "m" | "n" | "x" | "g" | "p" | "s"

const RESULTS: Readonly<Record<ResultCode, EventResult>> = {
  A: { accepted: true, duplicate: false, billable: true },
  a: { accepted: true, duplicate: false, billable: false },
  D: { accepted: true, duplicate: true, billable: true },
  d: { accepted: true, duplicate: true, billable: false },
  c: { accepted: false, code: "event_id_conflict" },
  f: { accepted: false, code: "timestamp_in_future" },
  e: { accepted: false, code: "subscription_ended" },
  m: { accepted: false, code: "property_missing" },
  n: { accepted: false, code: "property_not_a_number" },
  x: { accepted: false, code: "customer_mismatch" },
  g: { accepted: false, code: "too_many_groups" },
  p: { accepted: false, code: "period_finalized" },
  s: { accepted: false, code: "spend_limit_reached" },
}

export function isResultCode(text: string): text is ResultCode {
  return KNOWN.has(text)
}

export function isAccepted(code: ResultCode): boolean {
  return RESULTS[code].accepted
}

/** The reply as actions see it. Throws for `Failed`, as the call itself would have. */
export function toRecordReply(reply: WireReply): RecordReply {
  switch (reply.kind) {
    case "Failed":
      throw new Error(`The meter could not record: ${reply.message}`)
    case "Recorded":
      return {
        kind: "Recorded",
        replayed: reply.replayed,
        results: toResults(reply),
      }
    default:
      return { kind: reply.kind }
  }
}

function toResults({ results: codes, left, by }: Extract<WireReply, { kind: "Recorded" }>): EventResult[] {
  const results: EventResult[] = []
  for (const code of codes) results.push(resultOf(code))
  if (left === undefined && by === undefined) return results
  return results.map((result) => {
    if (result.accepted) return left === undefined ? result : { ...result, leftNanos: left }
    return by === undefined || result.code !== "spend_limit_reached" ? result : { ...result, by }
  })
}

const KNOWN = new Map<string, EventResult>(Object.entries(RESULTS))

function resultOf(code: string): EventResult {
  const result = KNOWN.get(code)
  assert(result !== undefined, "a result code is known", { code })
  return result
}

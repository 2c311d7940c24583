// How requests and answers travel to the object and back: as one JSON text, with a tuple for each event and one character for
// each result. Cloning nested objects costs several times as much as printing and parsing them.
// Law: decode(encode(x)) = x. Tuples only grow at their end, because worker and object are deployed apart. Result codes are also
// stored (see store/tables.ts), so none is ever given another meaning.

import { assert } from "../domain/assert.ts"
import type { MeterTerms } from "../domain/terms.ts"
import type { Instant } from "../domain/time.ts"
import { canonicalJson } from "./canonical.ts"
import type { EventInput, EventResult, IdempotencyKey, RecordReply, RecordRequest } from "./protocol.ts"

export type EventTuple = readonly [
  id: string,
  eventType: string,
  timestamp: Instant,
  customerId: string | null,
  /** Canonical JSON. */
  properties: string,
]

/** A request to the object: `RecordRequest` with its events as tuples. */
export type WireRequest = {
  readonly terms: MeterTerms | null
  readonly customerId: string | null
  readonly futureLimit: Instant
  readonly receivedAt: Instant
  readonly idempotency: IdempotencyKey | null
  readonly events: readonly EventTuple[]
}

/** `Failed`: this request alone met a fault of ours; nothing of it is stored. `results` has one code for each event. */
export type WireReply =
  | { readonly kind: "NeedTerms" | "NotFound" | "KeyReused" | "Busy" }
  | { readonly kind: "Failed"; readonly message: string }
  | { readonly kind: "Recorded"; readonly replayed: boolean; readonly results: string }

/** Requests that go in one call are encoded one by one and then joined: each is a JSON text by itself. */
export function encodeRequest(request: RecordRequest): string {
  const { terms, customerId, futureLimit, receivedAt, idempotency } = request
  const events = request.events.map(toTuple)
  const wire: WireRequest = { terms, customerId, futureLimit, receivedAt, idempotency, events }
  return JSON.stringify(wire)
}

export function joinRequests(encoded: readonly string[]): string {
  return `[${encoded.join(",")}]`
}

export function decodeRequests(text: string): readonly WireRequest[] {
  return JSON.parse(text)
}

export function encodeReplies(replies: readonly WireReply[]): string {
  return JSON.stringify(replies)
}

export function decodeReplies(text: string): readonly WireReply[] {
  return JSON.parse(text)
}

function toTuple(event: EventInput): EventTuple {
  // Half a surrogate pair has no UTF-8 form, so SQLite couldn't give back the id that it was given.
  const id = event.id.toWellFormed()
  const eventType = event.eventType.toWellFormed()
  return [id, eventType, event.timestamp, event.customerId, canonicalJson(event.properties)]
}

/** Accepted and billable, accepted only, the same two as a duplicate, then the rejections. */
export type ResultCode = "A" | "a" | "D" | "d" | "c" | "f" | "e" | "m" | "n" | "x"

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
}

export function isResultCode(text: string): text is ResultCode {
  return Object.hasOwn(RESULTS, text)
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
      return { kind: "Recorded", replayed: reply.replayed, results: toResults(reply.results) }
    default:
      return { kind: reply.kind }
  }
}

function toResults(codes: string): EventResult[] {
  return codes.split("").map((code) => {
    assert(isResultCode(code), "a result code is known", { code })
    return RESULTS[code]
  })
}

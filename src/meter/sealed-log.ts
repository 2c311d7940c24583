// Events that are in an archive, as far as the meter still knows them: two digests each, by which an event that comes again is told
// from another one with its id. 128 bits of SHA-256 are never equal by chance.
// Law: what is sealed is compared as exactly as what is stored; only reading it needs the archive.

import type { Archive } from "../domain/archive.ts"
import type { Instant } from "../domain/time.ts"
import { sha256Start } from "../runtime/hash.ts"
import { canonicalJson } from "./canonical.ts"
import type { LoggedEvent } from "./event-log.ts"
import type { SealedRow, SealedTable } from "./store/sealed-table.ts"
import type { ResultCode } from "./wire.ts"

const DIGEST = 16
/** Bytes of an event in a row: the digest of its id, then that of its content. */
export const SEALED_BYTES = 2 * DIGEST

export type SealedEvent = {
  readonly sealed: true
  readonly seq: number
  readonly content: Uint8Array
  /** What its sender was told. */
  readonly answer: ResultCode
  readonly keyedUntil: number | null
}

/** An event that is already counted, whether its content is still here or not. */
export type KnownEvent = LoggedEvent | SealedEvent

export function isSealed(event: KnownEvent): event is SealedEvent {
  return "sealed" in event
}

type Content = Pick<LoggedEvent, "eventType" | "occurredAt" | "properties">

export function digestOfId(id: string): Uint8Array {
  return sha256Start(id, DIGEST)
}

/** Two events have the same one if and only if `sameContent` of decide.ts finds their stored forms the same. */
export function digestOfContent({ eventType, occurredAt, properties }: Content): Uint8Array {
  return sha256Start(canonicalJson([eventType, occurredAt, properties]), DIGEST)
}

/** Of events in order, one after the other. */
export function digestsOf(events: readonly LoggedEvent[]): Uint8Array {
  const digests = new Uint8Array(events.length * SEALED_BYTES)
  for (const [at, event] of events.entries()) {
    digests.set(digestOfId(event.id), at * SEALED_BYTES)
    digests.set(digestOfContent(event), at * SEALED_BYTES + DIGEST)
  }
  return digests
}

export function sameDigest(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at])
}

export class SealedLog {
  readonly #table: SealedTable
  /** No event after it is sealed, so the new ones needn't ask. */
  #lastSeq: number
  /** The one read last: a batch that is sent again has its neighbours. */
  #row: SealedRow | null = null

  constructor(table: SealedTable, lastSeq: number) {
    this.#table = table
    this.#lastSeq = lastSeq
  }

  /** The sealed event with this number, if its id is this one. */
  event(seq: number, id: string): SealedEvent | null {
    if (!this.has(seq)) return null
    const row = this.#row
    if (row === null) return null
    const from = (seq - row.first) * SEALED_BYTES
    if (!sameDigest(row.digests.subarray(from, from + DIGEST), digestOfId(id))) return null
    const content = row.digests.subarray(from + DIGEST, from + SEALED_BYTES)
    return { sealed: true, seq, content, ...toldOf(row, seq) }
  }

  has(seq: number): boolean {
    if (seq > this.#lastSeq) return false
    if (this.#row === null || seq < this.#row.first || seq > this.#row.last) {
      this.#row = this.#table.containing(seq)
    }
    return this.#row !== null
  }

  /** Whether any event of [from, to) is in an archive, or may be. */
  touches(from: Instant, to: Instant): boolean {
    return this.#lastSeq > 0 && this.#table.archivesWithin(this.#lastSeq + 1, from, to, 1).length > 0
  }

  /** The archives of which the events before `seq` come next, newest first. */
  archivesBelow(seq: number, limit: number): readonly Archive[] {
    return this.#lastSeq === 0 ? [] : this.#table.archivesBelow(seq, limit)
  }

  /** As `archivesBelow`, of those that may have events of [from, to). */
  archivesWithin(seq: number, from: Instant, to: Instant, limit: number): readonly Archive[] {
    return this.#lastSeq === 0 ? [] : this.#table.archivesWithin(seq, from, to, limit)
  }

  sealed(lastSeq: number): void {
    this.#lastSeq = Math.max(this.#lastSeq, lastSeq)
    this.#row = null
  }
}

function toldOf(row: SealedRow, seq: number): Pick<SealedEvent, "answer" | "keyedUntil"> {
  let end = row.first
  for (const [count, answer, keyedUntil] of row.runs) {
    end += count
    if (seq < end) return { answer, keyedUntil }
  }
  throw new Error(`The sealed event ${seq} is in no run of its row.`)
}

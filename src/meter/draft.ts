// One commit in the making: what the requests of a group have accepted so far, laid over what is stored. Later requests of the
// group see what earlier ones did. Until `write` nothing of it is in the state, and of the storage it touches only what its
// transaction takes back; a draft that met an error is thrown away whole.

import type { Period } from "../domain/period.ts"
import type { Instant } from "../domain/time.ts"
import { limits } from "../limits.ts"
import type { CompiledTerms } from "./compiled-terms.ts"
import { DraftIds } from "./draft-ids.ts"
import { partText } from "./event-log.ts"
import { Fold, type Measured } from "./fold.ts"
import { hashOfId } from "./index/hash.ts"
import type { KnownEvent } from "./sealed-log.ts"
import type { Limiter } from "./limiter.ts"
import type { Slot } from "./slots.ts"
import type { MeterState } from "./state.ts"
import type { ChunkRow } from "./store/chunk-table.ts"
import type { Correction } from "./store/correction-table.ts"
import type { KeyRow } from "./store/key-table.ts"
import type { MeterStore } from "./store/meter-store.ts"
import type { EventTuple, ResultCode, WireRequest } from "./wire.ts"

/** The first answer that a still valid idempotency key was given. */
export type HeldKey = Pick<KeyRow, "eventId" | "answer">

/** What the draft is told of an event that it accepts. */
export type NewEvent = {
  readonly tuple: EventTuple
  readonly hash: number
  readonly answer: ResultCode
  readonly receivedAt: Instant
  readonly keyedUntil: number | null
}

type Part = { readonly text: string; readonly count: number }

export class Draft {
  /** Null while the object is empty: the first accepted event brings the terms. */
  terms: CompiledTerms | null
  readonly fold: Fold
  /** By the tenant's clock. One reading for all requests. */
  readonly now: Instant
  readonly #state: MeterState
  readonly #store: MeterStore
  readonly #first: number
  readonly #ids = new DraftIds()
  readonly #events = this.#ids.events
  readonly #parts: Part[] = []
  readonly #storedKeys: ReadonlyMap<string, KeyRow>
  readonly #keys = new Map<string, KeyRow>()
  #keysNow = 0
  #changed: readonly Slot[] | null = null
  /** Where the events of the request begin that is being decided. */
  #requestFrom = 0
  readonly #isWhole: boolean

  /** `isWhole`: no event is refused by a limit; whoever made the draft lets it pass, or doesn't, as a whole. */
  constructor(
    state: MeterState,
    store: MeterStore,
    requests: readonly WireRequest[],
    now: Instant,
    isWhole = false,
  ) {
    this.#state = state
    this.#store = store
    this.#isWhole = isWhole
    this.terms = state.terms
    this.#first = state.seq + 1
    this.fold = new Fold(state.slots)
    this.now = now
    const keys = state.hasKeys ? requests.flatMap(({ idempotency }) => idempotency?.key ?? []) : []
    this.#storedKeys = keys.length > 0 ? store.keys.find(keys) : new Map()
  }

  /** The accepted event with this id. `hash` is that of the id. */
  event(id: string, hash: number): KnownEvent | null {
    const drafted = this.#ids.find(id, hash)
    if (drafted !== null) return drafted
    if (this.#state.terms === null) return null
    const { log, sealed, ids } = this.#state
    for (const seq of ids.candidates(hash)) {
      const event = sealed.has(seq) ? sealed.event(seq, id) : log.eventOf(seq, id)
      if (event !== null) return event
    }
    return null
  }

  /** What was said last of an accepted event. Nothing is read where nothing was ever corrected. */
  lastCorrection(seq: number): Correction | undefined {
    return this.#state.hasCorrections ? this.#store.corrections.lastOf(seq, seq).get(seq) : undefined
  }

  heldKey(key: string, now: number): HeldKey | null {
    const row = this.#keys.get(key) ?? this.#storedKeys.get(key)
    if (row !== undefined && now < row.expiresAt) return row
    const event = this.event(key, hashOfId(key))
    if (event === null || event.keyedUntil === null || now >= event.keyedUntil) return null
    return { eventId: key, answer: event.answer }
  }

  accept(
    terms: CompiledTerms,
    { tuple, hash, answer, receivedAt, keyedUntil }: NewEvent,
    period: Period | null,
    measures: readonly Measured[],
  ): void {
    if (this.#state.terms === null) this.#state.open(terms)
    this.terms = terms
    const seq = this.#first + this.#events.length
    const [id, eventType, occurredAt, , properties] = tuple
    const event = { seq, id, eventType, occurredAt, receivedAt, properties, answer, keyedUntil }
    this.#ids.add(event, hash)
    if (period === null) return
    for (const measured of measures) this.fold.add(period, measured, event)
  }

  /** After the last event of a request: its accepted ones become parts of the log, as they came if none is missing. */
  endRequest(request: WireRequest): void {
    const from = this.#requestFrom
    const accepted = this.#events.length - from
    if (accepted === 0) return
    this.#requestFrom = this.#events.length
    const whole = accepted === request.events.length && request.text.length <= limits.meterChunkCharacters
    if (whole) this.#addPart(request.receivedAt, from, this.#events.length, request.text)
    else this.#addPieces(request.receivedAt, from)
  }

  #addPieces(receivedAt: Instant, from: number): void {
    let start = from
    let texts: string[] = []
    let size = 0
    for (let at = from; at < this.#events.length; at += 1) {
      const event = this.#events[at]
      if (event === undefined) continue
      const tuple = [event.id, event.eventType, event.occurredAt, null, event.properties]
      const text = JSON.stringify(tuple)
      if (size > 0 && size + text.length > limits.meterChunkCharacters) {
        this.#addPart(receivedAt, start, at, `[${texts.join(",")}]`)
        start = at
        texts = []
        size = 0
      }
      texts.push(text)
      size += text.length
    }
    this.#addPart(receivedAt, start, this.#events.length, `[${texts.join(",")}]`)
  }

  #addPart(receivedAt: Instant, from: number, to: number, tuples: string): void {
    let answers = ""
    for (let at = from; at < to; at += 1) answers += this.#events[at]?.answer ?? ""
    const keyedUntil = this.#events[from]?.keyedUntil ?? null
    this.#parts.push({ text: partText(receivedAt, keyedUntil, answers, tuples), count: to - from })
  }

  hold(row: KeyRow, now: number): void {
    this.#keys.set(row.key, row)
    this.#keysNow = Math.max(this.#keysNow, now)
  }

  get count(): number {
    return this.#events.length
  }

  /** What refuses events one by one. */
  get limiter(): Limiter | null {
    return this.#isWhole ? null : this.#state.limiter
  }

  /** The totals as they are with what was accepted. After the last request. */
  changed(): readonly Slot[] {
    this.#changed ??= this.fold.changed(this.#first + this.#events.length - 1)
    return this.#changed
  }

  isEmpty(): boolean {
    return this.#events.length === 0 && this.#keys.size === 0
  }

  /** Stores everything and tells the state. In the transaction of the commit. */
  write(store: MeterStore): void {
    const state = this.#state
    for (const key of this.#keys.values()) store.keys.put(key)
    if (this.#keys.size > 0) store.keys.dropExpired(this.#keysNow, limits.meterExpiredKeys * this.#keys.size)
    state.hasKeys ||= this.#keys.size > 0
    if (this.#events.length === 0) return
    const last = this.#first + this.#events.length - 1
    const changes = state.slots.adopt(this.changed())
    // What is too much for a row goes into the tables at once.
    const isLong = changes.length > limits.meterChangesCharacters
    const rows = this.#rows(isLong ? "[]" : changes)
    for (const row of rows) store.chunks.append(row)
    for (const [at, hash] of this.#ids.hashes.entries()) state.ids.add(hash, this.#first + at)
    state.appended(last, rows.length, isLong)
  }

  /** The parts in rows of bounded size; the last row says what changed. */
  #rows(changes: string): ChunkRow[] {
    const rows: ChunkRow[] = []
    let from = 0
    let parts: string[] = []
    let size = 0
    let to = 0
    for (const { text, count } of this.#parts) {
      if (size > 0 && size + text.length > limits.meterChunkCharacters) {
        rows.push(this.#row(from, to, parts, "[]"))
        from = to
        parts = []
        size = 0
      }
      parts.push(text)
      size += text.length
      to += count
    }
    rows.push(this.#row(from, to, parts, changes))
    return rows
  }

  #row(from: number, to: number, parts: readonly string[], changes: string): ChunkRow {
    const hashes = new Uint32Array(to - from)
    let fromAt = this.#events[from]?.occurredAt ?? (0 as Instant)
    let toAt = fromAt
    for (let at = from; at < to; at += 1) {
      hashes[at - from] = this.#ids.hashes[at] ?? 0
      const occurredAt = this.#events[at]?.occurredAt ?? fromAt
      if (occurredAt < fromAt) fromAt = occurredAt
      if (occurredAt > toAt) toAt = occurredAt
    }
    const [first, last] = [this.#first + from, this.#first + to - 1]
    return { first, last, fromAt, toAt, hashes, changes, events: `[${parts.join(",")}]` }
  }
}

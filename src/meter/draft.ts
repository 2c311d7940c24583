// One commit in the making: what the requests of a group have accepted so far, laid over what is stored. Later requests of the
// group see what earlier ones did. Nothing of it is in storage or in the state until `write`; a draft that met an error is
// thrown away whole.

import { limits } from "../limits.ts"
import type { CompiledTerms, Measure } from "./compiled-terms.ts"
import { Fold } from "./fold.ts"
import type { MeterState } from "./state.ts"
import type { EventRow } from "./store/event-table.ts"
import type { KeyRow } from "./store/key-table.ts"
import type { MeterStore } from "./store/meter-store.ts"
import type { WireRequest } from "./wire.ts"

/** The first answer that a still valid idempotency key was given. */
export type HeldKey = Pick<KeyRow, "eventId" | "answer">

export class Draft {
  /** Null while the object is empty: the first accepted event brings the terms. */
  terms: CompiledTerms | null
  readonly #state: MeterState
  readonly #storedEvents: ReadonlyMap<string, EventRow>
  readonly #storedKeys: ReadonlyMap<string, KeyRow>
  readonly #events = new Map<string, EventRow>()
  readonly #keys = new Map<string, KeyRow>()
  readonly #fold: Fold
  #seq: number
  #keysNow = 0

  /** Reads all that the requests may ask about. */
  constructor(state: MeterState, store: MeterStore, requests: readonly WireRequest[]) {
    this.#state = state
    this.terms = state.terms
    this.#seq = state.seq
    this.#fold = new Fold((periodStart, key) => state.total(periodStart, key))
    const keys = requests.flatMap(({ idempotency }) => idempotency?.key ?? [])
    const ids = requests.flatMap(({ events }) => events.map(([id]) => id))
    this.#storedEvents = state.terms === null ? new Map() : store.events.find([...new Set([...ids, ...keys])])
    this.#storedKeys = state.hasKeys && keys.length > 0 ? store.keys.find(keys) : new Map()
  }

  /** The accepted event with this id. */
  event(id: string): EventRow | undefined {
    return this.#events.get(id) ?? this.#storedEvents.get(id)
  }

  heldKey(key: string, now: number): HeldKey | null {
    const row = this.#keys.get(key) ?? this.#storedKeys.get(key)
    if (row !== undefined && now < row.expiresAt) return row
    const event = this.event(key)
    if (event === undefined || event.keyedUntil === null || now >= event.keyedUntil) return null
    return { eventId: event.id, answer: event.answer }
  }

  accept(terms: CompiledTerms, event: Omit<EventRow, "seq">, measures: readonly Measure[]): void {
    this.terms = terms
    this.#seq += 1
    this.#events.set(event.id, { ...event, seq: this.#seq })
    const period = terms.billingPeriod(event.occurredAt)
    if (period === null) return
    for (const { key, value } of measures) {
      if (value.ok) this.#fold.add(period, key, value.value)
    }
  }

  hold(row: KeyRow, now: number): void {
    this.#keys.set(row.key, row)
    this.#keysNow = Math.max(this.#keysNow, now)
  }

  isEmpty(): boolean {
    return this.#events.size === 0 && this.#keys.size === 0
  }

  /** Stores everything in one transaction, then tells the state. */
  write(store: MeterStore): void {
    const { terms } = this
    const totals = this.#fold.changed(this.#seq)
    store.transaction(() => {
      if (this.#state.terms === null && terms !== null) {
        store.create()
        store.terms.put(terms.terms)
      }
      store.events.append([...this.#events.values()])
      for (const total of totals) store.totals.put(total)
      for (const key of this.#keys.values()) store.keys.put(key)
      if (this.#keys.size > 0)
        store.keys.dropExpired(this.#keysNow, limits.meterExpiredKeys * this.#keys.size)
    })
    this.#state.terms = terms
    this.#state.seq = this.#seq
    this.#state.hasKeys ||= this.#keys.size > 0
    this.#state.adopt(totals)
  }
}

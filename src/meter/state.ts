// What a meter keeps in memory between calls: a cache of its storage, loaded on the first call and after every failed commit.
// Law: it holds what is stored and nothing else. It may be lost between any two calls. Loading reads the last checkpoint and
// what was appended since, which is bounded, and never an event.

import { limits } from "../limits.ts"
import { CompiledTerms } from "./compiled-terms.ts"
import { EventLog } from "./event-log.ts"
import { HoldBook } from "./hold-book.ts"
import { IdIndex } from "./index/id-index.ts"
import { Limiter } from "./limiter.ts"
import { Threshold } from "./threshold.ts"
import { SealedLog } from "./sealed-log.ts"
import { SlotBook } from "./slot-book.ts"
import type { MeterStore } from "./store/meter-store.ts"

export class MeterState {
  /** The newest change: an accepted event, a correction or a recount. */
  seq = 0
  /** Whether there may be idempotency keys in their table, and corrections in theirs. */
  hasKeys = false
  hasCorrections = false
  /** The events whose content is here, and those that are in an archive. */
  readonly log: EventLog
  readonly sealed: SealedLog
  readonly slots: SlotBook
  readonly holds: HoldBook
  readonly ids: IdIndex
  readonly #store: MeterStore
  #terms: CompiledTerms | null = null
  #limiter: Limiter | null = null
  #threshold: Threshold | null = null
  #tailChunks = 0

  constructor(store: MeterStore) {
    this.#store = store
    store.names.forget()
    this.log = new EventLog(store.chunks)
    const isUsed = store.version() > 0
    this.sealed = new SealedLog(store.sealed, isUsed ? store.sealed.lastSeq() : 0)
    this.slots = new SlotBook(store, isUsed)
    this.holds = new HoldBook(store.holds, isUsed)
    this.ids = new IdIndex(store.sql)
    if (isUsed) this.#load()
  }

  #load(): void {
    const { meta, chunks, keys, corrections } = this.#store
    const terms = meta.terms()
    if (terms !== null) this.setTerms(new CompiledTerms(terms))
    this.hasKeys = !keys.isEmpty()
    this.hasCorrections = corrections.lastSeq() > 0
    this.seq = meta.checkpoint()
    for (const { first, last, hashes, changes } of chunks.digestsAfter(this.seq)) {
      for (const [at, hash] of hashes.entries()) this.ids.add(hash, first + at)
      this.slots.replay(changes, last)
      this.#tailChunks += 1
      this.seq = last
    }
  }

  /** Makes the tables of an object that has none. In the transaction that stores something. */
  open(terms: CompiledTerms): void {
    this.#store.migrate(0)
    this.#store.meta.putTerms(terms.terms)
    this.slots.opened()
    this.setTerms(terms)
  }

  /** Null: nothing was ever stored in this object. */
  get terms(): CompiledTerms | null {
    return this.#terms
  }

  /** Null where nothing limits the customer's spend. */
  get limiter(): Limiter | null {
    return this.#limiter
  }

  /** Null where there is none. */
  get threshold(): Threshold | null {
    return this.#threshold
  }

  /** The terms as they are stored from now on. */
  setTerms(terms: CompiledTerms): void {
    this.#terms = terms
    const isLimited = (terms.terms.budgets ?? []).length > 0
    const gate = isLimited ? this.#store.meta.read("gate") : null
    this.#limiter = Limiter.of(terms, gate, this.slots, (period) => this.holds.heldIn(period))
    const told = terms.terms.threshold === undefined ? null : this.#store.meta.read("threshold")
    this.#threshold = Threshold.of(terms, told, this.slots)
  }

  /** After a commit has appended to the log, in its transaction. */
  appended(seq: number, chunks: number, checkpointNow = false): void {
    this.seq = seq
    this.#tailChunks += chunks
    if (
      checkpointNow ||
      this.ids.tailSize >= limits.meterTailEvents ||
      this.#tailChunks >= limits.meterTailChunks ||
      this.slots.dirtyCount >= limits.meterTailSlots
    ) {
      this.checkpoint()
    }
    this.ids.step()
  }

  /** Puts what the log's tail says into the tables, so that waking needn't read it. In a transaction. */
  checkpoint(): void {
    this.slots.flush()
    this.ids.flush()
    this.#store.meta.putCheckpoint(this.seq)
    this.#tailChunks = 0
  }

  /** A change that is no event: a correction or a recount. In a transaction, after the totals that it changed are adopted. */
  changedWithoutEvents(seq: number): void {
    this.seq = seq
    this.checkpoint()
  }
}

// The ids since the last flush: a hash table in memory with the entries in the order of their coming. Entries of one slot are
// chained, so that adding costs the same whatever the hashes are. Nothing here is stored: the log of events has it all.

import { assert } from "../../domain/assert.ts"

// Small at first: many objects share the memory of an isolate, and most of them are quiet.
const FIRST_CAPACITY = 256

// Three rounds of eleven bits sort 32.
const DIGIT_BITS = 11
const DIGITS = 2 ** DIGIT_BITS

export type SortedEntries = { readonly hashes: Uint32Array; readonly seqs: Uint32Array }

export class Tail {
  #size = 0
  #hashes = new Uint32Array(FIRST_CAPACITY)
  #seqs = new Uint32Array(FIRST_CAPACITY)
  /** Position + 1 of the last entry of each slot; 0 when there is none. There are twice as many slots as entries. */
  #slots = new Int32Array(2 * FIRST_CAPACITY)
  /** Position + 1 of the entry of the same slot that came before. */
  #previous = new Int32Array(FIRST_CAPACITY)

  get size(): number {
    return this.#size
  }

  add(hash: number, seq: number): void {
    assert(hash >>> 0 === hash && seq >>> 0 === seq, "a hash and a seq have 32 bits", { hash, seq })
    if (this.#size === this.#hashes.length) this.#grow()
    this.#hashes[this.#size] = hash
    this.#seqs[this.#size] = seq
    this.#chain(this.#size, hash)
    this.#size += 1
  }

  /** The seqs of a hash, or what `none` is. */
  find(hash: number, none: readonly number[]): readonly number[] {
    let found: number[] | null = null
    let next = this.#slots[hash & (this.#slots.length - 1)] ?? 0
    while (next !== 0) {
      if (this.#hashes[next - 1] === hash) {
        found ??= []
        found.push(this.#seqs[next - 1] ?? 0)
      }
      next = this.#previous[next - 1] ?? 0
    }
    return found ?? none
  }

  /** In the order of their coming. A view: not to be kept. */
  hashes(): Uint32Array {
    return this.#hashes.subarray(0, this.#size)
  }

  /** All entries in the order of their hashes. */
  sorted(): SortedEntries {
    return sortedByHash({ hashes: this.#hashes.slice(0, this.#size), seqs: this.#seqs.slice(0, this.#size) })
  }

  /** Keeps its memory: who has filled it once will fill it again. */
  clear(): void {
    this.#size = 0
    this.#slots.fill(0)
  }

  #chain(position: number, hash: number): void {
    const slot = hash & (this.#slots.length - 1)
    this.#previous[position] = this.#slots[slot] ?? 0
    this.#slots[slot] = position + 1
  }

  #grow(): void {
    const capacity = 2 * this.#hashes.length
    const hashes = new Uint32Array(capacity)
    hashes.set(this.#hashes)
    const seqs = new Uint32Array(capacity)
    seqs.set(this.#seqs)
    this.#hashes = hashes
    this.#seqs = seqs
    this.#slots = new Int32Array(2 * capacity)
    this.#previous = new Int32Array(capacity)
    for (let position = 0; position < this.#size; position += 1) {
      this.#chain(position, hashes[position] ?? 0)
    }
  }
}

/** A radix sort, which takes what it is given as its room. */
function sortedByHash(entries: SortedEntries): SortedEntries {
  const size = entries.hashes.length
  let from = entries
  let to: SortedEntries = { hashes: new Uint32Array(size), seqs: new Uint32Array(size) }
  for (let shift = 0; shift < 32; shift += DIGIT_BITS) {
    sortByDigit(from, to, shift)
    const sorted = to
    to = from
    from = sorted
  }
  return from
}

/** Keeps the order of those with the same digit. */
function sortByDigit(from: SortedEntries, to: SortedEntries, shift: number): void {
  const places = placesOf(from.hashes, shift)
  for (let at = 0; at < from.hashes.length; at += 1) {
    const hash = from.hashes[at] ?? 0
    const digit = (hash >>> shift) & (DIGITS - 1)
    const place = places[digit] ?? 0
    places[digit] = place + 1
    to.hashes[place] = hash
    to.seqs[place] = from.seqs[at] ?? 0
  }
}

/** Where the first hash with each digit belongs. */
function placesOf(hashes: Uint32Array, shift: number): Uint32Array {
  const places = new Uint32Array(DIGITS)
  for (const hash of hashes) {
    const digit = (hash >>> shift) & (DIGITS - 1)
    places[digit] = (places[digit] ?? 0) + 1
  }
  let place = 0
  for (let digit = 0; digit < DIGITS; digit += 1) {
    const count = places[digit] ?? 0
    places[digit] = place
    place += count
  }
  return places
}

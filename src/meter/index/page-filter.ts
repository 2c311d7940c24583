// What memory keeps of a page: enough to say whether a hash may be in it, in a little more than two bytes for each entry instead
// of the eight on disk. Law: it never denies an entry that the page has; it may, seldom, not deny one that the page has not.
// The range of the page's hashes is cut into equal buckets of some eight entries each, and of every hash the 16 bits after
// those that tell its bucket are kept. In a page of a large run these are all the bits that are left.
// It is stored beside the page, as one row of numbers of 16 bits, so that a cold object has nothing to compute.

import { assert } from "../../domain/assert.ts"

const BUCKET_ENTRIES = 8

export class PageFilter {
  /** The shift, where each bucket begins among the entries, where the last one ends, and the bits of each entry. */
  readonly table: Uint16Array
  readonly #first: number
  readonly #buckets: number
  /** Which bits of a hash, counted from the first of the page, tell the bucket, and how many of the rest are left out. */
  readonly #shift: number
  readonly #left: number

  /** `first` is the first hash of the page and `size` the number of its entries. */
  constructor(first: number, size: number, table: Uint16Array) {
    const shift = table[0] ?? 0
    this.table = table
    this.#first = first
    this.#buckets = table.length - size - 2
    this.#shift = shift
    this.#left = Math.max(0, shift - 16)
  }

  mayHold(hash: number): boolean {
    const offset = hash - this.#first
    if (offset < 0) return false
    const bucket = offset >>> this.#shift
    const buckets = this.#buckets
    if (bucket >= buckets) return false
    const table = this.table
    const bits = (offset >>> this.#left) & 0xffff
    const entries = buckets + 2
    const end = entries + (table[bucket + 2] ?? 0)
    for (let at = entries + (table[bucket + 1] ?? 0); at < end; at += 1) {
      if (table[at] === bits) return true
    }
    return false
  }
}

/** The table of a page, from its hashes in order; there is at least one. */
export function filterTable(hashes: Uint32Array): Uint16Array {
  const size = hashes.length
  assert(size > 0 && size <= 0xffff, "a page holds entries, and 16 bits count them", { size })
  const first = hashes[0] ?? 0
  const span = (hashes[size - 1] ?? 0) - first
  const most = Math.max(2, Math.floor(size / BUCKET_ENTRIES))
  let shift = 0
  while (span >>> shift >= most) shift += 1
  const left = Math.max(0, shift - 16)
  const entries = (span >>> shift) + 3
  const table = new Uint16Array(entries + size)
  table[0] = shift
  let begun = 1
  for (let at = 0; at < size; at += 1) {
    const offset = (hashes[at] ?? 0) - first
    const bucket = offset >>> shift
    for (; begun <= bucket + 1; begun += 1) table[begun] = at
    // Stored without its upper bits, as `mayHold` compares it.
    table[entries + at] = offset >>> left
  }
  table[begun] = size
  return table
}

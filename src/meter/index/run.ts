// A run: entries in the order of their hashes, cut into pages of equal size. Once written it isn't changed, but merged with others
// into a larger one, or, while small, written anew with the tail. While runs are merged, the new one answers for the hashes up to
// the last that it has, and its sources for the rest; the hash on the border may stand in both.

import type { PageFilter } from "./page-filter.ts"
import type { Shelf } from "./page-cache.ts"
import type { SortedEntries } from "./tail.ts"

export const HIGHEST_HASH = 0xffff_ffff

/** How far a merge has come in one of its sources, in entries. */
export type MergeSource = { readonly run: Run; taken: number }

export class Run {
  readonly id: number
  readonly level: number
  readonly pageEntries: number
  entries: number
  /** The first hash of each page. */
  starts: Uint32Array
  /** The hashes that it answers for, both inclusive. */
  low = 0
  high = HIGHEST_HASH
  /** Its earlier pages are merged and gone. */
  firstPage = 0
  /** True while another run is made of it. */
  isSource = false
  /** Those that it is being made of; null when it is complete. */
  sources: readonly MergeSource[] | null = null

  readonly filters: Shelf<PageFilter> = []
  readonly contents: Shelf<SortedEntries> = []

  constructor(id: number, level: number, pageEntries: number, entries: number, starts: Uint32Array) {
    this.id = id
    this.level = level
    this.pageEntries = pageEntries
    this.entries = entries
    this.starts = starts
  }

  /** Complete, and no other run is made of it. */
  get isIdle(): boolean {
    return this.sources === null && !this.isSource
  }

  /** The last page that begins at or before the hash; -1 when all begin after it. */
  pageOf(hash: number): number {
    const starts = this.starts
    const last = starts.length - 1
    const first = starts[0] ?? 0
    if (last < 0 || hash < first) return -1
    // Hashes are spread evenly, so the place in the range is nearly the place in the row.
    const span = (starts[last] ?? 0) - first
    let page = span === 0 ? last : Math.min(last, Math.floor(((hash - first) / span) * last))
    while (page < last && (starts[page + 1] ?? 0) <= hash) page += 1
    while ((starts[page] ?? 0) > hash) page -= 1
    return page
  }

  /** What is known of a merge, told to the runs that it takes from. */
  tellSources(): void {
    for (const { run, taken } of this.sources ?? []) {
      run.isSource = true
      run.low = Math.max(0, this.high)
      run.firstPage = Math.floor(taken / run.pageEntries)
    }
  }
}

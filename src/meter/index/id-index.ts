// The id index of a subscription: from the hash of an event's id to the seqs of the events that may have it, for its whole life.
// Laws: an entry that was added is always found; what is found beside it is for the caller to refuse, who has the events. Storage
// is changed by `flush` and `step` alone, which are for the caller's transaction; when that fails, this object is
// thrown away. See README.md for how it stays flat.

import { limits } from "../../limits.ts"
import { fillGate } from "./fill.ts"
import { Gate } from "./gate.ts"
import { advanceMerge, FAN_OUT, mergeOf, nextId } from "./merge.ts"
import { PageCache } from "./page-cache.ts"
import type { PageFilter } from "./page-filter.ts"
import { HIGHEST_HASH, Run } from "./run.ts"
import { INDEX_TABLES, RunStore } from "./run-store.ts"
import { Tail, type SortedEntries } from "./tail.ts"

export type IndexBounds = {
  readonly gateBytes: number
  readonly filterBytes: number
  readonly contentBytes: number
  readonly pageEntries: number
  readonly stepEntries: number
  /** The size of a run of level 0; those of each level are four times as large as those of the one before. */
  readonly smallestRun: number
}

const DEFAULT_BOUNDS: IndexBounds = {
  gateBytes: limits.meterIndexGateBytes,
  filterBytes: limits.meterIndexFilterBytes,
  contentBytes: limits.meterIndexContentBytes,
  pageEntries: limits.meterIndexPageEntries,
  stepEntries: limits.meterIndexStepEntries,
  smallestRun: 1_024,
}

/** Entries that are merged for each that is added. An entry is merged once at each level, and eight reach to 60 million. */
const PACE = 8

/** Pages of work that must have come together before a step is worth its rows. */
const LEAST_PAGES = 4

const NONE: readonly number[] = Object.freeze([])

export class IdIndex {
  static readonly MIGRATION: readonly string[] = INDEX_TABLES

  readonly #store: RunStore
  readonly #bounds: IndexBounds
  readonly #tail = new Tail()
  readonly #filters: PageCache<PageFilter>
  readonly #contents: PageCache<SortedEntries>
  /** What is known of storage; null until it is asked for. */
  #open: { readonly runs: Run[]; readonly gate: Gate } | null = null
  #addedSinceStep = 0

  /** Reads nothing. The tables are there before anything but `add` is called. */
  constructor(sql: SqlStorage, bounds: Partial<IndexBounds> = {}) {
    this.#bounds = { ...DEFAULT_BOUNDS, ...bounds }
    this.#store = new RunStore(sql)
    this.#filters = new PageCache(this.#bounds.filterBytes)
    this.#contents = new PageCache(this.#bounds.contentBytes)
  }

  get tailSize(): number {
    return this.#tail.size
  }

  /** The seqs of a hash in no order; while runs are merged, one may come twice. */
  candidates(hash: number): readonly number[] {
    const { runs, gate } = this.#open ?? this.#read()
    if (gate.denies(hash)) return NONE
    let found = this.#tail.find(hash, NONE)
    for (const run of runs) {
      if (hash < run.low || hash > run.high) continue
      let page = run.pageOf(hash)
      // A page that begins with the hash may go on from the page before it.
      for (; page >= run.firstPage; page -= 1) {
        if (this.#filter(run, page).mayHold(hash)) found = this.#withSeqs(found, run, page, hash)
        if (run.starts[page] !== hash) break
      }
    }
    return found
  }

  /** In memory only: the caller adds again what was not flushed when an object wakes. */
  add(hash: number, seq: number): void {
    this.#tail.add(hash, seq)
    this.#open?.gate.add(hash)
    this.#addedSinceStep += 1
  }

  /** Writes the tail as a run: of its own, or together with the newest of the smallest runs while both are no more than one. */
  flush(): void {
    if (this.#tail.size === 0) return
    const { runs } = this.#open ?? this.#read()
    const { pageEntries, smallestRun } = this.#bounds
    const newest = runs.findLast((run) => run.level === 0 && run.isIdle)
    // Otherwise flushing often, as corrections make it, would leave more runs than merging takes away.
    if (newest !== undefined && newest.entries + this.#tail.size <= smallestRun) this.#takeBack(runs, newest)
    const { hashes, seqs } = this.#tail.sorted()
    let level = 0
    // The level whose runs are nearest in size, so that a tail somewhat longer than usual doesn't stand alone.
    while (hashes.length > 2 * smallestRun * FAN_OUT ** level) level += 1
    const pages = Math.ceil(hashes.length / pageEntries)
    const starts = Uint32Array.from({ length: pages }, (_, page) => hashes[page * pageEntries] ?? 0)
    const run = new Run(nextId(runs), level, pageEntries, hashes.length, starts)
    for (let page = 0; page < pages; page += 1) {
      const [from, to] = [page * pageEntries, (page + 1) * pageEntries]
      this.#store.savePage(run, page, { hashes: hashes.slice(from, to), seqs: seqs.slice(from, to) })
    }
    this.#store.save(run)
    runs.push(run)
    this.#tail.clear()
    // An object that is evicted often forgets how much it has added: where there is something to merge, the next step does some.
    if (isMergeDue(runs)) this.#addedSinceStep = Math.max(this.#addedSinceStep, this.#leastDue() / PACE)
  }

  /**
   * Merges runs, in proportion to what was added since it was last called and never more than `stepEntries`, and fills the gate
   * by half as much. To be called with every commit, so that it keeps up with adding. The lowest levels come first: many small
   * runs are what makes looking up slow.
   */
  step(): void {
    const { pageEntries, stepEntries } = this.#bounds
    const due = Math.min(this.#addedSinceStep * PACE, stepEntries)
    if (due < this.#leastDue()) return
    this.#addedSinceStep = 0
    const { runs, gate } = this.#open ?? this.#read()
    const bits = gate.toFill(this.#tail.hashes())
    if (bits !== null) fillGate(bits, this.#store, runs, stepEntries / 2)
    let pages = Math.max(1, Math.floor(due / pageEntries))
    const levels = new Set(runs.map(({ level }) => level).toSorted((a, b) => a - b))
    for (const level of levels) {
      if (pages <= 0) return
      const run = mergeOf(runs, level, pageEntries)
      if (run !== null) pages -= this.#advance(runs, run, pages)
    }
  }

  /** Entries to merge that are worth a step. */
  #leastDue(): number {
    const { pageEntries, stepEntries } = this.#bounds
    return Math.min(LEAST_PAGES * pageEntries, stepEntries)
  }

  /** For those who measure: what is stored, and what of it is in memory. */
  statistics(): { runs: number; pages: number; entries: number; cachedBytes: number } {
    const { runs, gate } = this.#open ?? this.#read()
    const merged = runs.flatMap(({ sources }) => sources ?? []).reduce((sum, { taken }) => sum + taken, 0)
    return {
      runs: runs.length,
      pages: runs.reduce((sum, { starts, firstPage }) => sum + starts.length - firstPage, 0),
      entries: runs.reduce((sum, { entries }) => sum + entries, 0) - merged + this.#tail.size,
      cachedBytes: gate.bytes + this.#filters.bytes + this.#contents.bytes,
    }
  }

  #read(): { readonly runs: Run[]; readonly gate: Gate } {
    const runs = this.#store.runs()
    const stored = runs.reduce((sum, { entries }) => sum + entries, 0)
    const gate = new Gate(stored, this.#bounds.gateBytes)
    for (const hash of this.#tail.hashes()) gate.add(hash)
    this.#open = { runs, gate }
    return this.#open
  }

  /** Puts the entries of a run into the tail again, which is about to be written. */
  #takeBack(runs: Run[], run: Run): void {
    const pages = run.starts.length
    for (let page = 0; page < pages; page += 1) {
      const { hashes, seqs } = this.#store.page(run, page)
      for (const [at, hash] of hashes.entries()) this.#tail.add(hash, seqs[at] ?? 0)
    }
    this.#forgetPages(run, 0, pages)
    this.#store.dropPages(run, 0, pages)
    this.#store.dropRun(run)
    runs.splice(runs.indexOf(run), 1)
  }

  /** Returns the pages that it wrote. */
  #advance(runs: Run[], run: Run, pages: number): number {
    const before = run.starts.length
    const sources = (run.sources ?? []).map((source) => source.run)
    const from = sources.map(({ firstPage }) => firstPage)
    advanceMerge(this.#store, run, pages)
    const complete = run.sources === null
    for (const [at, source] of sources.entries()) {
      this.#forgetPages(source, from[at] ?? 0, complete ? source.starts.length : source.firstPage)
    }
    if (complete) for (const source of sources) runs.splice(runs.indexOf(source), 1)
    return run.starts.length - before
  }

  /** In memory only: those from `from` up to, not with, `to`. */
  #forgetPages(run: Run, from: number, to: number): void {
    for (let page = from; page < to; page += 1) {
      this.#filters.drop(run.filters[page])
      this.#contents.drop(run.contents[page])
    }
  }

  #withSeqs(found: readonly number[], run: Run, page: number, hash: number): readonly number[] {
    const { hashes, seqs } = this.#content(run, page)
    let seqsOfHash: number[] | null = null
    for (let at = firstAtLeast(hashes, hash); hashes[at] === hash; at += 1) {
      seqsOfHash ??= [...found]
      seqsOfHash.push(seqs[at] ?? 0)
    }
    return seqsOfHash ?? found
  }

  #filter(run: Run, page: number): PageFilter {
    const cached = run.filters[page]
    if (cached !== undefined) {
      cached.used = true
      return cached.page
    }
    const filter = this.#store.filter(run, page)
    this.#filters.put(run.filters, page, filter, filter.table.byteLength)
    return filter
  }

  #content(run: Run, page: number): SortedEntries {
    const cached = run.contents[page]
    if (cached !== undefined) {
      cached.used = true
      return cached.page
    }
    const content = this.#store.page(run, page)
    const bytes = content.hashes.byteLength + content.seqs.byteLength
    this.#contents.put(run.contents, page, content, bytes)
    return content
  }
}

function firstAtLeast(hashes: Uint32Array, hash: number): number {
  let low = 0
  let high = hashes.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((hashes[middle] ?? HIGHEST_HASH) < hash) low = middle + 1
    else high = middle
  }
  return low
}

function isMergeDue(runs: readonly Run[]): boolean {
  if (runs.some(({ sources }) => sources !== null)) return true
  const idle = Map.groupBy(
    runs.filter((run) => run.isIdle),
    ({ level }) => level,
  )
  return [...idle.values()].some((some) => some.length >= FAN_OUT)
}

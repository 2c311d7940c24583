// Making a run out of others, one bounded piece at a time. Law: after each piece storage is complete: the new run has its pages,
// its row says how far it has come in each source, and the pages of the sources that it has used up are gone.

import { HIGHEST_HASH, Run, type MergeSource } from "./run.ts"
import type { RunStore } from "./run-store.ts"
import type { SortedEntries } from "./tail.ts"

/** Runs of a level that become one of the next. */
export const FAN_OUT = 4

/** The next entry of a source. */
class Head {
  /** Infinity when there is none. */
  hash = Infinity
  readonly source: MergeSource
  readonly #store: RunStore
  #page: SortedEntries | null = null
  #at = 0

  constructor(store: RunStore, source: MergeSource) {
    this.#store = store
    this.source = source
    this.#open()
  }

  /** The seq of the entry; then the next one is the head. */
  take(): number {
    const seq = this.#page?.seqs[this.#at] ?? 0
    this.source.taken += 1
    this.#at += 1
    const next = this.#page?.hashes[this.#at]
    if (next === undefined) this.#open()
    else this.hash = next
    return seq
  }

  #open(): void {
    const { run, taken } = this.source
    this.hash = Infinity
    this.#page = null
    if (taken === run.entries) return
    this.#at = taken % run.pageEntries
    this.#page = this.#store.page(run, Math.floor(taken / run.pageEntries))
    this.hash = this.#page.hashes[this.#at] ?? Infinity
  }
}

/** The merge of a level, begun when it is due; null when there is nothing to merge. */
export function mergeOf(runs: Run[], level: number, pageEntries: number): Run | null {
  const going = runs.find(({ sources }) => sources?.[0]?.run.level === level)
  if (going !== undefined) return going
  const idle = runs.filter((run) => run.level === level && run.isIdle)
  if (idle.length < FAN_OUT) return null
  const sources = idle.slice(0, FAN_OUT)
  const run = new Run(nextId(runs), level + 1, pageEntries, 0, new Uint32Array())
  run.sources = sources.map((source) => ({ run: source, taken: 0 }))
  run.high = -1
  run.tellSources()
  runs.push(run)
  return run
}

export function nextId(runs: readonly Run[]): number {
  return runs.reduce((highest, { id }) => Math.max(highest, id), 0) + 1
}

/**
 * Adds up to `pages` pages to `run`, and makes it complete when its sources have no more.
 * The caller drops what it has in memory of the sources' pages that are gone.
 */
export function advanceMerge(store: RunStore, run: Run, pages: number): void {
  const sources = run.sources ?? []
  const heads = sources.map((source) => new Head(store, source))
  let left = 0
  for (const source of sources) left += source.run.entries - source.taken
  const before = left
  const starts = Array.from(run.starts)
  for (let page = 0; page < pages && left > 0; page += 1) {
    const entries = nextPage(heads, Math.min(left, run.pageEntries))
    store.savePage(run, starts.length, entries)
    starts.push(entries.hashes[0] ?? 0)
    run.high = entries.hashes.at(-1) ?? run.high
    left -= entries.hashes.length
  }
  run.starts = Uint32Array.from(starts)
  run.entries += before - left
  for (const { run: source, taken } of sources) {
    const used = left === 0 ? source.starts.length : Math.floor(taken / source.pageEntries)
    store.dropPages(source, source.firstPage, used)
    if (left === 0) store.dropRun(source)
  }
  run.tellSources()
  if (left === 0) {
    run.sources = null
    run.high = HIGHEST_HASH
  }
  store.save(run)
}

function nextPage(heads: readonly Head[], size: number): SortedEntries {
  const hashes = new Uint32Array(size)
  const seqs = new Uint32Array(size)
  const [first, ...others] = heads
  if (first === undefined) return { hashes, seqs }
  for (let at = 0; at < size; at += 1) {
    let least = first
    for (const head of others) if (head.hash < least.hash) least = head
    hashes[at] = least.hash
    seqs[at] = least.take()
  }
  return { hashes, seqs }
}

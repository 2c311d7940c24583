// Fills a gate from what is stored, in the order of the hashes, a part at a time.

import { HASHES, type GateBits } from "./gate.ts"
import type { Run } from "./run.ts"
import type { RunStore } from "./run-store.ts"

/** Covers a further part of the hashes, in which about `entries` are stored. */
export function fillGate(bits: GateBits, store: RunStore, runs: readonly Run[], entries: number): void {
  const stored = runs.reduce((sum, run) => sum + run.entries, 0)
  const from = bits.covered
  const to = Math.min(HASHES, from + Math.ceil((HASHES * entries) / Math.max(entries, stored)))
  for (const run of runs) fillFrom(bits, store, run, from, to)
  bits.covered = to
}

function fillFrom(bits: GateBits, store: RunStore, run: Run, from: number, to: number): void {
  const first = Math.max(run.firstPage, run.pageOf(from))
  for (let page = first; page < run.starts.length && (run.starts[page] ?? 0) < to; page += 1) {
    for (const hash of store.hashes(run, page)) if (hash >= from && hash < to) bits.add(hash)
  }
}

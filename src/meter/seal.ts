// Lets events go that are safe in an archive: their rows leave the log, and what stays of each is a pair of digests.
// Law: one transaction, and only if the rows and their corrections are those that were archived, and no other
// archive lies among them. What a repeat means: nothing.

import { assert } from "../domain/assert.ts"
import type { Instant } from "../domain/time.ts"
import { limits } from "../limits.ts"
import { parseParts } from "./event-log.ts"
import type { SealReply, SealRequest } from "./protocol.ts"
import { SEALED_BYTES } from "./sealed-log.ts"
import type { MeterState } from "./state.ts"
import type { ChunkEvents } from "./store/chunk-table.ts"
import type { MeterStore } from "./store/meter-store.ts"
import type { SealedRun } from "./store/sealed-table.ts"
import type { ResultCode } from "./wire.ts"

/** In a transaction. */
export function seal(request: SealRequest, state: MeterState, store: MeterStore): SealReply {
  const { archive, digests, lastCorrection, before, sealedAt, wallNow } = request
  const { first, last, count } = archive
  const known = store.sealed.archive(first)
  if (known !== null) return { kind: known.key === archive.key ? "Sealed" : "Changed" }
  const rows = store.chunks.between(first, last)
  const corrections = state.hasCorrections ? store.corrections.between(first, last) : []
  const same =
    rows[0]?.first === first &&
    rows.at(-1)?.last === last &&
    (store.sealed.nextArchive(first) ?? Infinity) > last &&
    rows.reduce((sum, row) => sum + row.last - row.first + 1, 0) === count &&
    corrections.every(({ seq }) => seq <= lastCorrection)
  if (!same) return { kind: "Changed" }
  assert(digests.length === count * SEALED_BYTES, "what is sealed has digests of each event", { first, last })
  // What the rows changed and the hashes of their ids go into tables of their own before the rows go.
  state.checkpoint()
  keepDigests(rows, digests, wallNow, store)
  store.sealed.addArchive(archive, sealedAt)
  store.chunks.drop(first, last)
  const until = Math.max(before, store.meta.archivedUntil() ?? before) as Instant
  store.meta.putArchivedUntil(until)
  state.log.forget()
  state.sealed.sealed(last)
  return { kind: "Sealed" }
}

/** In rows of bounded size, each of consecutive numbers. */
function keepDigests(
  rows: readonly ChunkEvents[],
  digests: Uint8Array,
  wallNow: number,
  store: MeterStore,
): void {
  let first = rows[0]?.first ?? 0
  let next = first
  let runs: SealedRun[] = []
  let taken = 0
  const end = (): void => {
    if (next === first) return
    const bytes = digests.slice(taken * SEALED_BYTES, (taken + next - first) * SEALED_BYTES)
    store.sealed.add({ first, last: next - 1, runs, digests: bytes })
    taken += next - first
    runs = []
  }
  for (const row of rows) {
    if (row.first !== next) {
      end()
      first = next = row.first
    }
    for (const run of runsOf(row, wallNow)) {
      if (next - first >= limits.sealedRowEvents) {
        end()
        first = next
      }
      addRun(runs, run)
      next += 1
    }
  }
  end()
}

/** What was told of each event, one by one. A key that holds no more needs no remembering. */
function* runsOf(row: ChunkEvents, wallNow: number): Generator<SealedRun> {
  for (const [, keyedUntil, answers, tuples] of parseParts(row)) {
    const held = keyedUntil !== null && keyedUntil > wallNow ? keyedUntil : null
    for (const at of tuples.keys()) {
      yield [1, answers.charAt(answers.length === 1 ? 0 : at) as ResultCode, held]
    }
  }
}

function addRun(runs: SealedRun[], [count, answer, keyedUntil]: SealedRun): void {
  const last = runs.at(-1)
  if (last !== undefined && last[1] === answer && last[2] === keyedUntil) {
    runs[runs.length - 1] = [last[0] + count, answer, keyedUntil]
  } else {
    runs.push([count, answer, keyedUntil])
  }
}

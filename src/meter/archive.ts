// Which events go into an archive next: whole rows of the log whose events all lie in periods that are settled, and that have
// rested for as long as the tenant keeps raw events. The meter picks them; the worker packs them and stores the object; then the
// meter lets them go (seal.ts).
// Law: between the first and the last event of an archive none is left out, so the ranges of archives never overlap.

import type { ArchivedCorrection, ArchivedEvent } from "../domain/archive.ts"
import { assert } from "../domain/assert.ts"
import { limits } from "../limits.ts"
import { CompiledTerms } from "./compiled-terms.ts"
import { effectiveEvent } from "./effective.ts"
import { parseChunk, parseParts, type LoggedEvent } from "./event-log.ts"
import type { ArchivablePage, ArchivableRequest, ArchiveSource } from "./protocol.ts"
import { digestsOf } from "./sealed-log.ts"
import type { MeterState } from "./state.ts"
import type { ChunkEvents, ChunkUntil } from "./store/chunk-table.ts"
import type { Correction } from "./store/correction-table.ts"
import type { MeterStore } from "./store/meter-store.ts"

/** The rows of the next archive as they are stored. It reads and writes nothing else. */
export function archivable(
  request: ArchivableRequest,
  state: MeterState,
  store: MeterStore,
): ArchivablePage | null {
  if (state.terms === null) return null
  let row = firstSettled(request, state, store)
  if (row === null) return null
  const rows: ChunkEvents[] = []
  const corrections: Correction[] = []
  // Rows behind a row that waited may be in an archive already.
  const end = store.sealed.nextArchive(row.first) ?? Infinity
  let [events, characters] = [0, 0]
  while (row !== null && row.first < end && settled(row, request, state, store) === "Settled") {
    events += row.last - row.first + 1
    characters += row.events.length
    if (rows.length > 0 && (events > limits.archiveEvents || characters > limits.archiveCharacters)) break
    const { first, last, events: text } = row
    rows.push({ first, last, events: text })
    if (state.hasCorrections) corrections.push(...store.corrections.between(first, last))
    row = store.chunks.next(row.first)
  }
  return { terms: state.terms.terms, rows, corrections: JSON.stringify(corrections) }
}

function firstSettled(request: ArchivableRequest, state: MeterState, store: MeterStore): ChunkUntil | null {
  let row = store.chunks.nextBefore(0, request.before)
  while (row !== null) {
    const found = settled(row, request, state, store)
    if (found === "Settled") return row
    if (found === "Fresh") return null
    row = store.chunks.nextBefore(row.first, request.before)
  }
  return null
}

/** `Fresh`: it came too lately, and so did all that follow it. `Open`: it waits for others than itself. */
function settled(
  row: ChunkUntil,
  { before, receivedBefore }: ArchivableRequest,
  state: MeterState,
  store: MeterStore,
): "Settled" | "Open" | "Fresh" {
  if (parseParts(row).some(([receivedAt]) => receivedAt > receivedBefore)) return "Fresh"
  if (row.toAt >= before) return "Open"
  const corrections = state.hasCorrections ? store.corrections.between(row.first, row.last) : []
  const rested = corrections.every(
    (said) => said.madeAt <= receivedBefore && (said.kind === "Void" || said.occurredAt < before),
  )
  return rested ? "Settled" : "Open"
}

/** The events of a page as an archive has them, and what the meter keeps of them. Runs in the worker. */
export function sourceOf({ terms, rows, corrections: text }: ArchivablePage): ArchiveSource {
  const logged = rows.flatMap(parseChunk)
  const said: readonly Correction[] = JSON.parse(text)
  assert(logged.length > 0, "a page to archive has events")
  const bySeq = Map.groupBy(said, ({ eventSeq }) => eventSeq)
  const compiled = new CompiledTerms(terms)
  const events = logged.map((event) => toArchived(event, bySeq.get(event.seq) ?? [], compiled))
  const lastCorrection = said.reduce((last, { seq }) => Math.max(last, seq), 0)
  return { events, digests: digestsOf(logged), lastCorrection }
}

function toArchived(event: LoggedEvent, said: readonly Correction[], terms: CompiledTerms): ArchivedEvent {
  const { seq, id, eventType, occurredAt, receivedAt, properties } = event
  const now = effectiveEvent(event, said.at(-1))
  const measures = now === null ? null : terms.measure(now.eventType, now.properties)
  const counted = measures !== null && measures.ok && measures.value.length > 0
  const billable = counted && now !== null && terms.countedPeriod(now.occurredAt) !== null
  const corrections = said.map(toArchivedCorrection)
  return { seq, id, eventType, occurredAt, receivedAt, properties, billable, corrections }
}

function toArchivedCorrection(correction: Correction): ArchivedCorrection {
  const { seq, id, madeAt, reason } = correction
  if (correction.kind === "Void") return { seq, id, madeAt, reason, kind: "Void" }
  const { occurredAt, properties } = correction
  return { seq, id, madeAt, reason, kind: "Amend", occurredAt, properties }
}

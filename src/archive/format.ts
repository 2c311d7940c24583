// What an archive looks like: a line of JSON for each event, in the order of acceptance, and a manifest. Pure.
// Law: eventsOf(textOf(events)) = events. Fields are only ever added, and `schema` counts their versions. See ADR 12.

import type { Archive, ArchivedCorrection, ArchivedEvent } from "../domain/archive.ts"
import { assert } from "../domain/assert.ts"
import { formatInstant, parseInstant, type Instant } from "../domain/time.ts"

export const SCHEMA = 1

type CorrectionLine = {
  readonly seq: number
  readonly id: string
  readonly kind: string
  readonly made_at: string
  readonly reason: string | null
  readonly timestamp?: string
  readonly properties?: Readonly<Record<string, unknown>>
}

type Line = {
  readonly seq: number
  readonly id: string
  readonly event_type: string
  readonly timestamp: string
  readonly received_at: string
  readonly billable: boolean
  readonly properties: Readonly<Record<string, unknown>>
  readonly corrections: readonly CorrectionLine[]
}

/** Every line ends with a line feed. */
export function textOf(events: readonly ArchivedEvent[]): string {
  return events.map((event) => `${JSON.stringify(toLine(event))}\n`).join("")
}

export function eventsOf(text: string): ArchivedEvent[] {
  const lines = text.split("\n")
  assert(lines.pop() === "", "the last line of an archive ends")
  return lines.map((line) => fromLine(JSON.parse(line)))
}

function toLine(event: ArchivedEvent): Line {
  return {
    seq: event.seq,
    id: event.id,
    event_type: event.eventType,
    timestamp: formatInstant(event.occurredAt),
    received_at: formatInstant(event.receivedAt),
    billable: event.billable,
    properties: event.properties,
    corrections: event.corrections.map(toCorrectionLine),
  }
}

function toCorrectionLine(correction: ArchivedCorrection): CorrectionLine {
  const { seq, id, kind, madeAt, reason } = correction
  const said = { seq, id, kind, made_at: formatInstant(madeAt), reason }
  if (correction.kind === "Void") return said
  return { ...said, timestamp: formatInstant(correction.occurredAt), properties: correction.properties }
}

function fromLine(line: Line): ArchivedEvent {
  return {
    seq: line.seq,
    id: line.id,
    eventType: line.event_type,
    occurredAt: instantOf(line.timestamp),
    receivedAt: instantOf(line.received_at),
    properties: line.properties,
    billable: line.billable,
    corrections: line.corrections.map(fromCorrectionLine),
  }
}

function fromCorrectionLine(line: CorrectionLine): ArchivedCorrection {
  const { seq, id, kind, reason, timestamp, properties } = line
  const said = { seq, id, madeAt: instantOf(line.made_at), reason }
  if (kind === "Void") return { ...said, kind }
  assert(
    kind === "Amend" && timestamp !== undefined && properties !== undefined,
    "an archived correction is whole",
    { seq },
  )
  return { ...said, kind, occurredAt: instantOf(timestamp), properties }
}

function instantOf(text: string): Instant {
  const parsed = parseInstant(text)
  assert(parsed.ok, "an archive tells time as RFC 3339", { text })
  return parsed.value
}

export type Owner = { readonly tenantId: string; readonly subscriptionId: string }

/** The manifest that lies beside an object, as JSON: what it is without opening it. */
export function manifestOf(
  owner: Owner,
  archive: Archive,
  plain: { readonly sha256: string; readonly bytes: number },
): string {
  const manifest = {
    schema: SCHEMA,
    tenant_id: owner.tenantId,
    subscription_id: owner.subscriptionId,
    first_seq: archive.first,
    last_seq: archive.last,
    count: archive.count,
    first_timestamp: formatInstant(archive.fromAt),
    last_timestamp: formatInstant(archive.toAt),
    object: archive.key,
    bytes: archive.bytes,
    sha256: archive.sha256,
    plain_bytes: plain.bytes,
    plain_sha256: plain.sha256,
  }
  return `${JSON.stringify(manifest, null, 2)}\n`
}

const SEQ_DIGITS = 12
const DIGEST_DIGITS = 16

/** Numbers are padded, so that a listing of a subscription's objects is in the order of their events. The digest makes the key
 *  name its content: whoever writes it again, however late, writes the same bytes. */
export function keyOf(owner: Owner, first: number, last: number, sha256: string): string {
  const range = [first, last].map((seq) => String(seq).padStart(SEQ_DIGITS, "0")).join("-")
  const folder = `usage/${owner.tenantId}/${owner.subscriptionId}`
  return `${folder}/${range}-${sha256.slice(0, DIGEST_DIGITS)}.ndjson.gz`
}

export function manifestKeyOf(key: string): string {
  return key.replace(/\.ndjson\.gz$/, ".manifest.json")
}

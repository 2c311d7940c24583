// The answer to a batch, as text. Most results are one of four, so they are printed as such and not built to be serialized.
// Law: the text is JSON of the form that `BatchAnswer` describes, with the results in the order of the events.

import type { BatchResult } from "../../actions/record-usage.ts"
import { rejectionText } from "../../actions/record-usage.ts"
import type { ReadEvent } from "./read-events.ts"

/** `told`: what became of the events that could be read, in their order. */
export function batchAnswer(reads: readonly ReadEvent[], told: readonly BatchResult[]): string {
  const counts = { accepted: 0, duplicates: 0, rejected: 0 }
  let results = ""
  let next = 0
  for (const read of reads) {
    const id = quoted(read.eventId)
    const result = read.ok ? told[next++] : read
    if (result === undefined) throw new Error("An event of the batch has no result.")
    if ("faults" in result) counts.rejected += 1
    else if (!result.accepted) counts.rejected += 1
    else if (result.duplicate) counts.duplicates += 1
    else counts.accepted += 1
    results += `${results === "" ? "" : ","}{"event_id":${id}${resultText(result)}}`
  }
  const { accepted, duplicates, rejected } = counts
  return `{"accepted":${accepted},"duplicates":${duplicates},"rejected":${rejected},"results":[${results}]}`
}

/** Printable characters of ASCII but for the quote and the backslash stand for themselves in JSON. */
const PLAIN = /^[ !#-[\]-~]*$/

function quoted(text: string | null): string {
  return text !== null && PLAIN.test(text) ? `"${text}"` : JSON.stringify(text)
}

type Broken = Extract<ReadEvent, { ok: false }>

function resultText(result: BatchResult | Broken): string {
  if ("faults" in result) return rejection("invalid_request", faultText(result))
  if (!result.accepted) return rejection(result.code, reason(result))
  const billable = result.billable ? "true" : "false"
  const { leftNanos } = result
  const left = leftNanos === undefined ? "" : `,"limit_remaining_nanos":"${leftNanos}"`
  return `,"status":"${result.duplicate ? "Duplicate" : "Accepted"}","billable":${billable}${left}`
}

function rejection(code: string, message: string): string {
  return `,"status":"Rejected","code":${JSON.stringify(code)},"message":${JSON.stringify(message)}`
}

function faultText({ faults }: Broken): string {
  return faults.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`)).join("; ")
}

function reason(result: Exclude<BatchResult, { accepted: true }>): string {
  switch (result.code) {
    case "not_found":
      return "There is no such subscription, or no such customer where none is named."
    case "meter_busy":
      return "The subscription's meter has more events waiting than it takes. Send again shortly."
    case "event_not_metered":
      return "The customer has no running subscription whose plan meters this type."
    default:
      return rejectionText(result.code, result.by)
  }
}

// `npm run verify-invoice -- <proof.json> [--events <events.ndjson>]`: computes an invoice again from its proof alone, to the last
// digit. With the events, one JSON object on each line as the API lists them behind a line, it follows the digests and counts the
// totals again. Ends with 1 and the difference where something does not come out.

import { createHash } from "node:crypto"
import { readFile } from "node:fs/promises"
import { parseArgs } from "node:util"
import type { DigestedEvent } from "../src/domain/event-digest.ts"
import type { InvoiceProof, ProofFault, ProofLine } from "../src/domain/proof.ts"
import { faultsOf, isComputed } from "../src/domain/proof-check.ts"
import { eventFaults, isBehindProof } from "../src/domain/proof-events.ts"
import { fromSnake } from "../src/domain/proof-wire.ts"
import { parseInstant } from "../src/domain/time.ts"

type FileEvent = DigestedEvent & { readonly lineId: string | null; readonly subscriptionId: string | null }

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { events: { type: "string" } },
})
const [file] = positionals
if (file === undefined) fail("Usage: npm run verify-invoice -- <proof.json> [--events <events.ndjson>]")

try {
  const proof = proofOf(await readFile(file, "utf8"))
  const events = values.events === undefined ? null : eventsOf(await readFile(values.events, "utf8"))
  const faults = [
    ...faultsOf(proof),
    ...(events === null ? [] : proof.lines.flatMap((line) => checkEvents(line, events))),
  ]
  tell(proof, faults)
} catch (error) {
  fail(`The proof can't be read: ${error instanceof Error ? error.message : String(error)}`)
}

function proofOf(text: string): InvoiceProof {
  const proof = fromSnake(JSON.parse(text)) as InvoiceProof
  if (proof.proofVersion !== 1)
    throw new Error(`there is no version ${String(proof.proofVersion)} of proofs.`)
  return proof
}

function eventsOf(text: string): FileEvent[] {
  const rows = text.split("\n").filter((row) => row.trim() !== "")
  return rows.flatMap((row) => {
    const event = JSON.parse(row) as Record<string, unknown>
    const at = parseInstant(String(event["timestamp"]))
    if (!at.ok) throw new Error(`${String(event["id"])} has no timestamp.`)
    // What is kept and not charged is behind no line.
    if (event["billable"] === false) return []
    return {
      id: String(event["id"]),
      eventType: String(event["event_type"]),
      timestamp: at.value,
      isVoided: event["status"] === "Voided",
      properties: (event["properties"] ?? {}) as Record<string, unknown>,
      lineId: typeof event["line_id"] === "string" ? event["line_id"] : null,
      subscriptionId: typeof event["subscription_id"] === "string" ? event["subscription_id"] : null,
    }
  })
}

/** An event that says whose it is belongs to that line; one that doesn't, to every line that counts it. */
function checkEvents(line: ProofLine, events: readonly FileEvent[]): readonly ProofFault[] {
  if (line.events === null) return []
  const mine = events.filter((event) =>
    event.lineId === null
      ? (event.subscriptionId ?? line.subscriptionId) === line.subscriptionId && isBehindProof(line, event)
      : event.lineId === line.id,
  )
  const { faults, isRecounted } = eventFaults(line, mine, sha256)
  console.log(`  ${line.description}: ${mine.length} events${isRecounted ? ", counted again" : ""}`)
  return faults
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex")
}

function tell(
  { invoiceNumber, invoiceId, lines, totalNanos, currency }: InvoiceProof,
  faults: readonly ProofFault[],
): void {
  const stated = lines.filter((line) => !isComputed(line))
  const named = invoiceNumber ?? invoiceId
  console.log(`${named}: ${lines.length} lines, ${totalNanos} nanos of ${currency}`)
  for (const line of stated) console.log(`  ${line.description}: stated, so only added up`)
  for (const { lineId, what, told, computed } of faults) {
    console.log(`  ${lineId ?? "invoice"}: ${what} is told as ${told} and comes to ${computed}`)
  }
  console.log(faults.length === 0 ? "Everything comes out." : `${faults.length} differences.`)
  if (faults.length > 0) process.exitCode = 1
}

function fail(message: string): never {
  console.error(message)
  process.exit(1)
}

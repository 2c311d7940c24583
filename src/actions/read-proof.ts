// The proof of an invoice: what each line was computed from, as it was kept with the line, and a digest over the events behind it.
// It reads, and changes nothing.

import type { InvoiceLineRow, InvoiceRow } from "../db/rows.ts"
import type { SubscriptionTerms } from "../db/readers/subscriptions.ts"
import type { DigestedEvent, EventChain } from "../domain/event-digest.ts"
import { chained, EMPTY_CHAIN } from "../domain/event-digest.ts"
import { formatNanos, minorToNanos } from "../domain/money.ts"
import type { EventMark, EventsProof, InvoiceProof, ProofLine } from "../domain/proof.ts"
import { ok } from "../domain/result.ts"
import type { MeterDefinition } from "../domain/terms.ts"
import { formatInstant } from "../domain/time.ts"
import { limits } from "../limits.ts"
import type { StoredEvent } from "../meter/protocol.ts"
import { sha256Now } from "../runtime/hash.ts"
import type { Outcome } from "./act.ts"
import { findInvoice } from "./find.ts"
import { meterTermsOf } from "./meter-terms.ts"
import { eventsOfPart, serviceOf } from "./read-line-events.ts"
import type { Scope } from "./scope.ts"

/** Where the digest of a line goes on: the `next` of an earlier answer. Then only this line is told. */
export type ProofCursor = EventChain & { readonly lineId: string; readonly before: number }

export async function readProof(
  scope: Scope,
  invoiceId: string,
  cursor: ProofCursor | null,
): Promise<Outcome<InvoiceProof>> {
  const found = await findInvoice(scope, invoiceId)
  if (!found.ok) return found
  const { invoice, lines } = found.value
  const told = cursor === null ? lines : lines.filter(({ id }) => id === cursor.lineId)
  const reader = new EventReader(scope)
  const proofs: ProofLine[] = []
  for (const line of told) {
    const events = await reader.eventsOf(line, cursor)
    if (!events.ok) return events
    proofs.push(lineProof(invoice, line, events.value))
  }
  return ok({
    proofVersion: 1,
    invoiceId: invoice.id,
    invoiceNumber: invoice.number,
    invoiceType: invoice.type,
    status: invoice.status,
    currency: invoice.currency,
    totalNanos: formatNanos(minorToNanos(invoice.totalMinor, invoice.currency)),
    taxNanos: formatNanos(minorToNanos(invoice.taxMinor, invoice.currency)),
    tax: invoice.tax,
    lines: proofs,
  })
}

function lineProof({ currency }: InvoiceRow, line: InvoiceLineRow, events: EventsProof | null): ProofLine {
  return {
    id: line.id,
    lineKey: line.lineKey,
    kind: line.kind ?? "Charge",
    sourceId: line.sourceId,
    subscriptionId: line.subscriptionId,
    skuId: line.skuId,
    description: line.description,
    quantity: line.quantity,
    unitAmountNanos: line.unitAmountNanos,
    ratedAmountNanos: line.ratedNanos,
    amountNanos: formatNanos(minorToNanos(line.amountMinor, currency)),
    isTax: line.isTax,
    isIncluded: line.isIncluded === true,
    taxes: (line.taxes ?? []).map(({ rateId, amountMinor }) => ({
      rateId,
      amountNanos: formatNanos(minorToNanos(amountMinor, currency)),
    })),
    serviceStart: line.serviceStart === null ? null : formatInstant(line.serviceStart),
    serviceEnd: line.serviceEnd === null ? null : formatInstant(line.serviceEnd),
    basis: line.basis,
    events,
  }
}

/** Reads events for the lines of one answer, as many as one answer may. */
class EventReader {
  readonly #scope: Scope
  readonly #terms = new Map<string, Promise<SubscriptionTerms | null>>()
  #left: number = limits.proofEvents

  constructor(scope: Scope) {
    this.#scope = scope
  }

  /** Null where no meter counted. */
  async eventsOf(line: InvoiceLineRow, cursor: ProofCursor | null): Promise<Outcome<EventsProof | null>> {
    const { subscriptionId, basis } = line
    const meter = basis?.from?.kind === "Price" ? basis.from.meter : null
    const terms = subscriptionId === null ? null : await this.#termsOf(subscriptionId)
    const service = terms === null ? null : serviceOf(terms, line)
    if (meter === null || terms === null || service === null) return ok(null)
    const { startedAt } = meterTermsOf(terms)
    const from = service.start > startedAt ? service.start : startedAt
    const part = { meter, from, to: service.end, ranges: line.usageRanges, asBilled: true }
    const digest = new Digest(meter, cursor ?? EMPTY_CHAIN)
    let before: number | null = cursor?.before ?? null
    do {
      if (this.#left <= 0) break
      const page = { limit: Math.min(limits.proofPage, this.#left), before }
      const read = await eventsOfPart(this.#scope, terms.subscription, part, page)
      if (!read.ok) return read
      digest.add(read.value.events)
      // A page that finds little has looked at as many events as it may.
      this.#left -= Math.max(read.value.events.length, limits.proofPage / 2)
      before = read.value.next
    } while (before !== null)
    const isWhole = line.usageRanges?.length === 1 && line.usageRanges[0]?.[0] === 0
    const start = before ?? (this.#left <= 0 && digest.isUntouched ? Number.MAX_SAFE_INTEGER : null)
    return ok(digest.proof(isWhole, start === null ? null : cursorText(line.id, start, digest.chain)))
  }

  #termsOf(subscriptionId: string): Promise<SubscriptionTerms | null> {
    const known = this.#terms.get(subscriptionId)
    const terms = known ?? this.#scope.read.subscriptions.withTerms(subscriptionId)
    this.#terms.set(subscriptionId, terms)
    return terms
  }
}

class Digest {
  chain: EventChain
  isUntouched = true
  readonly #meter: MeterDefinition
  #first: EventMark | null = null
  #last: EventMark | null = null

  constructor(meter: MeterDefinition, { count, digest }: EventChain) {
    this.#meter = meter
    this.chain = { count, digest }
  }

  add(events: readonly StoredEvent[]): void {
    this.isUntouched = false
    for (const event of events) {
      // What is kept and not charged is behind no line.
      if (!event.billable) continue
      this.chain = chained(this.chain, digested(event), this.#meter, sha256Now)
      const mark = { id: event.id, timestamp: formatInstant(event.timestamp) }
      this.#last ??= mark
      this.#first = mark
    }
  }

  proof(isWhole: boolean, next: string | null): EventsProof {
    return { ...this.chain, first: this.#first, last: this.#last, isWhole, next }
  }
}

function digested({ id, eventType, timestamp, status, properties }: StoredEvent): DigestedEvent {
  return { id, eventType, timestamp, isVoided: status === "Voided", properties }
}

const CURSOR = /^([0-9a-f-]{36})\.(\d{1,16})\.(\d{1,16})\.([0-9a-f]{64})?$/

function cursorText(lineId: string, before: number, { count, digest }: EventChain): string {
  return `${lineId}.${before}.${count}.${digest}`
}

/** Null: it is none that an answer told. */
export function parseProofCursor(text: string): ProofCursor | null {
  const [, lineId, before, count, digest = ""] = CURSOR.exec(text) ?? []
  if (lineId === undefined) return null
  return { lineId, before: Number(before), count: Number(count), digest }
}

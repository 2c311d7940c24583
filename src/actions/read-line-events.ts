// The events behind a line of an invoice: what its SKU's meter counts of the line's part of a charge, newest first.

import type { InvoiceLineRow, SubscriptionRow } from "../db/rows.ts"
import type { SubscriptionTerms } from "../db/readers/subscriptions.ts"
import { meterOfSku } from "../domain/catalog.ts"
import type { ArchivedEvent } from "../domain/archive.ts"
import type { LinePart } from "../domain/line-events.ts"
import { isBehindLine } from "../domain/line-events.ts"
import { periodContaining } from "../domain/period.ts"
import type { Interval } from "../domain/proration.ts"
import { err, ok } from "../domain/result.ts"
import type { MeterDefinition } from "../domain/terms.ts"
import { usageSchedule } from "../domain/timeline.ts"
import { limits } from "../limits.ts"
import type { StoredEvent } from "../meter/protocol.ts"
import type { Outcome } from "./act.ts"
import { findInvoice } from "./find.ts"
import { meteredSkus, meteredSkusOf, meterTermsOf, segmentTermsAt } from "./meter-terms.ts"
import { openArchive, toStored } from "./read-archived.ts"
import type { EventPage } from "./read-events.ts"
import { notFound } from "./refusal.ts"
import type { Scope } from "./scope.ts"

/** `subscriptionId` null: the line bills no usage, and there are no events. */
export type LineEventPage = EventPage & { readonly subscriptionId: string | null }

const NO_EVENTS: LineEventPage = { subscriptionId: null, events: [], next: null }

/** `before` is the `next` of the page before, or null for the first page. */
export async function readLineEvents(
  scope: Scope,
  invoiceId: string,
  lineId: string,
  page: { readonly limit: number; readonly before: number | null },
): Promise<Outcome<LineEventPage>> {
  const found = await findInvoice(scope, invoiceId)
  if (!found.ok) return found
  const line = found.value.lines.find(({ id }) => id === lineId)
  if (line === undefined) return err(notFound("line"))
  const { subscriptionId } = line
  const terms = subscriptionId === null ? null : await scope.read.subscriptions.withTerms(subscriptionId)
  if (subscriptionId === null || terms === null) return ok(NO_EVENTS)
  const [meter, service] = [await meterOfLine(scope, terms, line), serviceOf(terms, line)]
  if (meter === null || service === null) return ok(NO_EVENTS)
  const { startedAt, pauses = [] } = meterTermsOf(terms)
  const from = service.start > startedAt ? service.start : startedAt
  const part = { meter, from, to: service.end, ranges: line.usageRanges, pauses }
  const events = await eventsOfPart(scope, terms.subscription, part, page)
  return events.ok ? ok({ subscriptionId, ...events.value }) : events
}

type Page = { readonly limit: number; readonly before: number | null }

/** `asBilled`: events as they stood when the line was billed. */
export type Part = Omit<LinePart, "ranges"> & {
  readonly ranges: LinePart["ranges"] | null
  readonly asBilled?: boolean
}

/** From the meter, and from the archive where the events left it. */
export async function eventsOfPart(
  scope: Scope,
  { id, customerId }: SubscriptionRow,
  part: Part,
  page: Page,
): Promise<Outcome<EventPage>> {
  const meter = scope.meter(id)
  const archivedPart = { ...part, ranges: part.ranges ?? ALL_CHANGES }
  const events: StoredEvent[] = []
  let { before } = page
  for (let opened = 0; opened <= limits.archivesPerPage; opened += 1) {
    const limit = page.limit - events.length
    // Who may see the invoice may see what it charges for, also where another customer pays for it.
    const reply = await meter.lineEvents({ ...part, limit, before, customerId: null })
    if (reply.kind === "NotFound") return err(notFound("line"))
    events.push(...reply.events)
    const { archive, next } = reply
    if (archive === undefined || next === null || events.length === page.limit) return ok({ events, next })
    const rest = await openArchive(scope, archive)
    if (!rest.ok) return rest
    const behind = rest.value.filter((event) => event.seq < next && isBehindLine(event, archivedPart))
    const taken = behind.toReversed().slice(0, page.limit - events.length)
    events.push(
      ...taken.map((event) =>
        toStored(part.asBilled === true ? untilBilled(event, part) : event, customerId),
      ),
    )
    before = taken.length < behind.length ? (taken.at(-1)?.seq ?? next) : archive.first
    if (events.length === page.limit) break
  }
  return ok({ events, next: before })
}

/** Without what was said of it afterwards. */
function untilBilled(event: ArchivedEvent, { ranges }: Part): ArchivedEvent {
  const top = ranges?.at(-1)?.[1] ?? Number.MAX_SAFE_INTEGER
  return { ...event, corrections: event.corrections.filter(({ seq }) => seq <= top) }
}

const ALL_CHANGES: LinePart["ranges"] = [[0, Number.MAX_SAFE_INTEGER]]

/** By what the subscription was sold under at that time, or the last terms that its SKU had if those don't have it. */
async function meterOfLine(
  scope: Scope,
  terms: SubscriptionTerms,
  { skuId, serviceStart }: InvoiceLineRow,
): Promise<MeterDefinition | null> {
  if (skuId === null || serviceStart === null) return null
  const sold = segmentTermsAt(terms, serviceStart)
  const skus = [...(sold === null ? [] : meteredSkusOf(sold)), ...meteredSkus(terms)]
  const sku = skus.find(({ id }) => id === skuId) ?? (await scope.read.catalog.sku(skuId))
  return sku === null ? null : meterOfSku(sku)
}

/** A charge has the usage of its whole period, or of the part of it that it is for, also where the subscription ended within: what came
 *  in the last moments counts. */
export function serviceOf(
  { subscription, segments }: SubscriptionTerms,
  { serviceStart, serviceEnd }: InvoiceLineRow,
): Interval | null {
  if (serviceStart === null || serviceEnd === null) return null
  const parts = usageSchedule(
    subscription.schedule,
    segments.map(({ segment }) => segment),
  )
  const period = periodContaining(parts, serviceStart)
  return period?.start === serviceStart ? period : { start: serviceStart, end: serviceEnd }
}

// Takes what a processor tells by itself: it is stored once by its id, and applied.
// What a repeat means: the event is known, and what of it was not applied yet is applied now.

import type { ProcessorEventRow } from "../db/rows.ts"
import { processorEvents } from "../db/schema.ts"
import { ok } from "../domain/result.ts"
import type { ProcessorEvent, ProcessorName } from "../payments/port.ts"
import type { Outcome } from "./act.ts"
import { act } from "./act.ts"
import { applyStoredEvent } from "./apply-stored-event.ts"
import { keptEvent } from "./processor-event.ts"
import { unchanged } from "./payment-news.ts"
import type { Scope } from "./scope.ts"
import { takeGivenMethod } from "./take-given-method.ts"

export async function applyProcessorEvent(
  scope: Scope,
  processor: ProcessorName,
  event: ProcessorEvent,
): Promise<Outcome<null>> {
  const stored = await storeEvent(scope, processor, event)
  if (!stored.ok) return stored
  // Whose it is says the page: it waits for no payment.
  const isGiven = event.kind === "MethodGiven" && stored.value.appliedAt === null
  const given = isGiven ? await takeGivenMethod(scope, event.setupRef) : ok(null)
  return given.ok ? applyStoredEvent(scope, stored.value) : given
}

async function storeEvent(
  scope: Scope,
  processor: ProcessorName,
  event: ProcessorEvent,
): Promise<Outcome<ProcessorEventRow>> {
  const stored = await act(
    scope,
    async () => {
      const known = await scope.read.payments.event(processor, event.id)
      if (known !== null) return ok(unchanged(known))
      const row = newEvent(scope, processor, event)
      return ok({ value: row, commit: { writes: [scope.write.insert(processorEvents, row)], audit: [] } })
    },
    null,
  )
  if (stored.ok) return stored
  // Of two who bring it at once, one finds it taken.
  const known = await scope.read.payments.event(processor, event.id)
  return known === null ? stored : ok(known)
}

export function newEvent(scope: Scope, processor: ProcessorName, event: ProcessorEvent): ProcessorEventRow {
  return {
    id: scope.newId(),
    tenantId: scope.tenant.id,
    processor,
    eventId: event.id,
    kind: event.kind,
    chargeRef: subjectOf(event),
    event: keptEvent(event),
    appliedAt: null,
    occurredAt: null,
    namedAt: null,
    version: 1,
    receivedAt: scope.now,
  }
}

/** What it is of, as the processor names it: it may have to wait until that is known here. */
function subjectOf(event: ProcessorEvent): string | null {
  if (event.kind === "Other") return null
  if ("payoutRef" in event) return event.payoutRef
  return "setupRef" in event ? event.setupRef : event.chargeRef
}

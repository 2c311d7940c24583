// How an event of a processor is kept: as JSON, its amounts as text.

import type { ProcessorEventRow } from "../db/rows.ts"
import { minor } from "../domain/money.ts"
import type { ProcessorEvent } from "../payments/port.ts"

type DisputeEvent = Extract<ProcessorEvent, { readonly amountMinor: unknown }>
type Kept =
  | Exclude<ProcessorEvent, DisputeEvent>
  | (Omit<DisputeEvent, "amountMinor"> & { amountMinor: string })

export function keptEvent(event: ProcessorEvent): Kept {
  return "amountMinor" in event ? { ...event, amountMinor: String(event.amountMinor) } : event
}

export function eventOf({ event }: Pick<ProcessorEventRow, "event">): ProcessorEvent {
  const kept = event as Kept
  return "amountMinor" in kept ? { ...kept, amountMinor: minor(BigInt(kept.amountMinor)) } : kept
}

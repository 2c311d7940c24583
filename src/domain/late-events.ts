// Late events: those of a period whose invoice is final. What they come to is on the next invoice, or they are refused, as the tenant
// says. Pure.

import type { Schedule } from "./period.ts"
import { periodAt, periodContaining } from "./period.ts"
import type { Instant } from "./time.ts"

export const LATE_EVENTS = ["NextInvoice", "Reject"] as const

export type LateEvents = (typeof LATE_EVENTS)[number]

/** A metered line of an invoice that is still a draft. */
export type DraftedUsage = {
  readonly serviceStart: Instant
  /** Where the invoice begins that it is on: what lies before it is an adjustment, or was billed on an invoice that is void now. */
  readonly billedFrom: Instant | null
  /** Whether an invoice that is final has a line of the same charge. */
  readonly isBilled: boolean
}

type Billed = { readonly schedule: Schedule; readonly billFromIndex: number }

/** Periods that start before it are on final invoices, all of them: an event of one is late. A period is open while it is still to be
 *  closed, while the draft that closes it is one, and when its invoice was voided. A draft that only adjusts it opens it no more. */
export function closedBefore({ schedule, billFromIndex }: Billed, drafted: readonly DraftedUsage[]): Instant {
  const open = drafted.filter(
    ({ serviceStart, billedFrom, isBilled }) =>
      !isBilled || billedFrom === null || serviceStart >= billedFrom,
  )
  // Usage of a part of a period opens all of it: another part may have had none so far.
  const opened = open.map(
    ({ serviceStart }) => periodContaining(schedule, serviceStart)?.start ?? serviceStart,
  )
  const starts = [periodAt(schedule, billFromIndex).start, ...opened]
  return starts.reduce((first, start) => (start < first ? start : first))
}

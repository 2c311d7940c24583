// The part of a proof's check that needs the events: their digest, and their total counted again. Pure.

import { formatDecimal } from "./decimal.ts"
import type { DigestedEvent } from "./event-digest.ts"
import { chained, EMPTY_CHAIN, recounted } from "./event-digest.ts"
import type { UsageText } from "./line-basis.ts"
import { usageText } from "./line-basis.ts"
import { measureOf } from "./measure.ts"
import type { ProofFault, ProofLine } from "./proof.ts"
import { parseInstant } from "./time.ts"

export type EventCheck = {
  readonly faults: readonly ProofFault[]
  /** Whether the total could be counted from these events alone. */
  readonly isRecounted: boolean
}

/** Which events of a file are behind a line, where the file does not say: those that its meter counts in its time. */
export function isBehindProof({ basis, serviceStart, serviceEnd }: ProofLine, event: DigestedEvent): boolean {
  const meter = basis?.from?.kind === "Price" ? basis.from.meter : null
  const [start, end] = [parseInstant(serviceStart ?? ""), parseInstant(serviceEnd ?? "")]
  if (meter === null || !start.ok || !end.ok || event.eventType !== meter.eventType) return false
  if (event.timestamp < start.value || event.timestamp >= end.value) return false
  const measure = measureOf(meter, event.properties)
  return measure.ok && measure.value !== null
}

/** `events`: those behind the line, newest first, as the API lists them. */
export function eventFaults(
  line: ProofLine,
  events: readonly DigestedEvent[],
  sha256: (text: string) => string,
): EventCheck {
  const { basis, events: told } = line
  const meter = basis?.from?.kind === "Price" ? basis.from.meter : null
  if (told === null || basis?.from?.kind !== "Price" || meter === null)
    return { faults: [], isRecounted: false }
  const faults: ProofFault[] = []
  const compare = (what: string, one: string, other: string): void => {
    if (one !== other) faults.push({ lineId: line.id, what, told: one, computed: other })
  }
  // A digest that goes on elsewhere covers the newest events only.
  const covered = told.next === null ? events : events.slice(0, told.count)
  const chain = covered.reduce((before, event) => chained(before, event, meter, sha256), EMPTY_CHAIN)
  compare("events.count", `${told.count}`, `${chain.count}`)
  compare("events.digest", told.digest, chain.digest)
  const total = told.isWhole ? recounted(meter, events) : null
  if (total !== null) {
    const [usage, counted] = [basis.from.usage, usageText(total)]
    compare("usage.value", usage.value, counted.value)
    compare("usage.events", `${usage.events}`, `${counted.events}`)
    compare("usage.fees", usage.fees ?? "", counted.fees ?? "")
    if (usage.groups.length > 0) compare("usage.groups", groupsOf(usage), groupsOf(counted))
  } else if (isSumOfParts(meter.aggregation) && events.every((event) => !event.isVoided)) {
    const part = recounted(meter, events)
    if (part !== null) compare("quantity", line.quantity, formatDecimal(part.value))
    return { faults, isRecounted: part !== null }
  }
  return { faults, isRecounted: total !== null }
}

/** Whether the parts of a charge add up to its total, so that each part can be counted by itself. */
function isSumOfParts(aggregation: string): boolean {
  return aggregation === "Count" || aggregation === "Sum"
}

function groupsOf({ groups }: UsageText): string {
  const texts = groups.map(({ values, value, events }) => JSON.stringify([values, value, events]))
  return texts.toSorted().join(" ")
}

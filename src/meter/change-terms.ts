// Taking over newer terms, with the totals that they make new: those of meters that are counted for the first time, and all of
// them when the periods themselves moved. They are recomputed from the stored events, page by page, in the transaction that
// stores the terms, so no reader ever sees the one without the other.
// Totals of meters that are counted no more stay as they are: an ended period may still have to be billed.

import type { MeterTerms } from "../domain/terms.ts"
import { limits } from "../limits.ts"
import { CompiledTerms } from "./compiled-terms.ts"
import { Fold } from "./fold.ts"
import type { MeterState } from "./state.ts"
import type { MeterStore } from "./store/meter-store.ts"
import type { TotalRow } from "./store/total-table.ts"

/** Whether the terms were newer than those in the object, and so are stored now. */
export function changeTerms(terms: MeterTerms, state: MeterState, store: MeterStore): boolean {
  const before = state.terms?.terms ?? null
  if (before !== null && before.version >= terms.version) return false
  const recounted = before === null ? [] : metersToRecount(before, terms)
  const compiled = new CompiledTerms({ ...terms, meters: recounted })
  // A recount is a change of its own: whoever asks what changed since the last event must see it.
  const seq = recounted.length > 0 ? state.seq + 1 : state.seq
  store.transaction(() => {
    if (before === null) store.create()
    store.terms.put(terms)
    for (const { key } of recounted) store.totals.dropMeter(key)
    if (recounted.length > 0) for (const total of recount(compiled, store, seq)) store.totals.put(total)
  })
  state.terms = new CompiledTerms(terms)
  state.seq = seq
  state.forgetTotals()
  return true
}

function metersToRecount(before: MeterTerms, after: MeterTerms): MeterTerms["meters"] {
  if (before.startedAt !== after.startedAt || !sameSchedule(before, after)) return after.meters
  const counted = new Set(before.meters.map(({ key }) => key))
  return after.meters.filter(({ key }) => !counted.has(key))
}

function sameSchedule(before: MeterTerms, after: MeterTerms): boolean {
  const [a, b] = [before.schedule, after.schedule]
  const units = ["years", "months", "weeks", "days", "hours", "minutes", "seconds"] as const
  return (
    a.anchor === b.anchor &&
    a.timeZone === b.timeZone &&
    units.every((unit) => a.every[unit] === b.every[unit])
  )
}

/** Memory holds one page and the totals. An event that lacks what a meter needs isn't in that meter's total. */
function recount(terms: CompiledTerms, store: MeterStore, seq: number): TotalRow[] {
  const fold = new Fold(() => null)
  let after = 0
  for (;;) {
    const page = store.events.pageAbove(after, limits.meterRecountEvents)
    for (const event of page) {
      const period = terms.billingPeriod(event.occurredAt)
      if (period === null) continue
      for (const { key, value } of terms.measure(event.eventType, event.properties)) {
        if (value.ok) fold.add(period, key, value.value)
      }
    }
    const last = page.at(-1)
    if (last === undefined) return fold.changed(seq)
    after = last.seq
  }
}

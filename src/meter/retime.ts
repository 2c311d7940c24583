// What newer terms that move the bounds of periods, or pause, or start elsewhere, mean for totals.
// Law: the totals are then those of a meter that had these terms from the first event on; only empty ones may be left beside them,
// since whoever billed one has to see that it is empty. Periods that lie in the archive stay as they are.
// A period that no event leaves or enters is given its new end. An event that moves is taken out of one total and put into another,
// where a total knows by itself what it is without it; the others are counted anew, in the periods concerned and for no more than that.

import type { Aggregation, MeterTerms } from "../domain/terms.ts"
import type { Interval } from "../domain/proration.ts"
import { periodContaining, type Schedule } from "../domain/period.ts"
import { EARLIEST, LATEST, type Instant } from "../domain/time.ts"
import { limits } from "../limits.ts"
import { CompiledTerms } from "./compiled-terms.ts"
import type { Measured } from "./compiled-terms.ts"
import { countInPeriods } from "./count-in-periods.ts"
import { Fold } from "./fold.ts"
import {
  hoursOf,
  mayHaveEvents,
  movedEvents,
  searchIn,
  type MovedEvent,
  type Search,
} from "./moved-events.ts"
import { resize, type Retimed } from "./resize.ts"
import type { Slot } from "./slots.ts"
import type { MeterState } from "./state.ts"
import type { MeterStore } from "./store/meter-store.ts"
import type { TimeChange } from "./time-change.ts"

/** Sums know by themselves what they are without an event; others have to look at all that is left. */
const ADDITIVE: readonly Aggregation[] = ["Count", "Sum"]

/** Of the meters that both have. In a transaction that has stored the new terms. */
export function retime(
  before: MeterTerms,
  after: MeterTerms,
  change: TimeChange,
  state: MeterState,
  store: MeterStore,
): void {
  const meters = metersOfBoth(before, after)
  const from = store.meta.archivedUntil() ?? EARLIEST
  const totals = totalsFrom(meters, firstOf(before.schedule, change, from), state)
  const search = searchFor(meters, totals, after.schedule, change, from, state)
  const isSame = totals.every((total) => endOf(total, after.schedule) === total.end)
  if (search === null && isSame) return

  const seq = state.seq + 1
  state.checkpoint()
  const moving = { meters, search, seq, state, store }
  const touched = search === null ? new Set<string>() : takeOut(moving)
  const recounted = meters.filter(({ definition }) => touched.has(definition.key) && !isAdditive(definition))
  const region = search === null ? null : regionOf(search.within, before.schedule, after.schedule, from)
  for (const meter of meters) {
    const skipped = recounted.includes(meter) ? region : null
    resizeAll(meter, totals, after.schedule, skipped, moving)
  }
  if (touched.size > 0) putIn(moving)
  if (region !== null && recounted.length > 0) {
    const flipped = hoursOfFlips(change, region, after)
    countInPeriods(recounted, { periods: region, hours: flipped, from }, seq, state, store)
  }
  state.changedWithoutEvents(seq)
}

function isAdditive({ aggregation }: Retimed["definition"]): boolean {
  return ADDITIVE.includes(aggregation)
}

/** One set of terms for each meter: an event that one of them can't measure is not lost to the others. */
function metersOfBoth(before: MeterTerms, after: MeterTerms): Retimed[] {
  const known = new Set(before.meters.map(({ key }) => key))
  return after.meters
    .filter(({ key }) => known.has(key))
    .map((definition) => ({
      definition,
      before: new CompiledTerms({ ...before, meters: [definition] }),
      after: new CompiledTerms({ ...after, meters: [definition] }),
    }))
}

/** Where the first period begins that may be another one, or may have other events. */
function firstOf(schedule: Schedule, { divergeAt, flips }: TimeChange, from: Instant): Instant {
  const times = flips.map(({ start }) => start)
  if (divergeAt !== null) times.push((divergeAt - 1) as Instant)
  const starts = times.map((at) => periodContaining(schedule, at)?.start ?? at)
  const first = starts.reduce((a, b) => (b < a ? b : a), LATEST)
  return first < from ? from : first
}

function totalsFrom(meters: readonly Retimed[], first: Instant, { slots }: MeterState): Slot[] {
  return meters.flatMap(({ definition }) => slots.startingIn("Period", definition.key, first, LATEST))
}

/** Null where the period begins no more: then all that it had is in another one. */
function endOf({ start }: Slot, schedule: Schedule): Instant | null {
  const period = periodContaining(schedule, start)
  return period?.start === start ? period.end : null
}

/** Where events may have moved; null where there are none, by the totals of the hours. */
function searchFor(
  meters: readonly Retimed[],
  totals: readonly Slot[],
  schedule: Schedule,
  { flips }: TimeChange,
  from: Instant,
  state: MeterState,
): Search | null {
  const left = totals.flatMap((total): Interval[] => {
    const start = endOf(total, schedule) ?? total.start
    return total.count > 0 && start < total.end ? [{ start, end: total.end }] : []
  })
  const begun = flips.map((flip) => (flip.start < from ? { ...flip, start: from } : flip))
  const flipped = begun.filter(({ start, end }) => start < end)
  const counted = [...left, ...flipped.filter(({ counts }) => !counts)]
  const blind = flipped.filter(({ counts }) => counts)
  const found = [...counted.filter((one) => mayHaveEvents(meters, one, state)), ...blind]
  const [first] = found
  if (first === undefined) return null
  return searchIn(meters, found.reduce(hull, first), from, blind.length > 0, state)
}

function hull(a: Interval, b: Interval): Interval {
  return { start: b.start < a.start ? b.start : a.start, end: b.end > a.end ? b.end : a.end }
}

type Moving = {
  readonly meters: readonly Retimed[]
  readonly search: Search | null
  readonly seq: number
  readonly state: MeterState
  readonly store: MeterStore
}

/** Takes what has moved out of the totals that had it. Says which meters have counted some of it, or do now. */
function takeOut(moving: Moving): Set<string> {
  const touched = new Set<string>()
  eachMoved(moving, (fold, { event, was, is }, measured, isSum) => {
    touched.add(measured.meter.definition.key)
    if (was === null || !isSum) return
    if (is === null) fold.remove(was, measured, event)
    else fold.removeFromPeriod(was, measured, event)
  })
  return touched
}

/** Puts it into those that have it from now on. */
function putIn(moving: Moving): void {
  eachMoved(moving, (fold, { event, was, is }, measured, isSum) => {
    if (is === null || !isSum) return
    if (was === null) fold.add(is, measured, event)
    else fold.addToPeriod(is, measured, event)
  })
}

type Move = (fold: Fold, moved: MovedEvent, measured: Measured, isSum: boolean) => void

/** Memory holds one row of events and the totals. */
function eachMoved({ meters, search, seq, state, store }: Moving, move: Move): void {
  if (search === null) return
  for (const row of movedEvents(meters, search, state, store)) {
    const fold = new Fold(state.slots)
    for (const moved of row) {
      for (const { definition, after } of meters) {
        const measures = after.measure(moved.event.eventType, moved.event.properties)
        if (!measures.ok) continue
        for (const measured of measures.value) move(fold, moved, measured, isAdditive(definition))
      }
    }
    state.slots.adopt(fold.changed(seq))
    if (state.slots.dirtyCount >= limits.meterTailSlots) state.slots.flush()
  }
}

function resizeAll(
  meter: Retimed,
  totals: readonly Slot[],
  schedule: Schedule,
  skipped: Interval | null,
  { seq, state, store }: Moving,
): void {
  for (const total of totals) {
    if (total.meter !== meter.definition.key) continue
    if (skipped !== null && skipped.start <= total.start && total.start < skipped.end) continue
    const end = endOf(total, schedule)
    if (end !== null && end !== total.end) resize(meter, total, end, seq, state, store)
  }
}

/** Periods by two rules may have no end in common for thousands of years. */
const WIDENINGS = 8

/** A time with these events that begins and ends where periods do, by both schedules: the smallest one, or one without an end. */
function regionOf({ start, end }: Interval, before: Schedule, after: Schedule, from: Instant): Interval {
  let region = { start, end }
  for (let turn = 0; ; turn += 1) {
    const first = region.start
    // What is open has no last period.
    const last = region.end < LATEST ? ((region.end - 1) as Instant) : first
    const around = [before, after].flatMap((schedule) => {
      return [periodContaining(schedule, first) ?? region, periodContaining(schedule, last) ?? region]
    })
    const wider = around.reduce<Interval>(hull, region)
    if (wider.start === region.start && wider.end === region.end) break
    region = { start: wider.start, end: turn < WIDENINGS ? wider.end : LATEST }
  }
  return region.start < from ? { ...region, start: from } : region
}

/** The hours that gain or lose events; null: none does. */
function hoursOfFlips({ flips }: TimeChange, { start, end }: Interval, after: MeterTerms): Interval | null {
  const within = flips
    .map((flip) => ({ start: flip.start < start ? start : flip.start, end: flip.end > end ? end : flip.end }))
    .filter((flip) => flip.start < flip.end)
  const [first] = within
  return first === undefined ? null : hoursOf(within.reduce(hull, first), new CompiledTerms(after))
}

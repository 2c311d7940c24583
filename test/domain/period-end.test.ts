// What waits for the end of the running period is there wherever that end is, and nothing else is moved.

import fc from "fast-check"
import { expect, test } from "vitest"
import type { Timeline } from "../../src/domain/change.ts"
import { withChange } from "../../src/domain/change.ts"
import type { Schedule } from "../../src/domain/period.ts"
import { followingEnd, runningEnd } from "../../src/domain/period-end.ts"
import type { Duration, Instant } from "../../src/domain/time.ts"
import { instant, parseDuration } from "../../src/domain/time.ts"
import { segmentAt } from "../../src/domain/timeline.ts"

const DAY = 86_400_000
const at = (text: string): Instant => instant(Date.parse(text))
const START = at("2026-01-01T00:00:00Z")

function every(text: string): Duration {
  const duration = parseDuration(text)
  if (!duration.ok) throw new Error(text)
  return duration.value
}

const PLANS = ["P1W", "P1M", "P3M", "P1Y"]
const everyOf = ({ planId }: { readonly planId: string }) => every(planId)

const schedule: Schedule = { anchor: START, timeZone: "UTC", every: every("P1M") }
const first = { id: null, from: START, planId: "P1M", planVersion: 1, quantities: { all: "1", bySku: {} } }
const begun: Timeline = { segments: [first], schedule }

type Wanted = { readonly plan: string | null; readonly seats: string; readonly waits: boolean }

function changed(timeline: Timeline, now: Instant, { plan, seats, waits }: Wanted, id: string): Timeline {
  const change = { quantity: seats, ...(plan === null ? {} : { plan: { planId: plan, planVersion: 1 } }) }
  const from = waits ? runningEnd(timeline.schedule, now) : now
  const wanted = { id, at: from, change, isScheduled: waits, atPeriodEnd: waits, prorate: true }
  return followingEnd(withChange(timeline, wanted, everyOf), now, everyOf)
}

test("seats and a plan that wait in January are those of the next year, once a year begins", () => {
  const now = at("2026-01-11T00:00:00Z")
  const waiting = changed(begun, now, { plan: "P3M", seats: "3", waits: true }, "a")
  expect(waiting.segments.at(-1)?.from).toBe(at("2026-02-01T00:00:00Z"))
  const { segments, schedule: after } = changed(waiting, now, { plan: "P1Y", seats: "1", waits: false }, "b")
  expect(segments.map(({ planId, from, quantities }) => [planId, from, quantities.all])).toEqual([
    ["P1M", START, "1"],
    ["P1Y", now, "1"],
    ["P3M", at("2027-01-11T00:00:00Z"), "3"],
  ])
  // Quarters are counted from there.
  expect(runningEnd(after, at("2027-01-12T00:00:00Z"))).toBe(at("2027-04-11T00:00:00Z"))
})

test("after any changes, what waits is at the end of the running period, on top of what is sold until then", () => {
  const wanted = fc.record({
    plan: fc.option(fc.constantFrom(...PLANS)),
    seats: fc.constantFrom("1", "2", "3"),
    waits: fc.boolean(),
    days: fc.integer({ min: 0, max: 40 }),
  })
  fc.assert(
    fc.property(fc.array(wanted, { minLength: 1, maxLength: 6 }), (all) => {
      let [timeline, now] = [begun, START]
      for (const [index, one] of all.entries()) {
        now = instant(now + one.days * DAY)
        const before = timeline
        timeline = changed(timeline, now, one, `change-${index}`)
        const end = runningEnd(timeline.schedule, now)
        const waiting = timeline.segments.filter((segment) => segment.from > now)
        expect(waiting.map(({ from }) => from)).toEqual(waiting.map(() => end))
        for (const segment of waiting) {
          const base = segmentAt(timeline.segments, now)
          expect(segment.planId).toBe(segment.change?.plan?.planId ?? base.planId)
        }
        // What has begun stays where it was.
        const past = (some: Timeline) => some.segments.filter(({ from }) => from < now)
        expect(past(timeline)).toEqual(past(before))
        expect(followingEnd(timeline, now, everyOf)).toBe(timeline)
      }
    }),
  )
})

// Dunning by the schedule of the seed platform: +3, +7, +14 and +21 days from the failure.

import { expect, test } from "vitest"
import { beginDunning, DEFAULT_DUNNING, endDunning, isLastStep, takeStep } from "../../src/domain/dunning.ts"
import { formatInstant, instant, parseInstant } from "../../src/domain/time.ts"

function at(text: string) {
  const parsed = parseInstant(text)
  if (!parsed.ok) throw new Error(text)
  return parsed.value
}

const FAILED = at("2026-01-31T10:00:00Z")
const failure = { at: FAILED, result: "Failed", paymentId: null } as const

test("its tries are 3, 7, 14 and 21 days from the failure, and then it is exhausted", () => {
  const told: (string | null)[] = []
  let dunning = beginDunning(FAILED, DEFAULT_DUNNING)
  while (dunning.status === "Active") {
    told.push(dunning.nextAttemptAt === null ? null : formatInstant(dunning.nextAttemptAt))
    // However late a step is taken, the next one is where it was.
    dunning = takeStep(dunning, { ...failure, at: instant(FAILED + dunning.steps.length * 1_000_000) })
  }
  expect(told).toEqual([
    "2026-02-03T10:00:00Z",
    "2026-02-07T10:00:00Z",
    "2026-02-14T10:00:00Z",
    "2026-02-21T10:00:00Z",
  ])
  expect([dunning.status, dunning.nextAttemptAt, dunning.steps.length]).toEqual(["Exhausted", null, 4])
})

test("only the last of its steps is the last", () => {
  let dunning = beginDunning(FAILED, { scheduleDays: [1, 2], finalAction: "Cancel" })
  expect(isLastStep(dunning)).toBe(false)
  dunning = takeStep(dunning, failure)
  expect(isLastStep(dunning)).toBe(true)
})

test("without a schedule it is exhausted by the first failure", () => {
  const dunning = beginDunning(FAILED, { scheduleDays: [], finalAction: "Pause" })
  expect([dunning.status, dunning.nextAttemptAt]).toEqual(["Exhausted", null])
})

test("no step is taken of one that is over", () => {
  const over = endDunning(beginDunning(FAILED, DEFAULT_DUNNING))
  expect([over.status, over.nextAttemptAt]).toEqual(["Resolved", null])
  expect(() => takeStep(over, failure)).toThrow("goes on")
})

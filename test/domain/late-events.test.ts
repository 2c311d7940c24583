// Up to where the periods of a subscription are closed to late events.

import { expect, test } from "vitest"
import type { DraftedUsage } from "../../src/domain/late-events.ts"
import { closedBefore } from "../../src/domain/late-events.ts"
import { parseInstant, NO_TIME, type Instant } from "../../src/domain/time.ts"

function at(text: string): Instant {
  const parsed = parseInstant(`${text}T00:00:00Z`)
  if (!parsed.ok) throw new Error(text)
  return parsed.value
}

const schedule = { anchor: at("2026-01-01"), timeZone: "UTC", every: { ...NO_TIME, months: 1 } }

const line = (serviceStart: string, billedFrom: string, isBilled: boolean): DraftedUsage => ({
  serviceStart: at(serviceStart),
  billedFrom: at(billedFrom),
  isBilled,
})

test.each<[what: string, billFromIndex: number, drafted: readonly DraftedUsage[], until: string]>([
  ["nothing was closed", 0, [], "2026-01-01"],
  ["all that was closed is final", 2, [], "2026-03-01"],
  ["the last one is on a draft", 2, [line("2026-02-01", "2026-02-01", false)], "2026-02-01"],
  ["a part of it is on a draft", 2, [line("2026-02-10", "2026-02-01", false)], "2026-02-01"],
  ["so it is if an interim bill of it is final", 2, [line("2026-02-01", "2026-02-01", true)], "2026-02-01"],
  ["a draft adjusts an older one", 3, [line("2026-01-01", "2026-03-01", true)], "2026-04-01"],
  ["a draft bills anew what a void invoice had", 3, [line("2026-01-01", "2026-03-01", false)], "2026-01-01"],
  ["an invoice of an older one was voided", 0, [line("2026-02-01", "2026-02-01", false)], "2026-01-01"],
])("%s", (_, billFromIndex, drafted, until) => {
  expect(closedBefore({ schedule, billFromIndex }, drafted)).toBe(at(until))
})

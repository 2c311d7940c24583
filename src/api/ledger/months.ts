// Months of the calendar in UTC, counted from the year 0, so that they can be counted on.

import { z } from "@hono/zod-openapi"
import { DAY_MS, dayOf } from "../../domain/ledger.ts"
import { formatInstant, instant, parseInstant } from "../../domain/time.ts"

/** A month that we are given, as its number. The year before the first one has to be in the calendar as well. */
export const Month = z
  .string()
  .transform((text, context): number => {
    const match = /^(\d{4})-(0[1-9]|1[0-2])$/.exec(text)
    const [year, month] = [Number(match?.[1] ?? 0), Number(match?.[2] ?? 0)]
    if (match !== null && year > FIRST_YEAR && year < LAST_YEAR) return year * 12 + month - 1
    context.addIssue({ code: "custom", message: "expected a month such as 2026-01, from 1980 to 2999" })
    return z.NEVER
  })
  .openapi({ type: "string", example: "2026-01" })

const FIRST_YEAR = 1979
const LAST_YEAR = 3000

export const MonthText = z.string().openapi({ example: "2026-01" })

export function monthText(month: number): string {
  const pad = (value: number, digits: number) => String(value).padStart(digits, "0")
  return `${pad(Math.floor(month / 12), 4)}-${pad((month % 12) + 1, 2)}`
}

/** The month that holds a day. */
export function monthOf(day: number): number {
  const text = formatInstant(instant(day * DAY_MS))
  return Number(text.slice(0, 4)) * 12 + Number(text.slice(5, 7)) - 1
}

/** The last day of a month, as its number. */
export function lastDayOf(month: number): number {
  const next = parseInstant(`${monthText(month + 1)}-01T00:00:00Z`)
  return next.ok ? dayOf(next.value) - 1 : 0
}

// How a billing anchor looks on the wire: a day, or a point in time.

import { z } from "@hono/zod-openapi"
import type { AnchorFields, BillingAnchor } from "../../domain/billing-anchor.ts"
import { anchorFrom, WEEKDAYS } from "../../domain/billing-anchor.ts"
import { assert } from "../../domain/assert.ts"
import type { Instant } from "../../domain/time.ts"
import { faultsInto } from "../catalog/faults.ts"
import { Timestamp, timestamp, TimestampText } from "../shared/fields.ts"

const FIELDS = {
  day_of_month: z.int().min(1).max(31).optional().openapi({
    description: "Of a Monthly, Quarterly or Annual plan. Where a month has no such day, its last one.",
    example: 31,
  }),
  month: z.int().min(1).max(12).optional().openapi({
    description: "Of an Annual plan, with its `day_of_month`. The next such day by default.",
    example: 1,
  }),
  weekday: z.enum(WEEKDAYS).optional().openapi({ description: "Of a Weekly plan.", example: "Monday" }),
}

const AnchorDayInput = z
  .strictObject(FIELDS)
  .superRefine(
    faultsInto((fields) => {
      const anchor = anchorFrom(fields)
      return anchor.ok ? [] : [anchor.error]
    }),
  )
  .openapi("BillingAnchorDay", { example: { day_of_month: 31 } })

export const AnchorInput = z
  .union([AnchorDayInput, Timestamp], {
    error: "expected {day_of_month}, {month, day_of_month}, {weekday} or an RFC 3339 timestamp with a zone",
  })
  .openapi({
    description:
      "Where periods begin: on a day, at midnight in the time zone of the subscription, or at a timestamp and a whole number of periods before and after it. " +
      "The first period is the rest of the one that holds the start. Without an anchor periods are counted from the start.",
    example: { day_of_month: 31 },
  })

export const AnchorSchema = z
  .union([TimestampText, z.object(FIELDS)])
  .nullable()
  .openapi({
    description: "As it was given; null where periods are counted from the start.",
    example: { day_of_month: 31 },
  })

export function anchorFromApi(input: Instant | AnchorFields): BillingAnchor {
  if (typeof input === "number") return { kind: "Instant", at: input }
  const anchor = anchorFrom(input)
  assert(anchor.ok, "the schema passes only fields that go together")
  return anchor.value
}

export function anchorToApi(anchor: BillingAnchor | null): z.infer<typeof AnchorSchema> {
  switch (anchor?.kind) {
    case undefined:
      return null
    case "Instant":
      return timestamp(anchor.at)
    case "DayOfMonth":
      return { day_of_month: anchor.dayOfMonth }
    case "DayOfYear":
      return { month: anchor.month, day_of_month: anchor.dayOfMonth }
    case "Weekday":
      return { weekday: anchor.weekday }
  }
}

// GET and POST /admin/v1/test-clock, POST /admin/v1/test-clock/advance

import { createRoute, z } from "@hono/zod-openapi"
import { advanceClock } from "../../actions/advance-clock.ts"
import type { ClockState } from "../../actions/set-clock.ts"
import { setTestClock } from "../../actions/set-clock.ts"
import type { Advance } from "../../actions/walk-agenda.ts"
import { AGENDA_KINDS } from "../../domain/agenda.ts"
import type { Instant } from "../../domain/time.ts"
import { addDuration, parseDuration } from "../../domain/time.ts"
import { limits } from "../../limits.ts"
import type { Api } from "../app.ts"
import { reads, writes } from "../shared/access.ts"
import { body, json, problems, reply, unwrap, writeProblems } from "../shared/door.ts"
import { Timestamp, timestamp, TimestampText } from "../shared/fields.ts"
import { Problem } from "../shared/problems.ts"

const ClockSchema = z
  .object({
    now: TimestampText,
    frozen: z
      .boolean()
      .openapi({ description: "False: the clock was never set and runs with real time.", example: true }),
    status: z.enum(["Ready", "Advancing"]).openapi({
      description: "Advancing: it is on its way, and what falls due is being run.",
      example: "Ready",
    }),
    advancing_to: TimestampText.nullable().openapi({ example: null }),
  })
  .openapi("TestClock")

const ClockInput = z
  .strictObject({
    now: Timestamp.openapi({ type: "string", format: "date-time", example: "2026-02-28T00:00:00Z" }),
  })
  .openapi("TestClockInput")

const AdvanceInput = z
  .strictObject({
    to: Timestamp.optional().openapi({
      type: "string",
      format: "date-time",
      example: "2026-03-28T01:00:00Z",
    }),
    by: z.string().optional().openapi({ description: "An ISO 8601 duration, instead of `to`." }),
  })
  .refine((input) => (input.to === undefined) !== (input.by === undefined), {
    error: "expected exactly one of to and by",
    path: ["to"],
  })
  .openapi("TestClockAdvanceInput", { example: { by: "P1M" } })

const AdvanceSchema = z
  .object({
    from: TimestampText,
    now: TimestampText.openapi({ example: "2026-03-28T01:00:00Z" }),
    complete: z.boolean().openapi({
      description:
        "False: there was more to do than one call does. It goes on by itself; read the clock until its status is Ready.",
      example: true,
    }),
    ran: z.array(
      z.object({
        id: z.string().openapi({ example: "01944b1f-0000-7000-8000-000000000007" }),
        kind: z.enum(AGENDA_KINDS).openapi({ example: "close-period" }),
        subject: z.string().openapi({
          description: "The subscription or invoice.",
          example: "01944b1f-0000-7000-8000-000000000003",
        }),
        due_at: TimestampText.openapi({ example: "2026-03-28T00:00:00Z" }),
        invoice_id: z.string().nullable().openapi({ example: "01944b1f-0000-7000-8000-000000000004" }),
        error: z.string().nullable().openapi({ example: null }),
      }),
    ),
  })
  .openapi("TestClockAdvance")

const getRoute = createRoute({
  method: "get",
  path: "/admin/v1/test-clock",
  operationId: "getTestClock",
  tags: ["Test clock"],
  summary: "Read the clock",
  description: "Where the tenant's clock stands.",
  ...reads("tenant:read"),
  responses: { 200: json(ClockSchema, "The clock."), ...problems() },
})

const setRoute = createRoute({
  method: "post",
  path: "/admin/v1/test-clock",
  operationId: "setTestClock",
  tags: ["Test clock"],
  summary: "Set the clock of a test tenant",
  description:
    "The clock then stands still. With subscriptions it can't go back. What is due by then runs within a minute, or in order at the next advance.",
  ...writes("tenant:write"),
  request: body(ClockInput),
  responses: { 200: json(ClockSchema, "The clock as it stands now."), ...writeProblems() },
})

const advanceRoute = createRoute({
  method: "post",
  path: "/admin/v1/test-clock/advance",
  operationId: "advanceTestClock",
  tags: ["Test clock"],
  summary: "Advance the clock of a test tenant",
  description:
    "Runs everything that falls due on the way, in time order, and answers with what it did. A long way goes on after the answer: the clock is Advancing until it has arrived.",
  ...writes("tenant:write"),
  request: body(AdvanceInput),
  responses: { 200: json(AdvanceSchema, "What ran."), ...writeProblems() },
})

export function register(api: Api): void {
  api.openapi(getRoute, (c) => {
    const { tenant, now } = c.get("scope")
    return c.json(
      clockToApi({ now, frozen: tenant.clockAt !== null, advancingTo: tenant.advance?.to ?? null }),
      200,
    )
  })

  api.openapi(setRoute, async (c) => {
    const { now } = c.req.valid("json")
    return c.json(clockToApi(unwrap(await setTestClock(c.get("scope"), now, reply(200, clockToApi)))), 200)
  })

  api.openapi(advanceRoute, async (c) => {
    const scope = c.get("scope")
    const { to, by } = c.req.valid("json")
    const until = to ?? later(scope.now, by ?? "")
    return c.json(advanceToApi(unwrap(await advanceClock(scope, until, reply(200, advanceToApi)))), 200)
  })
}

function later(now: Instant, by: string): Instant {
  const duration = parseDuration(by)
  const to = duration.ok ? addDuration(now, duration.value, 1, "UTC") : null
  if (to !== null && to < limits.latestTimestampMs) return to
  const message = "expected an ISO 8601 duration such as P1M, P10D or PT1H, which ends before the year 3000"
  throw new Problem("invalid_request", `by: ${message}`, [{ path: "by", message }])
}

function clockToApi(clock: ClockState): z.infer<typeof ClockSchema> {
  const { now, frozen, advancingTo } = clock
  return {
    now: timestamp(now),
    frozen,
    status: advancingTo === null ? "Ready" : "Advancing",
    advancing_to: advancingTo === null ? null : timestamp(advancingTo),
  }
}

function advanceToApi(advance: Advance): z.infer<typeof AdvanceSchema> {
  return {
    from: timestamp(advance.from),
    now: timestamp(advance.now),
    complete: advance.complete,
    ran: advance.ran.map((job) => ({
      id: job.id,
      kind: job.kind,
      subject: job.subject,
      due_at: timestamp(job.dueAt),
      invoice_id: job.invoiceId,
      error: job.error,
    })),
  }
}

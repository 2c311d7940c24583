// GET /admin/v1/jobs, POST /admin/v1/jobs/{id}/replay

import { createRoute, z } from "@hono/zod-openapi"
import { replayJob } from "../../actions/replay-job.ts"
import type { AgendaRow } from "../../db/rows.ts"
import { AGENDA_KINDS, AGENDA_STATUSES } from "../../domain/agenda.ts"
import type { Api } from "../app.ts"
import { reads, writes } from "../shared/access.ts"
import {
  body,
  IdParam,
  json,
  linkNext,
  pageFrom,
  PageQuery,
  problems,
  reply,
  unwrap,
  writeProblems,
} from "../shared/door.ts"
import { Empty, timestamp, TimestampText } from "../shared/fields.ts"

const JobSchema = z
  .object({
    id: z.string().openapi({ example: "01944b1f-0000-7000-8000-000000000007" }),
    kind: z.enum(AGENDA_KINDS).openapi({ example: "close-period" }),
    subject: z.string().openapi({
      description: "The subscription, invoice or customer.",
      example: "01944b1f-0000-7000-8000-000000000003",
    }),
    status: z.enum(AGENDA_STATUSES).openapi({
      description: "`Dead`: every retry failed, and it waits to be replayed.",
      example: "Dead",
    }),
    due_at: TimestampText,
    attempts: z.int().openapi({ description: "Tries that failed.", example: 8 }),
    last_error: z
      .string()
      .nullable()
      .openapi({ example: "amount_out_of_range: API Requests comes to more than …" }),
    created_at: TimestampText,
    done_at: TimestampText.nullable(),
  })
  .openapi("Job")

const listRoute = createRoute({
  method: "get",
  path: "/admin/v1/jobs",
  operationId: "listJobs",
  tags: ["Jobs"],
  summary: "List jobs",
  description: "What is to happen later, what has happened, and what was given up. Newest first.",
  ...reads("jobs:read"),
  request: {
    query: PageQuery.extend({ status: z.enum(AGENDA_STATUSES).optional().openapi({ example: "Dead" }) }),
  },
  responses: { 200: json(z.array(JobSchema), "A page of jobs."), ...problems(422) },
})

const replayRoute = createRoute({
  method: "post",
  path: "/admin/v1/jobs/{id}/replay",
  operationId: "replayJob",
  tags: ["Jobs"],
  summary: "Replay a dead job",
  description:
    "Puts a job that was given up back on the queue. Running a job twice never does its work twice.",
  ...writes("jobs:write"),
  request: { params: IdParam, ...body(Empty, false) },
  responses: { 200: json(JobSchema, "The job, Pending again."), ...writeProblems(404) },
})

export function register(api: Api): void {
  api.openapi(listRoute, async (c) => {
    const { status, ...page } = c.req.valid("query")
    const found = await c.get("scope").read.records.jobs(pageFrom(page), status)
    linkNext(c, found.next)
    return c.json(found.rows.map(jobToApi), 200)
  })

  api.openapi(replayRoute, async (c) => {
    const job = unwrap(await replayJob(c.get("scope"), c.req.valid("param").id, reply(200, jobToApi)))
    return c.json(jobToApi(job), 200)
  })
}

function jobToApi(row: AgendaRow): z.infer<typeof JobSchema> {
  return {
    id: row.id,
    kind: row.kind,
    subject: row.subject,
    status: row.status,
    due_at: timestamp(row.dueAt),
    attempts: row.attempts,
    last_error: row.lastError,
    created_at: timestamp(row.createdAt),
    done_at: timestamp(row.doneAt),
  }
}

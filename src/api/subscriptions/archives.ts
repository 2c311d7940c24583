// GET /admin/v1/subscriptions/{id}/archives

import { createRoute, z } from "@hono/zod-openapi"
import { listArchives } from "../../actions/list-archives.ts"
import type { Archive } from "../../domain/archive.ts"
import { limits } from "../../limits.ts"
import type { Api } from "../app.ts"
import { reads } from "../shared/access.ts"
import { IdParam, json, linkNext, problems, unwrap } from "../shared/door.ts"
import { timestamp, TimestampText } from "../shared/fields.ts"

const ArchiveSchema = z
  .object({
    object: z.string().openapi({
      description: "The key in the archive's bucket: gzipped NDJSON, with a manifest beside it.",
      example: "usage/01944b1f-…/01944b1f-…/000000000001-000000010000-9f86d081884c7d65.ndjson.gz",
    }),
    first_seq: z.int().openapi({ description: "Events are numbered as they are accepted.", example: 1 }),
    last_seq: z.int().openapi({ example: 10000 }),
    count: z.int().openapi({ example: 10000 }),
    first_timestamp: TimestampText,
    last_timestamp: TimestampText.openapi({ example: "2026-03-27T23:59:59Z" }),
    bytes: z.int().openapi({ description: "Of the object.", example: 312000 }),
    sha256: z.string().openapi({
      description: "Of the object.",
      example: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    }),
  })
  .openapi("UsageArchive")

const route = createRoute({
  method: "get",
  path: "/admin/v1/subscriptions/{id}/archives",
  operationId: "listUsageArchives",
  tags: ["Usage"],
  summary: "List the archives of raw events",
  description: "The newest first. The list of raw events reads them by itself.",
  ...reads("metering:read"),
  request: {
    params: IdParam,
    query: z.object({
      limit: z.coerce
        .number()
        .int()
        .min(1)
        .max(limits.pageSizeMax)
        .default(limits.pageSize)
        .openapi({ description: "Rows of a page.", example: 50 }),
      cursor: z.coerce
        .number()
        .int()
        .min(1)
        .optional()
        .openapi({ description: "Where the page starts: from the `Link` header of the page before." }),
    }),
  },
  responses: { 200: json(z.array(ArchiveSchema), "A page of archives."), ...problems(404, 422) },
})

export function register(api: Api): void {
  api.openapi(route, async (c) => {
    const { limit, cursor } = c.req.valid("query")
    const page = { limit, before: cursor ?? null }
    const { archives, next } = unwrap(await listArchives(c.get("scope"), c.req.valid("param").id, page))
    linkNext(c, next)
    return c.json(archives.map(archiveToApi), 200)
  })
}

function archiveToApi(archive: Archive): z.infer<typeof ArchiveSchema> {
  return {
    object: archive.key,
    first_seq: archive.first,
    last_seq: archive.last,
    count: archive.count,
    first_timestamp: timestamp(archive.fromAt),
    last_timestamp: timestamp(archive.toAt),
    bytes: archive.bytes,
    sha256: archive.sha256,
  }
}

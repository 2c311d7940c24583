// Two queues: whoever is slow to be told never delays what is billed.

import { createExecutionContext, env } from "cloudflare:test"
import { expect, test } from "vitest"
import { platformOf } from "../../src/context.ts"
import type { DueRow } from "../../src/db/system.ts"
import type { AgendaKind } from "../../src/domain/agenda.ts"
import { AGENDA_KINDS, queueOf } from "../../src/domain/agenda.ts"
import { instant } from "../../src/domain/time.ts"
import type { Env } from "../../src/env.ts"
import { tick } from "../../src/jobs/cron.ts"
import { limits } from "../../src/limits.ts"
import { newTenant } from "../support/client.ts"

test("what tells others has a queue of its own, and all else the other one", () => {
  expect(AGENDA_KINDS.filter((kind) => queueOf(kind) === "Webhooks").toSorted()).toEqual([
    "deliver-webhook",
    "send-mail",
  ])
})

test("each row goes to the queue of its kind", async () => {
  const sent: Record<string, string[]> = { JOBS: [], WEBHOOKS: [] }
  const recorder = (name: "JOBS" | "WEBHOOKS") => ({
    sendBatch: async (messages: Iterable<{ body: { agenda_id: string } }>) => {
      for (const { body } of messages) sent[name]?.push(body.agenda_id)
    },
  })
  const recorded = { ...env, JOBS: recorder("JOBS"), WEBHOOKS: recorder("WEBHOOKS") } as unknown as Env
  const row = (kind: AgendaKind): DueRow => ({ id: kind, tenantId: "t", kind })
  await platformOf(recorded, createExecutionContext()).enqueue(
    (["deliver-webhook", "close-period", "send-mail", "collect-payment"] as const).map(row),
  )
  expect(sent).toEqual({
    JOBS: ["close-period", "collect-payment"],
    WEBHOOKS: ["deliver-webhook", "send-mail"],
  })
})

test("with thousands of webhooks waiting, each tick still takes all that is to be billed, and only so many of them", async () => {
  const { id: tenantId } = await newTenant("live")
  const wall = Date.now()
  const rows = (kind: AgendaKind, count: number, dueAt: number) =>
    env.DB.prepare(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
      INSERT INTO agenda (id, tenant_id, due_at, kind, subject, unique_key, status, attempts, created_at)
      SELECT ?2 || i, ?3, ?4, ?2, 'nobody', 'key' || i, 'Pending', 0, ?4 FROM n`,
    )
      .bind(count, kind, tenantId, dueAt)
      .run()
  // The webhooks are older: whoever took what is due in order of time alone would take them first.
  await rows("deliver-webhook", limits.webhookJobsInFlight + 500, wall - 10_000)
  await rows("settle-invoice", 40, wall - 1)
  const taken: DueRow[] = []
  const platform = {
    ...platformOf(env, createExecutionContext()),
    wallNow: () => instant(wall),
    enqueue: async (due: readonly DueRow[]) => void taken.push(...due),
  }
  await tick(platform)
  const of = (kind: AgendaKind) => taken.filter((row) => row.kind === kind).length
  expect([of("settle-invoice"), of("deliver-webhook")]).toEqual([40, limits.webhookJobsInFlight])
  taken.length = 0
  await rows("close-period", 5, wall - 1)
  await tick(platform)
  expect([of("close-period"), of("deliver-webhook")]).toEqual([5, 0])
})

// The worker whose cron and queue run by a wall clock that can be set ahead, so that the periods of thousands of subscriptions have
// ended without a month of waiting. Cron comes when it is asked for; the queue is the real one. Counts what jobs ask of D1.

import type { Platform } from "../../src/actions/scope.ts"
import { platformOf } from "../../src/context.ts"
import type { JobMessage } from "../../src/domain/agenda.ts"
import type { AlertMessage } from "../../src/domain/alert.ts"
import { instant } from "../../src/domain/time.ts"
import type { Env } from "../../src/env.ts"
import { tick } from "../../src/jobs/cron.ts"
import { consume } from "../../src/jobs/queue.ts"
import { wallNowMs } from "../../src/runtime/clock.ts"
import type { CloseProgress } from "./close-progress.ts"
import { countedD1, type Count } from "../../src/db/counted-d1.ts"
import bench from "./index.ts"
import type { BenchEnv } from "./routes.ts"

export * from "./index.ts"

const counted: Count = { calls: 0, statements: 0 }
let messages = 0
let aheadMs = 0

/** One for each environment, so that the worker remembers what belongs to it. */
const countedEnvs = new WeakMap<Env, Env>()

function jobPlatform(env: Env, ctx: ExecutionContext): Platform {
  const countedEnv = countedEnvs.get(env) ?? { ...env, DB: countedD1(env.DB, counted) }
  countedEnvs.set(env, countedEnv)
  return { ...platformOf(countedEnv, ctx), wallNow: () => instant(wallNowMs() + aheadMs) }
}

const PROGRESS = `SELECT
  (SELECT COUNT(*) FROM invoices WHERE tenant_id = ?1 AND number IS NOT NULL) AS numbered,
  (SELECT COUNT(DISTINCT number) FROM invoices WHERE tenant_id = ?1 AND number IS NOT NULL) AS numbers,
  (SELECT next_invoice_number - 1 FROM tenants WHERE id = ?1) AS drawn,
  (SELECT COALESCE(SUM(amount_minor), 0) FROM ledger_entries WHERE tenant_id = ?1) AS balance`

async function progressOf(env: Env, tenantId: string): Promise<CloseProgress> {
  const row = await env.DB.prepare(PROGRESS)
    .bind(tenantId)
    .first<Omit<CloseProgress, keyof Count | "messages">>()
  if (row === null) throw new Error("a count has a row")
  return { ...row, ...counted, messages }
}

export default {
  ...bench,
  fetch: async (request, env, ctx) => {
    const url = new URL(request.url)
    switch (url.pathname) {
      case "/bench/tick":
        aheadMs = Number(url.searchParams.get("ahead"))
        await tick(jobPlatform(env, ctx))
        return new Response("ticked")
      case "/bench/progress":
        return Response.json(await progressOf(env, url.searchParams.get("tenant") ?? ""))
      default:
        return bench.fetch(request, env, ctx)
    }
  },
  queue: async (batch, env, ctx) => {
    messages += batch.messages.length
    await consume(jobPlatform(env, ctx), batch)
  },
} satisfies ExportedHandler<Env & BenchEnv, JobMessage | AlertMessage>

// The only entry: HTTP, queue and cron come in here, and the Durable Object is exported from here.

import { nativeApi } from "./api/index.ts"
import { doorOf, platformOf } from "./context.ts"
import type { JobMessage } from "./domain/agenda.ts"
import type { Env } from "./env.ts"
import { tick } from "./jobs/cron.ts"
import { consume } from "./jobs/queue.ts"

export { SubscriptionMeter } from "./meter/subscription-meter.ts"

const api = nativeApi((c) => doorOf(c.env as Env, c.executionCtx as ExecutionContext))

export default {
  fetch: (request, env, ctx) => api.fetch(request, env, ctx),
  queue: (batch, env, ctx) => consume(platformOf(env, ctx), batch),
  scheduled: (_, env, ctx) => tick(platformOf(env, ctx)),
} satisfies ExportedHandler<Env, JobMessage>

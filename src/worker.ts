// The only entry: HTTP, queue and cron come in here, and the Durable Objects are exported from here.

import type { Ctx } from "./api/shared/door.ts"
import { eventsApi, nativeApi } from "./api/index.ts"
import type { Ctx as BillyCtx } from "./billy/door.ts"
import { billyApi } from "./billy/index.ts"
import { isBilly } from "./billy/where.ts"
import { billyDoorOf, doorOf, platformOf } from "./context.ts"
import type { JobMessage } from "./domain/agenda.ts"
import type { AlertMessage } from "./domain/alert.ts"
import type { ThresholdMessage } from "./domain/threshold.ts"
import type { Env } from "./env.ts"
import { tick } from "./jobs/cron.ts"
import { consume } from "./jobs/queue.ts"
import { isPage, webPages } from "./web/index.ts"
import type { WebCtx } from "./web/web.ts"

export { CustomerBudget } from "./budget/customer-budget.ts"
export { SubscriptionMeter } from "./meter/subscription-meter.ts"

const door = (c: Ctx) => doorOf(c.env as Env, c.executionCtx as ExecutionContext)
const api = nativeApi(door)
const events = eventsApi(door)
const pages = webPages((c: WebCtx) => platformOf(c.env as Env, c.executionCtx as ExecutionContext))
const billy = billyApi((c: BillyCtx) => billyDoorOf(c.env as Env, c.executionCtx as ExecutionContext))

/** Origin, then the path of usage events. */
const EVENTS = /^https?:\/\/[^/]+\/v1\/events(?:\/batch)?(?:$|\?)/

function doorFor(request: Request) {
  if (EVENTS.test(request.url)) return events
  if (isPage(request)) return pages
  return isBilly(request) ? billy : api
}

export default {
  fetch: (request, env, ctx) => doorFor(request).fetch(request, env, ctx),
  queue: (batch, env, ctx) => consume(platformOf(env, ctx), batch),
  scheduled: (_, env, ctx) => tick(platformOf(env, ctx)),
} satisfies ExportedHandler<Env, JobMessage | AlertMessage | ThresholdMessage>

// The worker that is measured: the real one, and beside it routes that cost only what they must.

import type { JobMessage } from "../../src/domain/agenda.ts"
import type { Env } from "../../src/env.ts"
import worker from "../../src/worker.ts"
import { benchRoute, type BenchEnv } from "./routes.ts"

export * from "../../src/worker.ts"
export { NaiveMeter } from "./naive.ts"

export default {
  ...worker,
  fetch: (request, env, ctx) =>
    // Cheap, so that the real routes don't pay for it.
    request.url.includes("/bench/") ? benchRoute(request, env) : worker.fetch(request, env, ctx),
} satisfies ExportedHandler<Env & BenchEnv, JobMessage>

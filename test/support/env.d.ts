// What the tests' environment has: the worker's own bindings, and the migrations that vitest.config.ts reads.

import type { D1Migration } from "cloudflare:test"
import type { Env as WorkerEnv } from "../../src/env.ts"

declare global {
  namespace Cloudflare {
    interface Env extends WorkerEnv {
      readonly TEST_MIGRATIONS: D1Migration[]
      /** Which seed is simulated, and how many steps of it; absent: those of every run. */
      readonly SIMULATION_SEED?: string
      readonly SIMULATION_STEPS?: string
    }
    interface GlobalProps {
      mainModule: typeof import("../../src/worker.ts")
    }
  }
}

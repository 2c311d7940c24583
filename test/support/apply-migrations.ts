// Begins a test file: the D1 has the present schema and no rows, and nothing is mocked. Runs once per file, before its tests.

import { applyD1Migrations } from "cloudflare:test"
import { env } from "cloudflare:workers"
import { vi } from "vitest"
import { beginFile } from "./database.ts"
import { keepMainModule } from "./main-module.ts"

keepMainModule()
vi.restoreAllMocks()
vi.useRealTimers()
await applyD1Migrations(env.DB, env.TEST_MIGRATIONS)
await beginFile()

// Brings the D1 of a test file to the present schema. Runs once per file, before its tests; repeating it does nothing.

import { applyD1Migrations } from "cloudflare:test"
import { env } from "cloudflare:workers"
import { beginFile } from "./database.ts"

await applyD1Migrations(env.DB, env.TEST_MIGRATIONS)
beginFile()

// `npm run check`: everything but the tests that must hold before a commit. Runs all of it and lists all that fails,
// because a second fault found an hour later is a second hour.

import { copyAssets } from "./assets.ts"
import { deployDryRun } from "./lib/deploy-config.ts"
import { lockfileFaults } from "./lib/lockfile.ts"
import { schemaDrift } from "./lib/schema-drift.ts"
import { runQuietly } from "./lib/wrangler.ts"
import { openApiDrift, openApiProblems } from "./openapi.ts"

type Step = { readonly name: string; readonly faults: () => Promise<readonly string[]> }

const steps: readonly Step[] = [
  { name: "lockfile names every platform's packages", faults: lockfileFaults },
  { name: "types of the worker", faults: () => tool("typescript/bin/tsc", "-p", "tsconfig.json") },
  { name: "types of the tools", faults: () => tool("typescript/bin/tsc", "-p", "tsconfig.node.json") },
  { name: "lint", faults: () => tool("oxlint/bin/oxlint") },
  { name: "format", faults: () => tool("oxfmt/bin/oxfmt", "--list-different") },
  { name: "migrations match the schema", faults: schemaDrift },
  { name: "docs/openapi.json matches the routes", faults: openApiDrift },
  { name: "OpenAPI documents, linted strictly", faults: openApiProblems },
  { name: "deploy (dry run)", faults: deployDryRun },
]

await copyAssets()
const failed: string[] = []
for (const { name, faults } of steps) {
  const start = performance.now()
  const found = await faults().catch((error: unknown) => [
    error instanceof Error ? error.message : String(error),
  ])
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  console.log(`${found.length === 0 ? "ok    " : "FAILED"} ${name} (${seconds} s)`)
  if (found.length > 0) {
    failed.push(name)
    console.log(`\n${found.join("\n")}\n`)
  }
}
console.log(failed.length === 0 ? "All checks passed." : `Failed: ${failed.join("; ")}.`)
process.exit(failed.length === 0 ? 0 : 1)

async function tool(path: string, ...args: string[]): Promise<string[]> {
  const done = await runQuietly(process.execPath, [`node_modules/${path}`, ...args])
  if (done.code === 0) return []
  return [`${done.stdout}${done.stderr}`.trim() || `${path} ended with code ${done.code}.`]
}

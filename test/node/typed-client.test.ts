// A client that a well-known generator makes of the served OpenAPI document: it compiles, and runs the quick start.

import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { afterAll, beforeAll, expect, test } from "vitest"
import { root } from "../../scripts/lib/root.ts"
import { demoTenant } from "./support/demo.ts"
import type { Server, Site } from "./support/server.ts"
import { newSite } from "./support/server.ts"
import { fixture, outputOf } from "./support/snippets.ts"

const SDK = join(root, "test/sdk")

// As strict as a careful user has it, on the TypeScript that the generator needs.
const TSCONFIG = {
  compilerOptions: {
    target: "ES2024",
    lib: ["ES2024", "DOM"],
    module: "ESNext",
    moduleResolution: "Bundler",
    types: ["node"],
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noEmit: true,
  },
}

let site: Site
let server: Server
let folder: string

beforeAll(async () => {
  site = await newSite()
  server = await site.start()
  // Inside of the repository, so that the program finds its packages.
  await mkdir(join(root, ".ledgerline"), { recursive: true })
  folder = await mkdtemp(join(root, ".ledgerline/sdk-"))
}, 60_000)

afterAll(async () => {
  await server.stop()
  await site.remove()
  await rm(folder, { recursive: true, force: true })
})

test("compiles and runs the quick start", { timeout: 60_000 }, async () => {
  const document = await (await fetch(`${server.url}/openapi.json`)).text()
  await writeFile(join(folder, "openapi.json"), document)
  await copyFile(join(SDK, "quick-start.ts"), join(folder, "quick-start.ts"))
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify(TSCONFIG))
  // The documentation's own client class stands beside it: it, too, must compile unchanged.
  await writeFile(join(folder, "billing-client.ts"), fixture("client.typescript"))
  await node(join(SDK, "node_modules/openapi-typescript/bin/cli.js"), "openapi.json", "-o", "schema.d.ts")
  await node(join(SDK, "node_modules/typescript/bin/tsc"), "-p", "tsconfig.json")

  const { key, plan } = await demoTenant(server.url, "2026-02-28T00:00:00Z")
  const told = JSON.parse(await node("quick-start.ts", server.url, key, plan)) as unknown
  expect(told).toMatchObject({
    status: "Trialing",
    period: ["2026-02-28T00:00:00Z", "2026-03-28T00:00:00Z"],
    event: { accepted: true, event_id: "evt-acme-2026-02-28-001", duplicate: false },
    values: ["api.request (Count): 1"],
    draft: "Draft",
    invoice: ["Open", "INV-000001", 1],
    faults: ["display_name"],
  })
})

/** Runs a script in the folder and gives what it printed. */
function node(script: string, ...args: readonly string[]): Promise<string> {
  return outputOf(process.execPath, [script, ...args], folder)
}

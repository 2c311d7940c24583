// `npm start`: the whole system on this machine, with a demo tenant to try it on.
// Law: a second start keeps the data, and nothing that this starts outlives it.

import { mkdir } from "node:fs/promises"
import { join, relative, resolve } from "node:path"
import { copyAssets } from "./assets.ts"
import type { Demo } from "./lib/demo.ts"
import { ensureDemo } from "./lib/demo.ts"
import type { DevServer } from "./lib/dev-server.ts"
import { isHealthy, isPortFree, startDevServer } from "./lib/dev-server.ts"
import { ensureDevVars } from "./lib/dev-vars.ts"
import { applyLocalMigrations } from "./lib/local-migrations.ts"
import { root } from "./lib/root.ts"

const TICK_MS = 60_000

let server: DevServer | undefined
let stopping = false

// A terminal and npm may both deliver the same Ctrl-C, so only the first signal counts.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => void end(0))
process.on("disconnect", () => void end(0))

try {
  await start()
} catch (error) {
  if (!stopping) console.error(error instanceof Error ? error.message : error)
  await end(1)
}

async function start(): Promise<void> {
  const port = portOf(process.env["PORT"])
  if (!(await isPortFree(port))) {
    throw new Error(`Port ${port} is in use or not allowed. Choose another one: PORT=${port + 1} npm start`)
  }
  const state = resolve(root, process.env["LEDGERLINE_STATE"] ?? ".ledgerline/state")
  await mkdir(state, { recursive: true })
  const vars = await ensureDevVars(join(root, ".dev.vars"))
  await copyAssets()
  await applyLocalMigrations(state)
  if (stopping) return

  server = startDevServer(port, state, process.env["PUBLIC_URL"] ?? vars.get("PUBLIC_URL"))
  void server.exited.then(() => (stopping ? undefined : serverEnded()))
  if (!(await isHealthy(server))) throw new Error("The server did not get ready; its messages are above.")
  const demo = await ensureDemo(server.url, state, vars.get("ROOT_API_KEY") ?? "")
  const { url } = server
  void tick(url)
  setInterval(() => void tick(url), TICK_MS).unref()
  process.stdout.write(greeting(url, demo, shown(state)))
}

function portOf(text: string | undefined): number {
  const port = Number(text ?? "8787")
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port
  throw new Error(`PORT must be a whole number from 1 to 65535; it is "${text}".`)
}

async function serverEnded(): Promise<void> {
  console.error("The server ended by itself; its messages are above.")
  await end(1)
}

async function end(code: number): Promise<void> {
  if (stopping) return
  stopping = true
  await server?.stop()
  process.exit(code)
}

/** Cron is not simulated locally, so a minute's tick comes from here. The first one catches up what is due. */
async function tick(url: string): Promise<void> {
  const answer = await fetch(`${url}/cdn-cgi/local/scheduled?cron=*+*+*+*+*`).catch(() => null)
  const text = await answer?.text().catch(() => "")
  if (!stopping && answer?.ok !== true) console.error(`The minute's tick failed: ${text ?? "no answer"}`)
}

function shown(folder: string): string {
  const path = relative(root, folder)
  return path.startsWith("..") ? folder : path
}

function greeting(url: string, demo: Demo, state: string): string {
  return `
Ledgerline with a demo tenant. State is kept in ${state}, secrets (the root key too) in .dev.vars.
API explorer: ${url}/docs/api

  export BASE_URL=${url}
  export ADMIN_TOKEN=${demo.adminToken}

A first customer:

  curl -X POST $BASE_URL/admin/v1/customers \\
    -H "Authorization: Bearer $ADMIN_TOKEN" \\
    -H "Content-Type: application/json" \\
    -d '{"display_name": "Acme Corp", "email": "billing@acmecorp.com", "currency": "USD", "account_type": "Organization"}'

Ready on ${url}. Ctrl-C stops it.
`
}

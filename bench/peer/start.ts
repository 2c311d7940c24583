// Starts the peer: its packages from its own lockfile, a private PostgreSQL with its tables, and its server.
// Law: what is missing is said, and the benchmark goes on without the peer.

import { execFile } from "node:child_process"
import { randomBytes } from "node:crypto"
import { readFile } from "node:fs/promises"
import path from "node:path"
import { promisify } from "node:util"
import { atEnd } from "../at-end.ts"
import { startChild } from "../child.ts"
import { startPostgres, type Postgres } from "./postgres.ts"

const run = promisify(execFile)
const here = import.meta.dirname

export type Peer = {
  readonly port: number
  readonly apiKey: string
  /** Fastify's process and PostgreSQL's first one; the others are below it. */
  readonly pids: readonly number[]
  readonly version: string
  readonly stop: () => Promise<void>
}

/** The peer, or why it can't be measured. */
export async function startPeer(): Promise<Peer | { readonly missing: string }> {
  const fault = await installPackages()
  if (fault !== null) return { missing: `its packages could not be installed: ${fault}` }
  const postgres = await startPostgres()
  if (postgres === null) return { missing: "PostgreSQL (initdb, postgres) is not installed" }
  try {
    return await serve(postgres)
  } catch (error) {
    await postgres.stop()
    throw error
  }
}

async function serve(postgres: Postgres): Promise<Peer> {
  const apiKey = randomBytes(24).toString("hex")
  const server = await startChild(path.join(here, "server.mjs"), [postgres.folder, apiKey])
  return {
    port: server.port,
    apiKey,
    pids: [server.pid, postgres.pid],
    version: postgres.version,
    stop: atEnd(async () => {
      await server.stop()
      await postgres.stop()
    }),
  }
}

/** Null when they are there. */
async function installPackages(): Promise<string | null> {
  if (await isInstalled()) return null
  console.error("Installing the packages of the peer (npm ci in bench/peer) …")
  // npm names its own entry point; through it the same npm runs whatever PATH says.
  const npm = process.env["npm_execpath"]
  const args = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
  try {
    if (npm?.endsWith(".js") === true) await run(process.execPath, [npm, ...args], { cwd: here })
    else await run("npm", args, { cwd: here })
    return null
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

type Lock = {
  readonly packages: Readonly<Record<string, { readonly version?: string; readonly optional?: boolean }>>
}

async function isInstalled(): Promise<boolean> {
  const [wanted, present] = await Promise.all(
    ["package-lock.json", "node_modules/.package-lock.json"].map(async (file) => {
      const text = await readFile(path.join(here, file), "utf8").catch(() => null)
      return text === null ? undefined : (JSON.parse(text) as Lock).packages
    }),
  )
  if (wanted === undefined || present === undefined) return false
  return Object.entries(wanted).every(
    ([name, one]) => name === "" || one.optional === true || present[name]?.version === one.version,
  )
}

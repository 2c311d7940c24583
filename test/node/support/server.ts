// Starts, kills and stops servers on one state folder. The worker is bundled once per test file.

import type { ChildProcess } from "node:child_process"
import { spawn } from "node:child_process"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { bundledWorker, bundleWorker, migrationStatements } from "../../../scripts/lib/local-worker.ts"
import type { Settings } from "./serve.ts"

export const ROOT_KEY = "root_test_key_for_tests_only_000000"

const SECRETS = {
  ROOT_API_KEY: ROOT_KEY,
  JWT_SECRET: "test-jwt-secret-that-is-long-enough-0123456789",
  // Receivers of webhooks run on this machine.
  ALLOW_PRIVATE_WEBHOOKS: "1",
}
const READY_WITHIN_MS = 60_000

export type Server = {
  readonly url: string
  /** A tick of the cron. */
  readonly tick: () => Promise<void>
  /** SIGKILL to all of it, in whatever it is doing. */
  readonly kill: () => Promise<void>
  readonly stop: () => Promise<void>
}

/** A state folder and the bundle that runs on it. */
export type Site = { readonly start: () => Promise<Server>; readonly remove: () => Promise<void> }

export async function newSite(): Promise<Site> {
  const folder = await mkdtemp(join(tmpdir(), "ledgerline-test-"))
  const script = join(folder, "worker.mjs")
  await bundleWorker("src/worker.ts", script)
  const options = optionsOf(folder, script)
  let migrations = await migrationStatements()
  return {
    start: async () => {
      const server = await startServer({ options, migrations })
      migrations = []
      return server
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}

function optionsOf(folder: string, script: string): Settings["options"] {
  const worker = bundledWorker(folder, script, SECRETS)
  return { host: "127.0.0.1", port: 0, resourcePersistencePath: join(folder, "state"), workers: [worker] }
}

async function startServer(settings: Settings): Promise<Server> {
  const program = join(import.meta.dirname, "serve.ts")
  const env = { ...process.env, CLOUDFLARE_CF_FETCH_ENABLED: "false" }
  // A group of its own: workerd, which is a child of the child, must be killed with it.
  const child = spawn(process.execPath, [program, JSON.stringify(settings)], {
    env,
    stdio: ["pipe", "pipe", "inherit"],
    detached: true,
  })
  const lines = linesOf(child)
  const url = await lines.next("ready ")
  return {
    url: url.replace(/\/$/, ""),
    tick: async () => {
      child.stdin?.write("tick\n")
      await lines.next("ticked")
    },
    kill: () => ended(child, () => process.kill(-(child.pid ?? 0), "SIGKILL")),
    stop: () => ended(child, () => child.stdin?.end()),
  }
}

function linesOf(child: ChildProcess) {
  const waiting: { readonly prefix: string; readonly resolve: (rest: string) => void }[] = []
  if (child.stdout === null) throw new Error("The server has no output.")
  createInterface({ input: child.stdout }).on("line", (line) => {
    const index = waiting.findIndex(({ prefix }) => line.startsWith(prefix))
    const [found] = index < 0 ? [] : waiting.splice(index, 1)
    found?.resolve(line.slice(found.prefix.length))
  })
  return {
    next: (prefix: string) =>
      new Promise<string>((resolve, reject) => {
        const late = setTimeout(
          () => reject(new Error(`The server did not say "${prefix}".`)),
          READY_WITHIN_MS,
        )
        child.once("exit", () => reject(new Error("The server ended by itself.")))
        waiting.push({
          prefix,
          resolve: (rest) => {
            clearTimeout(late)
            resolve(rest)
          },
        })
      }),
  }
}

async function ended(child: ChildProcess, end: () => void): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = new Promise<void>((resolve) => child.once("exit", () => resolve()))
  end()
  await exit
}

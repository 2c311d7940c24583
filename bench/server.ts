// Serves the bundled worker on workerd, without the proxies and the logging of `wrangler dev`, which cost many times what the
// worker does. State lives in a temporary folder on disk, so a commit is a real one.

import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import path from "node:path"
import { convertV4MiniflareOptions, Miniflare } from "miniflare"
import { bundledWorker, bundleWorker, migrationStatements, WORKER_NAME } from "../scripts/lib/local-worker.ts"
import { childrenNamed } from "./processes.ts"

export type Server = {
  readonly port: number
  /** The processes that do the work, as far as they can be seen. */
  readonly pids: readonly number[]
  readonly stop: () => Promise<void>
}

/** `secrets` are given to the worker as its bindings. */
export async function startServer(secrets: Readonly<Record<string, string>>): Promise<Server> {
  const folder = await mkdtemp(path.join(tmpdir(), "ledgerline-bench-"))
  try {
    return await serve(folder, secrets)
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    throw error
  }
}

async function serve(folder: string, secrets: Readonly<Record<string, string>>): Promise<Server> {
  const script = path.join(folder, "worker.mjs")
  await bundleWorker("bench/worker/index.ts", script)
  const miniflare = new Miniflare(optionsFor(folder, script, secrets))
  const address = await miniflare.unsafeGetDirectURL(WORKER_NAME)
  await migrate(miniflare)
  return {
    port: Number(address.port),
    pids: await childrenNamed("workerd"),
    stop: async () => {
      await miniflare.dispose()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function optionsFor(
  folder: string,
  script: string,
  secrets: Readonly<Record<string, string>>,
): ConstructorParameters<typeof Miniflare>[0] {
  const unsafeDirectSockets = [{ host: "127.0.0.1", port: 0 }]
  const worker = { ...bundledWorker(folder, script, secrets), unsafeDirectSockets }
  return convertV4MiniflareOptions({ resourcePersistencePath: path.join(folder, "state"), workers: [worker] })
}

async function migrate(miniflare: Miniflare): Promise<void> {
  const database = await miniflare.getD1Database("DB")
  const statements = await migrationStatements()
  await database.batch(statements.map((statement) => database.prepare(statement)))
}

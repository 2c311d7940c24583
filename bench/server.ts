// Serves a bundle of the worker on workerd. State lives in a temporary folder on disk, so a commit is a real one, and a server
// that was stopped or killed can be started again on it.

import { randomBytes } from "node:crypto"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import path from "node:path"
import { bundledWorker, bundleWorker, migrationStatements } from "../scripts/lib/local-worker.ts"
import { atEnd } from "./at-end.ts"
import { startChild, type Child } from "./child.ts"
import type { Settings } from "./serve.ts"

/** `bench/worker/counting.ts` counts the rows that objects write, which costs a little; `index.ts` is the worker as it is. */
export type Entry = "bench/worker/index.ts" | "bench/worker/counting.ts" | "bench/worker/closes.ts"

/** A state folder, and the bundle that runs on it. */
export type Site = {
  readonly rootKey: string
  /** The bundle: comments in it say which file each of its parts is of. */
  readonly script: string
  readonly start: () => Promise<Child>
  readonly remove: () => Promise<void>
}

/** `complaints`: a server that is killed and evicted on purpose has many. `inspectorPort`: where workerd can be profiled. */
export async function newSite(
  entry: Entry,
  complaints: "shown" | "ignored" = "shown",
  inspectorPort?: number,
): Promise<Site> {
  const folder = await mkdtemp(path.join(tmpdir(), "ledgerline-bench-"))
  const remove = atEnd(() => rm(folder, { recursive: true, force: true }))
  try {
    const script = path.join(folder, "worker.mjs")
    await bundleWorker(entry, script)
    const rootKey = randomBytes(24).toString("hex")
    const secrets = { ROOT_API_KEY: rootKey, JWT_SECRET: randomBytes(32).toString("hex") }
    const options = {
      ...optionsFor(folder, script, secrets),
      ...(inspectorPort === undefined ? {} : { inspectorPort }),
    }
    let migrations = await migrationStatements()
    const start = async (): Promise<Child> => {
      const settings: Settings = { options, migrations }
      const server = await startChild(
        path.join(import.meta.dirname, "serve.ts"),
        [JSON.stringify(settings)],
        complaints,
      )
      migrations = []
      return server
    }
    return { rootKey, script, start, remove }
  } catch (error) {
    await remove()
    throw error
  }
}

function optionsFor(
  folder: string,
  script: string,
  secrets: Readonly<Record<string, string>>,
): Settings["options"] {
  const configured = bundledWorker(folder, script, secrets)
  // The type of the options is a union that hides what all its members have.
  const { durableObjects } = configured as { readonly durableObjects?: Readonly<Record<string, object>> }
  const worker = {
    ...configured,
    durableObjects: { ...durableObjects, NAIVE: { className: "NaiveMeter", useSQLite: true } },
    unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }],
  }
  return { cf: false, resourcePersistencePath: path.join(folder, "state"), workers: [worker] }
}

// The worker as Miniflare serves it, without wrangler around it: one bundle, the bindings of wrangler.toml, the migrations.
// For the benchmark and for tests that kill the server.

import { readdir, readFile } from "node:fs/promises"
import { join } from "node:path"
import { build } from "esbuild"
import { unstable_getMiniflareWorkerOptions, unstable_splitSqlQuery } from "wrangler"
import { root } from "./root.ts"

export const WORKER_NAME = "ledgerline"

/** Bundles an entry point, given from the root of the project, into one module as wrangler would. */
export async function bundleWorker(entry: string, outfile: string): Promise<void> {
  await build({
    entryPoints: [join(root, entry)],
    outfile,
    bundle: true,
    format: "esm",
    target: "es2024",
    conditions: ["workerd", "worker", "browser"],
    mainFields: ["browser", "module", "main"],
    external: ["cloudflare:*", "node:*"],
    logLevel: "warning",
  })
}

/**
 * What Miniflare is told about the bundled worker in `folder`. The bundle is one module, so there are no rules for finding
 * others. Static assets are left out: Miniflare would put two workers of its own before every request.
 */
export function bundledWorker(folder: string, script: string, secrets: Readonly<Record<string, string>>) {
  const { workerOptions } = unstable_getMiniflareWorkerOptions(join(root, "wrangler.toml"))
  const { modulesRules: _rules, assets: _assets, ...configured } = workerOptions
  return {
    ...configured,
    name: WORKER_NAME,
    modules: true,
    modulesRoot: folder,
    scriptPath: script,
    bindings: { ...secrets },
  }
}

/** The statements that make the tables, in order. */
export async function migrationStatements(): Promise<readonly string[]> {
  const folder = join(root, "migrations")
  const files = (await readdir(folder)).filter((name) => name.endsWith(".sql")).toSorted()
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), "utf8")))
  return texts.flatMap((text) => unstable_splitSqlQuery(text))
}

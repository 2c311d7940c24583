// wrangler.toml as an account needs it: with the id of the account's database. Written beside, never committed, so
// that one checkout can be deployed to any account.

import { mkdir, writeFile } from "node:fs/promises"
import { join } from "node:path"
import type { Unstable_RawConfig } from "wrangler"
import { experimental_readRawConfig } from "wrangler"
import { root } from "./root.ts"
import { wrangler } from "./wrangler.ts"

const FOLDER = join(root, ".ledgerline")

export const deployConfigFile = join(FOLDER, "wrangler.deploy.json")

/** What an account must have before the worker can be deployed. */
export type Resources = {
  readonly worker: string
  readonly database: string
  readonly queues: readonly string[]
  readonly buckets: readonly string[]
}

export function resources(): Resources {
  const config = readConfig()
  const queues = [
    ...(config.queues?.producers ?? []).map(({ queue }) => queue),
    ...(config.queues?.consumers ?? []).flatMap(({ queue, dead_letter_queue: dead }) => [queue, dead]),
  ]
  return {
    worker: need(config.name, "name"),
    database: need(config.d1_databases?.[0]?.database_name, "d1_databases.database_name"),
    queues: [...new Set(queues.filter((name) => name !== undefined))],
    buckets: (config.r2_buckets ?? []).map(({ bucket_name: name }) => need(name, "r2_buckets.bucket_name")),
  }
}

/** Writes the configuration; null keeps the placeholder id, which is enough for a dry run. */
export async function writeDeployConfig(databaseId: string | null): Promise<void> {
  const config = readConfig()
  const text = JSON.stringify(
    {
      ...config,
      // What the platform allows an invocation; wrangler.toml says it where the account's plan allows less.
      vars: { D1_QUERIES: "1000", ...config.vars },
      // Paths of a configuration are relative to its file.
      main: join(root, need(config.main, "main")),
      assets: { ...config.assets, directory: join(root, need(config.assets?.directory, "assets.directory")) },
      d1_databases: config.d1_databases?.map((database) => ({
        ...database,
        database_id: databaseId ?? database.database_id,
        migrations_dir: join(root, need(database.migrations_dir, "d1_databases.migrations_dir")),
      })),
    },
    null,
    2,
  )
  await mkdir(FOLDER, { recursive: true })
  await writeFile(deployConfigFile, `${text}\n`)
}

/** Bundles as a deployment would, without an account. */
export async function deployDryRun(): Promise<string[]> {
  await writeDeployConfig(null)
  const done = await wrangler([
    "deploy",
    "--dry-run",
    "--outdir",
    join(FOLDER, "bundle"),
    "--config",
    deployConfigFile,
  ])
  return done.code === 0 ? [] : [`${done.stdout}${done.stderr}`.trim()]
}

function readConfig(): Unstable_RawConfig {
  return experimental_readRawConfig({ config: join(root, "wrangler.toml") }).rawConfig
}

function need(value: string | undefined, name: string): string {
  if (value === undefined) throw new Error(`wrangler.toml lacks ${name}.`)
  return value
}

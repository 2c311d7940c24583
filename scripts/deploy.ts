// `npm run deploy`: from a checkout to a running service, in one command and as often as wanted. What the account
// lacks is created; secrets that are set stay; the schema is migrated before the code that needs it arrives.
// `--dry-run` does what needs no account.

import { rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { copyAssets } from "./assets.ts"
import { accountName, ensureBucket, ensureDatabase, ensureQueue, run, secretNames } from "./lib/account.ts"
import { deployConfigFile, deployDryRun, resources, writeDeployConfig } from "./lib/deploy-config.ts"
import { newJwtSecret, newRootKey } from "./lib/dev-vars.ts"
import { root } from "./lib/root.ts"

const SECRETS: Readonly<Record<string, () => string>> = { ROOT_API_KEY: newRootKey, JWT_SECRET: newJwtSecret }

try {
  await copyAssets()
  if (process.argv.includes("--dry-run")) await rehearse()
  else await deploy()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exit(1)
}

async function rehearse(): Promise<void> {
  const faults = await deployDryRun()
  if (faults.length > 0) throw new Error(faults.join("\n"))
  const { worker, database, queues, buckets } = resources()
  console.log(`The worker ${worker} bundles. A deployment would see to these in the account:`)
  console.log(`  D1 ${database}, queues ${queues.join(", ")}, R2 ${buckets.join(", ")}`)
}

async function deploy(): Promise<void> {
  const { worker, database, queues, buckets } = resources()
  console.log(`Account: ${await accountName()}`)
  console.log(`D1 ${database} …`)
  await writeDeployConfig(await ensureDatabase(database))
  for (const queue of queues) {
    console.log(`Queue ${queue} …`)
    await ensureQueue(queue)
  }
  for (const bucket of buckets) {
    console.log(`R2 ${bucket} …`)
    await ensureBucket(bucket)
  }
  console.log("Migrations …")
  await run(["d1", "migrations", "apply", database, "--remote", "--config", deployConfigFile])
  console.log(`Worker ${worker} …`)
  const fresh = await missingSecrets()
  try {
    console.log(await upload(fresh))
  } finally {
    // Also after a failure: the secrets may have arrived before it, and they cannot be read back.
    show(fresh)
  }
}

function show(secrets: Readonly<Record<string, string>>): void {
  if (Object.keys(secrets).length === 0) return
  console.log(
    "\nThese secrets are new. They are shown this once; keep the root key where you keep such keys:",
  )
  for (const [name, value] of Object.entries(secrets)) console.log(`  ${name}=${value}`)
}

async function missingSecrets(): Promise<Record<string, string>> {
  const present = await secretNames()
  const missing = Object.entries(SECRETS).filter(([name]) => !present.includes(name))
  return Object.fromEntries(missing.map(([name, make]) => [name, make()]))
}

/** Deploys the code together with its new secrets: there is no moment in which it serves without them. */
async function upload(secrets: Readonly<Record<string, string>>): Promise<string> {
  const file = join(root, ".ledgerline/secrets.json")
  const args = ["deploy", "--config", deployConfigFile]
  try {
    if (Object.keys(secrets).length > 0) {
      await writeFile(file, JSON.stringify(secrets), { mode: 0o600 })
      args.push("--secrets-file", file)
    }
    const output = await run(args)
    const address = /https:\/\/\S+\.workers\.dev/.exec(output)?.[0]
    return address === undefined ? output.trim() : `Deployed: ${address}`
  } finally {
    await rm(file, { force: true })
  }
}

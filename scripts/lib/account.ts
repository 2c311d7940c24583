// What a Cloudflare account has and lacks, asked and changed through wrangler.
// Law: an answer that was not understood stops the deployment; nothing is guessed to be absent.

import { wrangler } from "./wrangler.ts"
import { deployConfigFile } from "./deploy-config.ts"

/** Says who is logged in, or how to log in. */
export async function accountName(): Promise<string> {
  const done = await wrangler(["whoami", "--json"])
  const answer = parse(done.stdout) as {
    readonly loggedIn?: boolean
    readonly accounts?: ReadonlyArray<{ readonly id: string; readonly name: string }>
  } | null
  if (answer?.loggedIn !== true) {
    throw new Error("Not logged in to Cloudflare. Run: npx wrangler login (or set CLOUDFLARE_API_TOKEN).")
  }
  const accounts = answer.accounts ?? []
  const chosen = process.env["CLOUDFLARE_ACCOUNT_ID"]
  const account =
    accounts.find(({ id }) => id === chosen) ?? (accounts.length === 1 ? accounts[0] : undefined)
  if (account !== undefined) return `${account.name} (${account.id})`
  if (chosen !== undefined) return chosen
  const choice = accounts.map(({ id, name }) => `  CLOUDFLARE_ACCOUNT_ID=${id}   # ${name}`).join("\n")
  throw new Error(`There are several accounts; choose one of them:\n${choice}`)
}

export async function databaseId(name: string): Promise<string | null> {
  const list = parse(await run(["d1", "list", "--json"])) as ReadonlyArray<{
    readonly name: string
    readonly uuid: string
  }>
  return list.find((database) => database.name === name)?.uuid ?? null
}

export async function ensureDatabase(name: string): Promise<string> {
  const present = await databaseId(name)
  if (present !== null) return present
  await run(["d1", "create", name])
  const created = await databaseId(name)
  if (created === null) throw new Error(`The database ${name} was created but is not in the list; try again.`)
  return created
}

export async function ensureQueue(name: string): Promise<void> {
  if (!(await exists(["queues", "info", name]))) await run(["queues", "create", name])
}

export async function ensureBucket(name: string): Promise<void> {
  if (!(await exists(["r2", "bucket", "info", name]))) await run(["r2", "bucket", "create", name])
}

/** The secrets that the worker has; none when there is no worker yet. */
export async function secretNames(): Promise<string[]> {
  const done = await wrangler(["secret", "list", "--format", "json", "--config", deployConfigFile])
  if (done.code === 0) return (parse(done.stdout) as ReadonlyArray<{ name: string }>).map(({ name }) => name)
  if (/\b10007\b|not found|does not exist/i.test(done.stdout + done.stderr)) return []
  throw new Error(`wrangler secret list failed:\n${done.stdout}${done.stderr}`)
}

/** Runs wrangler and returns what it printed; its failure is ours. */
export async function run(args: readonly string[], input = ""): Promise<string> {
  const done = await wrangler(args, input)
  if (done.code === 0) return done.stdout
  throw new Error(`wrangler ${args.slice(0, 3).join(" ")} failed:\n${done.stdout}${done.stderr}`)
}

// Absence and failure look alike here. To take a failure for absence does no harm: creating then fails, loudly.
async function exists(args: readonly string[]): Promise<boolean> {
  return (await wrangler(args)).code === 0
}

// Some commands print a line of their own before the JSON.
function parse(text: string): unknown {
  const start = text.search(/^[[{]/m)
  if (start < 0) return null
  try {
    return JSON.parse(text.slice(start))
  } catch {
    return null
  }
}

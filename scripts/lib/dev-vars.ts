// The secrets of the local server: .dev.vars, which wrangler reads. Written once with random values, only for the
// owner's eyes, and never overwritten: the keys of every local state are worth what these secrets are worth.

import { randomBytes } from "node:crypto"
import { appendFile, chmod, link, readFile, rm, writeFile } from "node:fs/promises"

const MAKERS: Readonly<Record<string, () => string>> = {
  ROOT_API_KEY: newRootKey,
  JWT_SECRET: newJwtSecret,
  ALLOW_PRIVATE_WEBHOOKS: () => "1",
}

export function newRootKey(): string {
  return `root_${randomBytes(32).toString("base64url")}`
}

export function newJwtSecret(): string {
  return randomBytes(48).toString("base64url")
}

/** Makes what is missing in the file and returns all that it holds. */
export async function ensureDevVars(path: string): Promise<ReadonlyMap<string, string>> {
  const present = await readVars(path)
  const missing = Object.keys(MAKERS).filter((name) => !present?.get(name))
  if (present === null) await createWhole(path, missing.map(line).join(""))
  else if (missing.length > 0) await appendFile(path, `\n${missing.map(line).join("")}`)
  await chmod(path, 0o600)
  const vars = await readVars(path)
  if (vars === null) throw new Error(`${path} vanished while it was read.`)
  return vars
}

function line(name: string): string {
  return `${name}="${MAKERS[name]?.() ?? ""}"\n`
}

// By way of a link: of two that start at once one creates the file, whole, and the other uses it.
async function createWhole(path: string, text: string): Promise<void> {
  const fresh = `${path}.${process.pid}`
  await writeFile(fresh, text, { mode: 0o600 })
  try {
    await link(fresh, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error
  } finally {
    await rm(fresh, { force: true })
  }
}

async function readVars(path: string): Promise<Map<string, string> | null> {
  const text = await readFile(path, "utf8").catch(() => null)
  if (text === null) return null
  const vars = new Map<string, string>()
  for (const match of text.matchAll(/^\s*([A-Z_][A-Z0-9_]*)\s*=\s*(["']?)(.*?)\2\s*$/gm)) {
    vars.set(match[1] ?? "", match[3] ?? "")
  }
  return vars
}

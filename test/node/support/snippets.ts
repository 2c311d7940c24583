// The snippets of the documentation, as fixtures hold them, and how to run them. A fixture has one snippet after
// another, each under a line `=== name`. Nothing of a snippet changes but the base URL and the example ids.

import { spawn } from "node:child_process"
import { readFileSync } from "node:fs"
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"

const BASE_URL = "https://api.bill.sh"

/** The ids that stand in the documentation, by what they stand for. */
const EXAMPLE_IDS = {
  customer: "01944b1f-0000-7000-8000-000000000001",
  plan: "01944b1f-0000-7000-8000-000000000002",
  subscription: "01944b1f-0000-7000-8000-000000000003",
  invoice: "01944b1f-0000-7000-8000-000000000004",
}

export type Ids = { readonly [K in keyof typeof EXAMPLE_IDS]?: string }

export function fixture(name: string): string {
  return readFileSync(join(import.meta.dirname, "../fixtures", `${name}.txt`), "utf8")
}

/** The snippets of a fixture by their names, in order. */
export function snippets(name: string): ReadonlyMap<string, string> {
  const parts = fixture(name).split(/^=== (\w+)\n/m)
  const found = new Map<string, string>()
  for (let at = 1; at < parts.length; at += 2) found.set(parts[at] ?? "", parts[at + 1] ?? "")
  return found
}

export function pointedAt(url: string, code: string, ids: Ids = {}): string {
  let text = code.replaceAll(BASE_URL, url)
  for (const [name, id] of Object.entries(ids)) text = text.replaceAll(EXAMPLE_IDS[name as keyof Ids], id)
  return text
}

export type Program = {
  readonly files: Readonly<Record<string, string>>
  readonly command: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

/** Runs a program in a folder of its own and gives what it printed. A failure carries what it said. */
export async function run({ files, command, args, env }: Program): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "ledgerline-snippet-"))
  try {
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, name)), { recursive: true })
      await writeFile(join(folder, name), text)
    }
    return await outputOf(command, args, folder, env)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** What a command prints. */
export function outputOf(
  command: string,
  args: readonly string[],
  cwd: string,
  env: Program["env"] = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env: { ...process.env, ...env } })
    let stdout = ""
    let stderr = ""
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => (stdout += chunk))
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => (stderr += chunk))
    child.on("error", reject)
    child.on("close", (code) =>
      code === 0 ? resolve(stdout) : reject(new Error(`${command} ended with ${code}:\n${stdout}${stderr}`)),
    )
  })
}

/** Whether a command can be run here. */
export function canRun(command: string, ...args: readonly string[]): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: "ignore" })
    child.on("error", () => resolve(false))
    child.on("close", (code) => resolve(code === 0))
  })
}

// Whether src/db/schema.ts says more than the migrations do. The generator works on a copy of the folder: when it
// writes anything there, or asks what a change means, a migration is missing.

import { cp, mkdtemp, readdir, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join, relative } from "node:path"
import { root } from "./root.ts"
import { runQuietly } from "./wrangler.ts"

export async function schemaDrift(): Promise<string[]> {
  const copy = await mkdtemp(join(tmpdir(), "ledgerline-migrations-"))
  try {
    await cp(join(root, "migrations"), copy, { recursive: true })
    const before = await readdir(copy)
    const kit = join(root, "node_modules/drizzle-kit/bin.cjs")
    const schema = join(root, "src/db/schema.ts")
    // The generator takes the folder relative to where it runs, and says so when it fails, but ends with 0.
    const args = ["generate", "--dialect", "sqlite", "--schema", schema, "--out", relative(root, copy)]
    const done = await runQuietly(process.execPath, [kit, ...args])
    const output = done.stdout + done.stderr
    if (done.code === 0 && /No schema changes/.test(output)) return numberingFaults(before)
    const fresh = (await readdir(copy)).filter((name) => !before.includes(name))
    const hint =
      "src/db/schema.ts has changes without a migration. Run: npm run db:generate -- --name <what_changed>"
    return fresh.length > 0 ? [hint] : [hint, output.trim()]
  } finally {
    await rm(copy, { recursive: true })
  }
}

// Two branches may both have made the fifth migration; wrangler would apply both, in an order nobody chose.
function numberingFaults(names: readonly string[]): string[] {
  const numbers = names.filter((name) => name.endsWith(".sql")).map((name) => name.slice(0, 4))
  const twice = numbers.filter((number, index) => numbers.indexOf(number) !== index)
  return twice.map((number) => `Two migrations are numbered ${number}.`)
}

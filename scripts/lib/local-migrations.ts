// Brings the local D1 of a state folder to the present schema. What was applied is noted beside the database, so
// that a start without new migrations does not pay for asking.

import { mkdir, readdir, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { root } from "./root.ts"
import { wrangler } from "./wrangler.ts"

export async function applyLocalMigrations(state: string): Promise<void> {
  const folder = join(state, "v3/d1")
  const note = join(folder, "applied-migrations.txt")
  const files = (await readdir(join(root, "migrations"))).filter((file) => file.endsWith(".sql")).toSorted()
  const wanted = files.join("\n")
  if ((await readFile(note, "utf8").catch(() => null)) === wanted) return
  const done = await wrangler(["d1", "migrations", "apply", "DB", "--local", "--persist-to", state])
  if (done.code !== 0) throw new Error(`The migrations failed:\n${done.stdout}${done.stderr}`)
  await mkdir(folder, { recursive: true })
  await writeFile(note, wanted)
}

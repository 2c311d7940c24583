// The API explorer's files: swagger-ui-dist is copied beside the page, so that nothing is loaded from elsewhere.
// Idempotent and cheap: what is there already with the same size and content stays as it is.

import { copyFile, mkdir, readFile, rename } from "node:fs/promises"
import { join } from "node:path"
import { root } from "./lib/root.ts"

const FILES = ["swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png"]

export async function copyAssets(): Promise<void> {
  const from = join(root, "node_modules/swagger-ui-dist")
  const to = join(root, "public/docs/api/assets")
  await mkdir(to, { recursive: true })
  for (const file of FILES) {
    if (await sameContent(join(from, file), join(to, file))) continue
    // By way of a rename, so that a server that runs beside never reads half a file.
    const fresh = join(to, `.${file}.${process.pid}`)
    await copyFile(join(from, file), fresh)
    await rename(fresh, join(to, file))
  }
}

async function sameContent(a: string, b: string): Promise<boolean> {
  const [left, right] = await Promise.all([readFile(a), readFile(b).catch(() => null)])
  return right !== null && left.equals(right)
}

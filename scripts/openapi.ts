// `npm run openapi` writes docs/openapi.json from the routes. Two checks use the rest: the file is up to date, and
// both documents (3.0.3 and 3.1) please a strict linter without a single remark.

import { readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { createConfig, lintFromString } from "@redocly/openapi-core"
import { root } from "./lib/root.ts"

const file = join(root, "docs/openapi.json")

type Documents = { openApiDocument(): object; openApi31Document(): object }

// By an address, not by name: src/ belongs to the world of Workers, whose types this program does not share.
async function documents(): Promise<{ readonly v30: string; readonly v31: string }> {
  const made = (await import(new URL("../src/api/openapi.ts", import.meta.url).href)) as Documents
  const text = (document: object) => `${JSON.stringify(document, null, 2)}\n`
  return { v30: text(made.openApiDocument()), v31: text(made.openApi31Document()) }
}

/** What keeps docs/openapi.json from being right; nothing when it is. */
export async function openApiDrift(): Promise<string[]> {
  const { v30 } = await documents()
  const present = await readFile(file, "utf8").catch(() => "")
  return present === v30 ? [] : ["docs/openapi.json is not what the routes say. Run: npm run openapi"]
}

export async function openApiProblems(): Promise<string[]> {
  const { v30, v31 } = await documents()
  return [...(await lint("openapi.json", v30)), ...(await lint("openapi-3.1.json", v31))]
}

async function lint(name: string, source: string): Promise<string[]> {
  const config = await createConfig({ extends: ["recommended-strict"] })
  const problems = await lintFromString({ source, absoluteRef: name, config })
  return problems.map(({ ruleId, message, location }) => {
    const pointer = location[0]?.pointer ?? ""
    return `${name} ${pointer}: ${message} (${ruleId})`
  })
}

if (import.meta.main) {
  const { v30 } = await documents()
  await writeFile(file, v30)
  console.log("Wrote docs/openapi.json.")
}

// The laws of the tree that neither compiler nor linter checks, over every file of src/: who imports whom by exact
// path, what is named only where, and that files stay short and say what they are.

import { readdirSync, readFileSync } from "node:fs"
import { join, posix } from "node:path"
import { describe, expect, it } from "vitest"
import { layers, mayImport, mayImportPackage, topLevel } from "../scripts/lib/import-rule.ts"
import { root } from "../scripts/lib/root.ts"

const MAX_LINES = 400

type Ban = { readonly what: RegExp; readonly inside: RegExp; readonly but: RegExp; readonly say: string }

const BUDGET_FILES = "budget/client.ts budget/gate.ts budget/protocol.ts"

const FILES =
  `limits.ts env.ts worker.ts context.ts archive/store.ts ${BUDGET_FILES} meter/client.ts meter/protocol.ts payments/port.ts`.split(
    " ",
  )

const NOWHERE = /^$/
const BANS: readonly Ban[] = [
  { what: /\bDate\s*\.\s*now\b|\bnew\s+Date\b/, inside: /^/, but: /^runtime\//, say: "reads the clock" },
  { what: /\bMath\s*\.\s*random\b/, inside: /^/, but: /^runtime\//, say: "draws lots" },
  { what: /\bTemporal\b/, inside: /^/, but: /^domain\/time\.ts$/, say: "names Temporal" },
  {
    what: /(?<!\.)\b(Number|parseFloat|parseInt)\s*\(|\bNumber\.parse(Float|Int)\b/,
    inside: /^domain\//,
    but: /^domain\/decimal\.ts$/,
    say: "makes a float",
  },
  { what: /\b(TODO|FIXME)\b/, inside: /^/, but: NOWHERE, say: "leaves work undone" },
  { what: /@ts-(ignore|nocheck|expect-error)/, inside: /^/, but: NOWHERE, say: "silences the compiler" },
]

/** What is wrong with a file; its path is relative to src/. */
function faultsOf(file: string, text: string): string[] {
  const faults = importsOf(text).flatMap((specifier) => importFaults(file, specifier))
  for (const { what, inside, but, say } of BANS) {
    // Comments may name what code may not, but for notes of undone work and silencers, which are comments.
    const looked = but === NOWHERE ? text : withoutComments(text)
    if (inside.test(file) && !but.test(file) && what.test(looked)) faults.push(`${file} ${say}`)
  }
  const lines = text.split("\n").length - 1
  if (lines > MAX_LINES) faults.push(`${file} has ${lines} lines, more than ${MAX_LINES}`)
  if (!/^(\/\/|\/\*)/.test(text)) faults.push(`${file} does not begin with what it is`)
  return faults
}

function importFaults(file: string, specifier: string): string[] {
  if (!specifier.startsWith(".")) {
    return mayImportPackage(file, specifier) ? [] : [`${file} imports the package ${specifier}`]
  }
  const target = posix.join(posix.dirname(file), specifier)
  if (!/\.(ts|tsx|json)$/.test(target)) return [`${file} imports ${specifier} without its extension`]
  return mayImport(file, target) ? [] : [`${file} imports ${target}`]
}

/** Static, type-only and dynamic imports, and what is exported from elsewhere. */
function importsOf(text: string): string[] {
  const forms = /\b(?:from|import)\s*\(?\s*["']([^"'\n]+)["']/g
  return Array.from(withoutComments(text).matchAll(forms), (match) => match[1] ?? "")
}

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/(^|[^:"'`])\/\/.*$/gm, "$1")
}

const src = join(root, "src")
const files = readdirSync(src, { recursive: true, encoding: "utf8" })
  .map((path) => path.replaceAll("\\", "/"))
  .filter((path) => /\.tsx?$/.test(path))

describe("src/", () => {
  it("holds files, each in a layer of the import rule", () => {
    expect(files.length).toBeGreaterThan(0)
    const known = (path: string) =>
      topLevel.some((top) => (top.endsWith("/") ? path.startsWith(top) : path === top))
    expect(files.filter((path) => !known(path))).toEqual([])
  })

  it("keeps its laws", () => {
    expect(files.flatMap((path) => faultsOf(path, readFileSync(join(src, path), "utf8")))).toEqual([])
  })
})

describe("the check itself", () => {
  const good = '// A good file.\nimport { x } from "../domain/x.ts"\n'

  it("finds nothing wrong with a good file", () => {
    expect(faultsOf("actions/a.ts", good)).toEqual([])
    expect(faultsOf("runtime/clock.ts", "// The clock.\nexport const now = () => Date.now()\n")).toEqual([])
    expect(faultsOf("domain/a.ts", "// Date.now() is forbidden here.\n/* new Date() too */\n")).toEqual([])
    expect(faultsOf("domain/a.ts", "// An exact one.\nexport const ok = Number.isInteger(1)\n")).toEqual([])
    expect(
      faultsOf("domain/time.ts", '// Time.\nimport { T } from "temporal-polyfill/implementation"\n'),
    ).toEqual([])
  })

  it.each([
    ["domain/a.ts", "const a = Date.now()", "reads the clock"],
    ["api/a.ts", "const a = new Date()", "reads the clock"],
    ["actions/a.ts", "const a = Math.random()", "draws lots"],
    ["domain/a.ts", "const a = Temporal.Now", "names Temporal"],
    ["domain/a.ts", "const a = Number(b)", "makes a float"],
    ["domain/a.ts", "const a = Number.parseFloat(b)", "makes a float"],
    ["domain/pricing/a.ts", "const a = parseFloat(b)", "makes a float"],
    ["jobs/a.ts", "// TODO later", "leaves work undone"],
    ["jobs/a.ts", "// @ts-expect-error", "silences the compiler"],
    ["jobs/a.ts", "\n".repeat(MAX_LINES), "lines, more than"],
    ["domain/a.ts", 'import { z } from "zod"', "imports the package zod"],
    ["actions/a.ts", 'import { T } from "temporal-polyfill/implementation"', "imports the package temporal"],
    ["actions/a.ts", 'import { x } from "./x"', "without its extension"],
    ["domain/a.ts", 'import type { X } from "../db/x.ts"', "imports db/x.ts"],
    ["domain/pricing/a.ts", 'export * from "../../api/x.ts"', "imports api/x.ts"],
    ["domain/a.ts", 'const a = await import("../actions/x.ts")', "imports actions/x.ts"],
  ])("catches in %s: %s", (file, code, fault) => {
    expect(faultsOf(file, `// A bad file.\n${code}\n`).join()).toContain(fault)
  })

  it("catches a file without its opening comment", () => {
    expect(faultsOf("domain/a.ts", "export const a = 1\n")).toEqual([
      "domain/a.ts does not begin with what it is",
    ])
  })

  // From the picture in docs/architecture.md, written out a second time.
  it.each([
    ["domain", "domain"],
    ["runtime", "runtime"],
    ["db", "db domain"],
    ["archive", "archive domain runtime limits.ts"],
    ["budget", "budget domain runtime limits.ts"],
    ["meter", `meter domain runtime limits.ts ${BUDGET_FILES}`],
    ["payments", "payments domain runtime limits.ts"],
    ["webhooks", "webhooks domain runtime limits.ts"],
    [
      "actions",
      "actions domain db runtime limits.ts archive/store.ts budget/client.ts meter/client.ts meter/protocol.ts payments/port.ts",
    ],
    ["api", "api actions domain db runtime limits.ts"],
    ["billy", "billy actions domain db runtime limits.ts"],
    ["web", "web actions domain db runtime limits.ts"],
    ["jobs", "jobs actions domain db runtime limits.ts"],
  ])("lets %s import %s and nothing else", (layer, allowed) => {
    const targets = [...Object.keys(layers), ...FILES]
    const may = targets.filter((to) => mayImport(`${layer}/a.ts`, to.endsWith(".ts") ? to : `${to}/b.ts`))
    const inside = targets.filter((to) => to.endsWith(".ts") && to.startsWith(`${layer}/`))
    expect(may.toSorted()).toEqual([...allowed.split(" "), ...inside].toSorted())
  })

  it("keeps doors away from tables and writers", () => {
    expect(mayImport("api/a.ts", "db/readers/index.ts")).toBe(true)
    expect(mayImport("api/a.ts", "db/schema.ts")).toBe(false)
    expect(mayImport("jobs/a.ts", "db/writer.ts")).toBe(false)
  })
})

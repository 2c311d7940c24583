// The linter sees what the law forbids: a tree of bad samples is linted with the real configuration, and each
// sample must be reported, the good ones not.

import { spawnSync } from "node:child_process"
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { layers, mayImport, topLevel } from "../../scripts/lib/import-rule.ts"
import { root } from "../../scripts/lib/root.ts"

const BANS: ReadonlyArray<readonly [rule: string, file: string, code: string]> = [
  ["no-restricted-globals", "src/actions/a.ts", "export const a = Date.now()"],
  ["no-restricted-globals", "src/api/a.ts", "export const a = () => new Date()"],
  ["no-restricted-properties", "src/db/a.ts", "export const a = Math.random()"],
  ["no-restricted-globals", "src/domain/a.ts", 'export const a = parseFloat("1")'],
  ["no-restricted-globals", "src/domain/b.ts", "export const a = crypto.randomUUID()"],
  ["no-restricted-globals", "src/meter/a.ts", "export const a = Temporal.Now.instant()"],
  ["no-restricted-imports", "src/domain/c.ts", 'export { Temporal } from "temporal-polyfill/implementation"'],
  [
    "no-restricted-imports",
    "src/actions/c.ts",
    'export { Temporal } from "temporal-polyfill/implementation"',
  ],
  ["no-restricted-imports", "src/domain/d.ts", 'export { Hono } from "hono"'],
  ["no-restricted-imports", "src/domain/time.ts", 'export { Hono } from "../api/app.ts"'],
  ["no-console", "src/jobs/a.ts", 'console.log("x")'],
  ["no-floating-promises", "src/jobs/b.ts", "export const f = async () => 1\nf()"],
  [
    "no-floating-promises",
    "src/jobs/c.ts",
    "declare const t: PromiseLike<number>\nexport const f = () => { t }",
  ],
  ["no-explicit-any", "src/jobs/d.ts", "export const f = (x: any) => x"],
  [
    "switch-exhaustiveness-check",
    "src/jobs/e.ts",
    'export function f(x: "a" | "b") { switch (x) { case "a": return 1 } return 2 }',
  ],
  ["no-cycle", "src/web/a.ts", 'import { b } from "./b.ts"\nexport const a = (): number => b()'],
  ["", "src/web/b.ts", 'import { a } from "./a.ts"\nexport const b = (): number => a()'],
  ["no-focused-tests", "test/domain/a.test.ts", 'import { it } from "vitest"\nit.only("x", () => undefined)'],
  ["", "src/runtime/a.ts", "export const a = Date.now() + Math.random()"],
  ["", "src/domain/decimal.ts", 'export const a = parseFloat("1")'],
]

const SINGLE_FILES =
  "archive/store.ts budget/client.ts budget/gate.ts budget/protocol.ts meter/client.ts meter/protocol.ts payments/port.ts db/schema.ts db/writer.ts".split(
    " ",
  )
const DEPTHS = ["", "one/", "one/two/"]

type Diagnostic = { readonly code: string; readonly filename: string }

const tree = mkdtempSync(join(tmpdir(), "ledgerline-lint-"))
let reported: readonly string[] = []

beforeAll(() => {
  for (const file of ["oxlint.config.ts", "tsconfig.json", "scripts/lib/import-rule.ts"]) {
    cpSync(join(root, file), join(tree, file))
  }
  symlinkSync(join(root, "node_modules"), join(tree, "node_modules"))
  for (const [, file, code] of BANS) write(file, code)
  for (const { file, target, up } of imports()) write(file, `export * from "${up}${target}"`)
  const oxlint = join(root, "node_modules/oxlint/bin/oxlint")
  const done = spawnSync(process.execPath, [oxlint, "-f", "json", "src", "test"], {
    cwd: tree,
    encoding: "utf8",
  })
  const { diagnostics } = JSON.parse(done.stdout) as { readonly diagnostics: readonly Diagnostic[] }
  reported = diagnostics.map(
    ({ code, filename }) => `${/\((?:.*\/)?(.*)\)/.exec(code)?.[1] ?? code} ${filename}`,
  )
})

afterAll(() => rmSync(tree, { recursive: true }))

function write(file: string, code: string): void {
  mkdirSync(dirname(join(tree, file)), { recursive: true })
  writeFileSync(join(tree, file), `${code}\n`)
}

function imports() {
  const targets = [...topLevel.map((path) => (path.endsWith("/") ? `${path}x.ts` : path)), ...SINGLE_FILES]
  return Object.keys(layers).flatMap((layer) =>
    DEPTHS.flatMap((depth) =>
      targets.map((target) => ({
        from: `${layer}/x.ts`,
        file: `src/${layer}/${depth}_${target.replaceAll("/", "_")}`,
        target,
        up: "../".repeat(depth.split("/").length),
      })),
    ),
  )
}

describe("the linter", () => {
  it.each(BANS)("%s %s", (rule, file) => {
    const rules = reported.filter((line) => line.endsWith(` ${file}`)).map((line) => line.split(" ")[0])
    if (rule === "") expect(rules.filter((name) => name !== "no-cycle")).toEqual([])
    else expect(rules).toContain(rule)
  })

  it("knows who may import whom, at every depth of folders", () => {
    const wrong = imports().filter(({ from, file, target }) => {
      const isReported = reported.includes(`no-restricted-imports ${file}`)
      return isReported === mayImport(from, target)
    })
    expect(wrong.map(({ file, target }) => `${file} -> ${target}`)).toEqual([])
  })
})

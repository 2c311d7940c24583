// The linter's configuration: the sharp general rules, and the laws of this code that a linter can see. What it
// cannot see (exact paths, calls by name, sizes) is in test/tidy.test.ts.

import type { OxlintOverride } from "oxlint"
import { defineConfig } from "oxlint"
import type { Layer } from "./scripts/lib/import-rule.ts"
import { layers, temporalFile, topLevel } from "./scripts/lib/import-rule.ts"

const DEEPEST_FOLDER = 5

const TEMPORAL = {
  regex: "^(temporal-polyfill|@js-temporal)",
  message: "Temporal is used only in src/domain/time.ts.",
}
const PACKAGES = { regex: "^[^.]", message: "The domain is pure: it imports nothing but itself." }

const CLOCK = { name: "Date", message: "Time is data: the clock is read only in src/runtime." }
const NATIVE_TEMPORAL = { name: "Temporal", message: TEMPORAL.message }
const FLOAT = { name: "parseFloat", message: "Money and quantities are exact: use decimal.ts." }
const IMPURE = ["fetch", "crypto", "console", "setTimeout", "setInterval", "performance", "scheduler"].map(
  (name) => ({ name, message: "The domain is pure: no I/O, no clock, no randomness." }),
)

/** One override for each depth of folders, because only the depth tells what "../" leads to. */
function importRuleOf(name: string, layer: Layer): OxlintOverride[] {
  return Array.from({ length: DEEPEST_FOLDER }, (_, index) => {
    const depth = index + 1
    return {
      files: [`src/${name}/${"*/".repeat(index)}*.ts`],
      rules: { "no-restricted-imports": ["error", { patterns: patternsOf(name, layer, depth) }] },
    }
  })
}

function patternsOf(name: string, layer: Layer, depth: number) {
  const up = `^(\\./)*(\\.\\./){${depth}}`
  const above = topLevel.filter((path) => path !== `${name}/` && !layer.may.includes(path))
  const forbidden = [
    ...above.map((path) => butFor(path, layer.may)),
    ...(layer.never ?? []).map(literal),
    "\\.\\./",
  ]
  const message = `src/${name} may import ${[name, ...layer.may].join(", ")}; see scripts/lib/import-rule.ts.`
  const patterns = [{ regex: `${up}(${forbidden.join("|")})`, message }, TEMPORAL]
  if (layer.packages === false) patterns.push(PACKAGES)
  return patterns
}

/** A folder but for those files of it that may be imported. The linter's expressions have no look-ahead. */
function butFor(path: string, may: readonly string[]): string {
  const files = may.filter((allowed) => path.endsWith("/") && allowed.startsWith(path))
  if (files.length === 0) return literal(path)
  return literal(path) + otherThan(files.map((file) => file.slice(path.length)))
}

/** What begins with none of the words: letter by letter, another letter or the same one and so on. */
function otherThan(words: readonly string[]): string {
  const letters = [...new Set(words.map((word) => word.charAt(0)))]
  const further = letters.flatMap((letter) => {
    const rests = words.filter((word) => word.startsWith(letter)).map((word) => word.slice(1))
    return rests.includes("") ? [] : [literal(letter) + otherThan(rests)]
  })
  return `(${[`[^${letters.join("")}]`, ...further].join("|")})`
}

function literal(text: string): string {
  return text.replaceAll(".", "\\.")
}

export default defineConfig({
  plugins: ["typescript", "unicorn", "oxc", "import", "promise", "vitest"],
  categories: { correctness: "error", suspicious: "error" },
  options: { typeAware: true, denyWarnings: true, reportUnusedDisableDirectives: "error" },
  ignorePatterns: ["public/docs/api/assets/", "test/sdk/", "bench/results/", ".ledgerline/"],
  rules: {
    // A lost promise here is lost money.
    "typescript/no-floating-promises": ["error", { checkThenables: true, ignoreVoid: true }],
    "typescript/no-misused-promises": "error",
    "typescript/await-thenable": "error",
    "typescript/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
    "typescript/no-explicit-any": "error",
    "typescript/no-non-null-assertion": "error",
    "typescript/consistent-type-imports": ["error", { disallowTypeAnnotations: false }],
    "import/no-cycle": ["error", { ignoreTypes: false }],
    eqeqeq: "error",
    "no-var": "error",
    "prefer-const": "error",
    "no-shadow": ["error", { hoist: "never" }],
    // Brands are made by assertions, each in the one file that checks the value before.
    "typescript/no-unsafe-type-assertion": "off",
    // It takes a branded bigint for an object.
    "typescript/no-unsafe-unary-minus": "off",
    // The compiler checks it (noImplicitReturns) and knows exhaustive switches.
    "typescript/consistent-return": "off",
    // A type parameter that only the result shows is how a JSON column and a reply say what they hold.
    "typescript/no-unnecessary-type-parameters": "off",
    // Which assertions a test has is the tests' own matter; forgotten .only and .skip are not.
    "vitest/expect-expect": "off",
    "vitest/no-conditional-expect": "off",
    "vitest/no-standalone-expect": "off",
    "vitest/require-mock-type-parameters": "off",
    "vitest/no-focused-tests": "error",
    "vitest/no-disabled-tests": "error",
    "import/no-unassigned-import": "off",
    // `fc.property`, `Big`: how the packages' own documentation writes it.
    "import/no-named-as-default": "off",
    "import/no-named-as-default-member": "off",
    // Where a small helper stands best is a matter of reading.
    "unicorn/consistent-function-scoping": "off",
  },
  overrides: [
    {
      files: ["src/**/*.ts"],
      rules: {
        "no-console": "error",
        "no-restricted-globals": ["error", CLOCK, NATIVE_TEMPORAL],
        "no-restricted-properties": [
          "error",
          { object: "Math", property: "random", message: "Randomness comes from src/runtime." },
        ],
        "no-restricted-imports": ["error", { patterns: [TEMPORAL] }],
      },
    },
    ...Object.entries(layers).flatMap(([name, layer]) => importRuleOf(name, layer)),
    {
      files: ["src/domain/**/*.ts"],
      rules: { "no-restricted-globals": ["error", CLOCK, NATIVE_TEMPORAL, FLOAT, ...IMPURE] },
    },
    {
      files: [`src/${temporalFile}`],
      rules: {
        "no-restricted-imports": ["error", { patterns: patternsOf("domain", { may: [] }, 1).slice(0, 1) }],
      },
    },
    { files: ["src/domain/decimal.ts"], rules: { "no-restricted-globals": ["error", CLOCK, ...IMPURE] } },
    {
      files: ["src/runtime/**/*.ts"],
      rules: { "no-console": "off", "no-restricted-globals": "off", "no-restricted-properties": "off" },
    },
    {
      // A test looks at an answer as a client would: as JSON of whatever shape came.
      files: ["test/**/*.ts"],
      rules: { "typescript/no-explicit-any": "off", "typescript/no-non-null-assertion": "off" },
    },
  ],
})

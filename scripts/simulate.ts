// `npm run simulate -- --seed N --steps M`: simulates the money under faults from one seed (test/simulation). It ends with 1, the laws that
// broke and the last steps where something is wrong; the same seed and steps do the same again.

import { spawnSync } from "node:child_process"
import { parseArgs } from "node:util"
import { root } from "./lib/root.ts"

const { values } = parseArgs({
  options: { seed: { type: "string" }, steps: { type: "string", default: "5000" } },
})
const seed = values.seed ?? String(1 + (Date.now() % 1_000_000))
for (const [name, value] of Object.entries({ seed, steps: values.steps })) {
  if (!/^[1-9]\d{0,8}$/.test(value)) {
    console.error(`--${name} is a whole number above zero, not "${value}".`)
    process.exit(1)
  }
}
console.log(`Seed ${seed}, ${values.steps} steps.`)
const args = [
  "node_modules/vitest/vitest.mjs",
  "run",
  "--project",
  "workers",
  "test/simulation",
  "-t",
  "seed \\d+:",
]
const env = { ...process.env, SIMULATION_SEED: seed, SIMULATION_STEPS: values.steps }
process.exitCode = spawnSync(process.execPath, args, { cwd: root, stdio: "inherit", env }).status ?? 1

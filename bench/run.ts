// The benchmark: its parts one after the other, each with results of its own in README.md.
//
//   npm run bench                           all parts
//   npm run bench -- speed                  one part: speed, cost or growth
//   npm run bench -- speed --rounds 9 --seconds 5
//   npm run bench -- speed --only peer      the cases with a word in their names
//   npm run bench -- growth --events 500000
//   npm run bench -- --rounds 1 --seconds 1 --subscriptions 50 --events 200000 --print-only
//                                           a quick look that leaves README.md alone; so does --only

import { parseArgs } from "node:util"
import { measureCost } from "./cost.ts"
import { measureGrowth } from "./growth.ts"
import { recordResults } from "./report.ts"
import { measureSpeed } from "./speed.ts"

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "2" },
    subscriptions: { type: "string", default: "1000" },
    events: { type: "string", default: "5000000" },
    only: { type: "string" },
    "print-only": { type: "boolean", default: false },
  },
})
const only = values.only ?? null

const parts = {
  speed: () =>
    measureSpeed({
      rounds: positive(values.rounds),
      seconds: positive(values.seconds),
      subscriptions: positive(values.subscriptions),
      only,
    }),
  cost: () => measureCost(),
  growth: () => measureGrowth({ events: positive(values.events) }),
}

for (const name of chosenParts()) {
  const results = await parts[name]()
  console.log(`\n${results}\n`)
  if (!values["print-only"] && only === null) await recordResults(name, results)
}

function chosenParts(): (keyof typeof parts)[] {
  const names = Object.keys(parts) as (keyof typeof parts)[]
  const unknown = positionals.filter((text) => !names.some((name) => name === text))
  if (unknown.length > 0)
    throw new Error(`There is no part "${unknown.join(", ")}"; there are ${names.join(", ")}.`)
  return positionals.length === 0 ? names : names.filter((name) => positionals.includes(name))
}

function positive(text: string): number {
  const value = Number(text)
  if (value > 0) return value
  throw new Error(`"${text}" is not a number above zero.`)
}

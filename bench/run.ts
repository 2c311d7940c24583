// The benchmark: its parts one after the other, each with results of its own in README.md.
//
//   npm run bench                           all parts
//   npm run bench -- speed                  one part: speed, profile, cost, growth or closes
//   npm run bench -- speed --rounds 9 --seconds 5
//   npm run bench -- speed --only peer      the cases with a word in their names
//   npm run bench -- growth --events 500000
//   npm run bench -- closes --closes 1000   100 and 1,000 at once, not 10,000
//   npm run bench -- --rounds 1 --seconds 1 --subscriptions 50 --events 200000 --closes 1000 --print-only
//                                           a quick look that leaves README.md alone; so does --only

import { parseArgs } from "node:util"
import { measureCloses } from "./closes.ts"
import { measureCost } from "./cost.ts"
import { measureGrowth } from "./growth.ts"
import { recordResults } from "./report.ts"
import { measureProfile } from "./profile.ts"
import { measureSpeed } from "./speed.ts"

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "2" },
    subscriptions: { type: "string", default: "1000" },
    events: { type: "string", default: "5000000" },
    closes: { type: "string", default: "10000" },
    only: { type: "string" },
    "print-only": { type: "boolean", default: false },
  },
})
const only = values.only ?? null

/** At most: ten thousand subscriptions are made anew for each. */
const CLOSE_ROUNDS = Math.min(3, positive(values.rounds))

const parts = {
  speed: () =>
    measureSpeed({
      rounds: positive(values.rounds),
      seconds: positive(values.seconds),
      subscriptions: positive(values.subscriptions),
      only,
    }),
  profile: () => measureProfile({ seconds: positive(values.seconds) }),
  cost: () => measureCost(),
  growth: () => measureGrowth({ events: positive(values.events) }),
  closes: () => measureCloses({ rounds: CLOSE_ROUNDS, most: positive(values.closes) }),
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

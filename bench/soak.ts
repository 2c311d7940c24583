// `npm run soak`: ten million events through everything that can go wrong, then a recount (soak/soak.ts says which laws hold).
//
//   npm run soak                                    10,000,000 events, 12 kills
//   npm run soak -- --events 200000 --kills 4
//   npm run soak -- --seed 7 --writers 32 --evictions 100

import { parseArgs } from "node:util"
import { runSoak } from "./soak/soak.ts"

const { values } = parseArgs({
  options: {
    events: { type: "string", default: "10000000" },
    seed: { type: "string", default: "1" },
    subscriptions: { type: "string", default: "8" },
    writers: { type: "string", default: "16" },
    kills: { type: "string", default: "12" },
    evictions: { type: "string", default: "40" },
  },
})

const outcome = await runSoak({
  events: whole(values.events),
  seed: whole(values.seed),
  subscriptions: whole(values.subscriptions),
  writers: whole(values.writers),
  kills: whole(values.kills),
  evictions: whole(values.evictions),
  chunk: 1_000,
  tell: (text) => console.error(text),
})
console.log(outcome)
console.log(outcome.faults.length === 0 ? "Every total equals the recount." : "The soak failed.")
if (outcome.faults.length > 0) process.exitCode = 1

function whole(text: string): number {
  const value = Number(text)
  if (Number.isSafeInteger(value) && value >= 0) return value
  throw new Error(`"${text}" is not a whole number.`)
}

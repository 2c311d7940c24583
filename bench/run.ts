// The benchmark: starts the worker, makes a tenant through the API, and measures all cases in turns, several times over, so
// that whatever else the machine does falls on all of them alike. The load comes from another process.
//
//   npm run bench                       five rounds of three seconds each; the results go into bench/README.md
//   npm run bench -- 9 5                nine rounds of five seconds
//   npm run bench -- 1 1 --print-only   a quick look that leaves README.md alone

import { spawn } from "node:child_process"
import { randomBytes } from "node:crypto"
import path from "node:path"
import { casesFor, type Case } from "./cases.ts"
import type { Outcome, Plan } from "./load.ts"
import { cpuMicroseconds } from "./processes.ts"
import { recordResults, tableOf, type Measurement } from "./report.ts"
import { startServer, type Server } from "./server.ts"
import { makeWorld } from "./setup.ts"

const SUBSCRIPTIONS = 100
const WARM_UP_SECONDS = 1

const [rounds = 5, seconds = 3] = process.argv.slice(2).map(Number).filter(Number.isFinite)
const printOnly = process.argv.includes("--print-only")

async function main(): Promise<void> {
  const rootKey = randomBytes(24).toString("hex")
  const server = await startServer({ ROOT_API_KEY: rootKey, JWT_SECRET: randomBytes(32).toString("hex") })
  try {
    const world = await makeWorld(`http://127.0.0.1:${server.port}`, rootKey, SUBSCRIPTIONS)
    const cases = casesFor(world)
    const measurements = new Map<string, Measurement[]>(cases.map(({ name }) => [name, []]))
    for (const one of cases) await measure(server, one, WARM_UP_SECONDS)
    for (let round = 1; round <= rounds; round += 1) {
      for (const one of cases) measurements.get(one.name)?.push(await measure(server, one, seconds))
      console.error(`round ${round} of ${rounds} is done`)
    }
    const table = tableOf(measurements)
    console.log(table)
    if (!printOnly) await recordResults(table, rounds, seconds)
  } finally {
    await server.stop()
  }
}

async function measure(server: Server, { name, plan }: Case, duration: number): Promise<Measurement> {
  const before = await cpuMicroseconds(server.pids)
  const outcome = await generateLoad({ ...plan, port: server.port, seconds: duration })
  const after = await cpuMicroseconds(server.pids)
  if (outcome.firstError !== null) console.error(`${name}: ${outcome.errors} errors; ${outcome.firstError}`)
  const requestsPerSecond = outcome.requests / outcome.seconds
  const units = outcome.requests * Math.max(1, plan.eventsPerRequest)
  return {
    requestsPerSecond,
    eventsPerSecond: requestsPerSecond * plan.eventsPerRequest,
    cpuMicroseconds: before === null || after === null ? null : (after - before) / units,
    p50Ms: outcome.latenciesMs.p50,
    p99Ms: outcome.latenciesMs.p99,
    errors: outcome.errors,
  }
}

function generateLoad(plan: Plan): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const script = path.join(import.meta.dirname, "load.ts")
    const child = spawn(process.execPath, [script, JSON.stringify(plan)], {
      stdio: ["ignore", "pipe", "inherit"],
    })
    let printed = ""
    child.stdout.on("data", (data: Buffer) => (printed += data.toString()))
    child.on("error", reject)
    child.on("close", (code) => {
      if (code === 0) resolve(JSON.parse(printed) as Outcome)
      else reject(new Error(`the load generator ended with ${code}`))
    })
  })
}

await main()

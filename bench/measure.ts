// One measurement: a load for a while, and what the serving processes used for it.

import { spawn } from "node:child_process"
import path from "node:path"
import type { Outcome, Plan } from "./load.ts"
import { cpuMicroseconds } from "./processes.ts"
import type { SqliteOutcome, SqlitePlan } from "./sqlite.ts"

/** One case in one round. */
export type Measurement = {
  readonly requestsPerSecond: number
  /** 0 where there are no events. */
  readonly eventsPerSecond: number
  /** For each event, or each request where there are no events. */
  readonly cpuMicroseconds: number | null
  readonly p50Ms: number
  readonly p99Ms: number
  readonly errors: number
  readonly firstError: string | null
}

/** `pids`: the processes that serve, with all below them. */
export async function measureLoad(pids: readonly number[], plan: Plan): Promise<Measurement> {
  const before = await cpuOf(pids)
  const outcome = await generateLoad(plan)
  const after = await cpuOf(pids)
  const requestsPerSecond = outcome.requests / outcome.seconds
  const units = outcome.requests * Math.max(1, plan.eventsPerRequest)
  return {
    requestsPerSecond,
    eventsPerSecond: requestsPerSecond * plan.eventsPerRequest,
    cpuMicroseconds: before === null || after === null ? null : (after - before) / units,
    p50Ms: outcome.latenciesMs.p50,
    p99Ms: outcome.latenciesMs.p99,
    errors: outcome.errors,
    firstError: outcome.firstError,
  }
}

export async function measureSqlite(plan: SqlitePlan): Promise<Measurement> {
  const {
    commits,
    seconds,
    cpuMicroseconds: cpu,
    latenciesMs,
  } = await runScript<SqliteOutcome>("sqlite.ts", plan)
  const events = commits * plan.eventsPerCommit
  return {
    requestsPerSecond: commits / seconds,
    eventsPerSecond: events / seconds,
    cpuMicroseconds: cpu / events,
    p50Ms: latenciesMs.p50,
    p99Ms: latenciesMs.p99,
    errors: 0,
    firstError: null,
  }
}

/** From a process of its own, so that what it costs is not counted. */
export function generateLoad(plan: Plan): Promise<Outcome> {
  return runScript<Outcome>("load.ts", plan)
}

export async function cpuOf(pids: readonly number[]): Promise<number | null> {
  const all = await Promise.all(pids.map(cpuMicroseconds))
  return all.reduce((sum, one) => (sum === null || one === null ? null : sum + one), 0)
}

function runScript<Result>(script: string, plan: Plan | SqlitePlan): Promise<Result> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [path.join(import.meta.dirname, script), JSON.stringify(plan)], {
      stdio: ["ignore", "pipe", "inherit"],
    })
    let printed = ""
    child.stdout.on("data", (data: Buffer) => (printed += data.toString()))
    child.on("error", reject)
    child.on("close", (code) => {
      if (code === 0) resolve(JSON.parse(printed) as Result)
      else reject(new Error(`${script} ended with ${code}`))
    })
  })
}

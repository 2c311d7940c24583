// The part about speed: all cases in turns, several times over, so that whatever else the machine does falls on all of them
// alike.

import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import path from "node:path"
import { atEnd } from "./at-end.ts"
import * as of from "./cases.ts"
import type { Measurement } from "./measure.ts"
import { startPeer, type Peer } from "./peer/start.ts"
import { count, measuredOn, median, short } from "./report.ts"
import { newSite } from "./server.ts"
import { makeWorld } from "./setup.ts"
import { cpuRatio, rateRatio, targetTable, type Rounds, type Target } from "./targets.ts"

const WARM_UP_SECONDS = 0.5

export type SpeedOptions = {
  readonly rounds: number
  readonly seconds: number
  /** Of the cases that spread their load. */
  readonly subscriptions: number
  /** Only the cases with this in their names. */
  readonly only: string | null
}

export async function measureSpeed(options: SpeedOptions): Promise<string> {
  const { rounds, seconds, subscriptions, only } = options
  const folder = await mkdtemp(path.join(tmpdir(), "ledgerline-sqlite-"))
  const removeFolder = atEnd(() => rm(folder, { recursive: true, force: true }))
  const site = await newSite("bench/worker/index.ts")
  const server = await site.start()
  const started = await startPeer()
  const peer = "missing" in started ? null : started
  const peerNote = "missing" in started ? `no peer, since ${started.missing}` : `peer on ${started.version}`
  console.error(peerNote)
  try {
    const world = await makeWorld(`http://127.0.0.1:${server.port}`, site.rootKey, subscriptions)
    const cases = of.casesFor({ server, world, peer, folder })
    const chosen = cases.filter(({ name }) => only === null || name.includes(only))
    // A thousand objects that fall asleep keep workerd busy for a while, so they come when the hot one has been measured.
    const isSpread = ({ name }: of.Case): boolean => name.startsWith(of.MANY)
    const hot = await inTurns(
      chosen.filter((one) => !isSpread(one)),
      rounds,
      seconds,
    )
    const spread = await inTurns(chosen.filter(isSpread), rounds, seconds)
    const taken: Rounds = new Map([...hot, ...spread])
    const how = `medians of ${rounds} rounds of ${seconds} s each; many are ${count(subscriptions)}; ${peerNote}`
    return [measuredOn(how), targetTable(targetsOf(taken)), tableOf(taken)].join("\n\n")
  } finally {
    await endAll(peer, [server.stop, site.remove, removeFolder])
  }
}

async function endAll(peer: Peer | null, works: readonly (() => Promise<void>)[]): Promise<void> {
  await peer?.stop()
  for (const work of works) await work()
}

async function inTurns(cases: readonly of.Case[], rounds: number, seconds: number): Promise<Rounds> {
  const taken = new Map<string, Measurement[]>(cases.map(({ name }) => [name, []]))
  for (const { measure } of cases) await measure(WARM_UP_SECONDS)
  for (let round = 1; round <= rounds; round += 1) {
    for (const { name, measure } of cases) {
      const measurement = await measure(seconds)
      if (measurement.errors > 0)
        console.error(`${name}: ${measurement.errors} errors; ${measurement.firstError}`)
      taken.get(name)?.push(measurement)
    }
    console.error(`speed: round ${round} of ${rounds} is done`)
  }
  return taken
}

function targetsOf(rounds: Rounds): Target[] {
  const rate = (what: string, one: string, other: string, bound: number): Target => {
    return { what, demand: "at least", bound, measured: rateRatio(rounds, one, other) }
  }
  return [
    rate("single events ÷ no-op call", of.SINGLE, of.NOOP_CALL, 0.8),
    rate("single events ÷ peer's best statement", of.SINGLE, of.PEER_STATEMENT, 2),
    rate("single events ÷ peer's ordinary transaction", of.SINGLE, of.PEER_TRANSACTION, 3),
    rate("batches of 100 ÷ peer", of.BATCH_100, of.PEER_100, 1.2),
    {
      what: "processor time for an event in batches of 100 ÷ peer",
      demand: "at most",
      bound: 0.5,
      measured: cpuRatio(rounds, of.BATCH_100, of.PEER_100),
    },
    rate("batches of 1,000 ÷ peer", of.BATCH_1000, of.PEER_1000, 2.5),
    rate("batches of 1,000 ÷ naive object", of.BATCH_1000, of.NAIVE_1000, 6),
  ]
}

function tableOf(rounds: Rounds): string {
  const head =
    "| what | requests/s | events/s | CPU µs | p50 ms | p99 ms | ÷ no-op route | ÷ no-op call | errors |"
  const rows = [...rounds].map(([name, measurements]) => rowOf(name, measurements, rounds))
  return [head, "|---|---|---|---|---|---|---|---|---|", ...rows].join("\n")
}

function rowOf(name: string, measurements: readonly Measurement[], rounds: Rounds): string {
  const middle = (pick: (one: Measurement) => number): number => median(measurements.map(pick))
  const cpu = measurements.map(({ cpuMicroseconds }) => cpuMicroseconds).filter((value) => value !== null)
  const hasEvents = measurements.some(({ eventsPerSecond }) => eventsPerSecond > 0)
  const cells = [
    name,
    count(middle((one) => one.requestsPerSecond)),
    hasEvents ? count(middle((one) => one.eventsPerSecond)) : "",
    cpu.length === 0 ? "" : short(median(cpu)),
    short(middle((one) => one.p50Ms)),
    short(middle((one) => one.p99Ms)),
    rateRatio(rounds, name, of.NOOP)?.toFixed(2) ?? "",
    rateRatio(rounds, name, of.NOOP_CALL)?.toFixed(2) ?? "",
    String(measurements.reduce((sum, { errors }) => sum + errors, 0)),
  ]
  return `| ${cells.join(" | ")} |`
}

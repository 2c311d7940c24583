// Medians over the rounds, as a table, and the table in README.md between its markers.

import { readFile, writeFile } from "node:fs/promises"
import { cpus } from "node:os"
import path from "node:path"
import { NOOP, NOOP_CALL } from "./cases.ts"

/** One case in one round. */
export type Measurement = {
  readonly requestsPerSecond: number
  readonly eventsPerSecond: number
  /** For each event, or each request where there are no events. */
  readonly cpuMicroseconds: number | null
  readonly p50Ms: number
  readonly p99Ms: number
  readonly errors: number
}

/** In each case one entry for each round. */
export type Rounds = ReadonlyMap<string, readonly Measurement[]>

export function tableOf(rounds: Rounds): string {
  const head =
    "| what | requests/s | events/s | CPU µs | p50 ms | p99 ms | ÷ no-op route | ÷ no-op call | errors |"
  const rule = "|---|---|---|---|---|---|---|---|---|"
  const rows = [...rounds].map(([name, measurements]) => rowOf(name, measurements, rounds))
  return [head, rule, ...rows].join("\n")
}

function rowOf(name: string, measurements: readonly Measurement[], rounds: Rounds): string {
  const of = (pick: (one: Measurement) => number): number => median(measurements.map(pick))
  const cpu = measurements.map(({ cpuMicroseconds }) => cpuMicroseconds).filter((value) => value !== null)
  const hasEvents = measurements.some(({ eventsPerSecond }) => eventsPerSecond > 0)
  const cells = [
    name,
    count(of((one) => one.requestsPerSecond)),
    hasEvents ? count(of((one) => one.eventsPerSecond)) : "",
    cpu.length === 0 ? "" : short(median(cpu)),
    short(of((one) => one.p50Ms)),
    short(of((one) => one.p99Ms)),
    ratio(measurements, rounds.get(NOOP)),
    ratio(measurements, rounds.get(NOOP_CALL)),
    String(measurements.reduce((sum, { errors }) => sum + errors, 0)),
  ]
  return `| ${cells.join(" | ")} |`
}

/** Of each round's own rates, so that what slows the machine for a while slows both. Batches count events. */
function ratio(measurements: readonly Measurement[], others: readonly Measurement[] = []): string {
  const rate = (one: Measurement): number => one.eventsPerSecond || one.requestsPerSecond
  const ratios = measurements.flatMap((one, round) => {
    const other = others[round]
    return other === undefined ? [] : [rate(one) / other.requestsPerSecond]
  })
  return ratios.length === 0 ? "" : median(ratios).toFixed(2)
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}

function count(value: number): string {
  return Math.round(value).toLocaleString("en-US")
}

function short(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3)
}

const README = path.join(import.meta.dirname, "README.md")
const [BEGIN, END] = ["<!-- results -->", "<!-- end of results -->"]

/** Puts the table where the last one was, with what it was measured on. */
export async function recordResults(table: string, rounds: number, seconds: number): Promise<void> {
  const text = await readFile(README, "utf8")
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)]
  if (begin < 0 || end < begin) throw new Error("bench/README.md has lost its markers.")
  const day = new Date().toISOString().slice(0, 10)
  const machine = `${cpus().length} × ${cpus()[0]?.model ?? "unknown processor"}, Node ${process.version}`
  const measured = `Measured on ${day}, ${machine}; medians of ${rounds} rounds of ${seconds} s each.`
  const results = `${BEGIN}\n\n${measured}\n\n${table}\n\n`
  await writeFile(README, text.slice(0, begin) + results + text.slice(end))
}

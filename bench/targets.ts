// What the measurements must show: each demand with what was measured, and whether it is met.

import type { Measurement } from "./measure.ts"
import { median, short } from "./report.ts"

/** In each case one entry for each round. */
export type Rounds = ReadonlyMap<string, readonly Measurement[]>

export type Target = {
  readonly what: string
  readonly demand: "at least" | "at most"
  readonly bound: number
  /** Null where it could not be measured: no peer, or no /proc. */
  readonly measured: number | null
  readonly unit?: string
}

/** Events, or requests where there are no events, of `one` for one of `other`; the median of the rounds' own ratios. */
export function rateRatio(rounds: Rounds, one: string, other: string): number | null {
  return ratioOf(
    rounds,
    one,
    other,
    (measurement) => measurement.eventsPerSecond || measurement.requestsPerSecond,
  )
}

export function cpuRatio(rounds: Rounds, one: string, other: string): number | null {
  return ratioOf(rounds, one, other, ({ cpuMicroseconds }) => cpuMicroseconds)
}

/** Of each round's own numbers, so that what slows the machine for a while slows both. */
function ratioOf(
  rounds: Rounds,
  one: string,
  other: string,
  pick: (measurement: Measurement) => number | null,
): number | null {
  const others = rounds.get(other) ?? []
  const ratios = (rounds.get(one) ?? []).flatMap((measurement, round) => {
    const mate = others[round]
    const [value, divisor] = [pick(measurement), mate === undefined ? null : pick(mate)]
    return value === null || divisor === null || divisor === 0 ? [] : [value / divisor]
  })
  return ratios.length === 0 ? null : median(ratios)
}

export function targetTable(targets: readonly Target[]): string {
  const rows = targets.map(({ what, demand, bound, measured, unit = "" }) => {
    const shown = measured === null ? "not measured" : `${short(measured)}${unit}`
    return `| ${what} | ${demand} ${bound}${unit} | ${shown} | ${verdict(demand, bound, measured)} |`
  })
  return ["| target | demanded | measured | |", "|---|---|---|---|", ...rows].join("\n")
}

function verdict(demand: Target["demand"], bound: number, measured: number | null): string {
  if (measured === null) return ""
  const isMet = demand === "at least" ? measured >= bound : measured <= bound
  return isMet ? "met" : "**missed**"
}

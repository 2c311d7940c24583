// Steps up and down along the time of a period, kept so that the highest point of their running sum is always known, whatever the
// order in which they come. A tree over the milliseconds of the period: a node covers 32 parts, the parts of the lowest ones are
// milliseconds. Of each part that has steps it keeps their sum and the highest running sum within the part, so that a step changes
// the nodes above it and no others: seven in a period of a year.
// Law: the answer is a function of the set of steps.

import { add, compare, decimalOf, formatDecimal, max, ZERO, type Decimal } from "../domain/decimal.ts"
import type { Instant } from "../domain/time.ts"
import type { SlotSource } from "./slots.ts"

const PARTS = 32

type Timeline = {
  readonly meter: string
  readonly scope: string
  readonly start: Instant
  readonly end: Instant
}

/** `highest` is of the running sum from the start of the part, which is zero before its first step. */
type Rise = { readonly sum: Decimal; readonly highest: Decimal }

const FLAT: Rise = { sum: ZERO, highest: ZERO }

/** Adds steps, by their milliseconds from the start of the timeline, and says the highest running sum, at least zero. */
export function addToTimeline(
  source: SlotSource,
  timeline: Timeline,
  steps: ReadonlyMap<number, Decimal>,
): Decimal {
  let changed = new Map<number, Rise>()
  for (const [offset, step] of steps) changed.set(offset, { sum: step, highest: max(step, ZERO) })
  let level = 0
  // A timeline of one millisecond has a node too.
  for (let width = 1; level === 0 || width < timeline.end - timeline.start; width *= PARTS) {
    changed = changeLevel(source, timeline, { level, width }, changed)
    level += 1
  }
  return changed.get(0)?.highest ?? ZERO
}

/** `width`: of a part of a node of this level, in milliseconds. */
type Level = { readonly level: number; readonly width: number }

/** Stores what became of some parts in their nodes, and says what became of these. */
function changeLevel(
  source: SlotSource,
  timeline: Timeline,
  level: Level,
  parts: ReadonlyMap<number, Rise>,
): Map<number, Rise> {
  const rises = new Map<number, Rise>()
  const byNode = Map.groupBy(parts, ([part]) => Math.floor(part / PARTS))
  for (const [index, changes] of byNode) {
    const node = readNode(source, timeline, level, index)
    for (const [part, rise] of changes) {
      const before = node.get(part % PARTS) ?? FLAT
      node.set(part % PARTS, level.level === 0 ? stepped(before, rise) : rise)
    }
    writeNode(source, timeline, level, index, node)
    rises.set(index, riseOf(node))
  }
  return rises
}

/** A millisecond is one point: all its steps happen at once. */
function stepped(before: Rise, step: Rise): Rise {
  const sum = add(before.sum, step.sum)
  return { sum, highest: max(sum, ZERO) }
}

function riseOf(node: ReadonlyMap<number, Rise>): Rise {
  let { sum, highest } = FLAT
  for (const [, rise] of [...node].toSorted(([a], [b]) => a - b)) {
    const within = add(sum, rise.highest)
    if (compare(within, highest) > 0) highest = within
    sum = add(sum, rise.sum)
  }
  return { sum, highest }
}

type StoredPart = readonly [part: number, sum: string, highest: string]

function startOf({ start }: Timeline, { width }: Level, index: number): Instant {
  return (start + index * PARTS * width) as Instant
}

/** A node is a point whose number is its level: nodes of several levels start at the same time. */
function readNode(source: SlotSource, timeline: Timeline, level: Level, index: number): Map<number, Rise> {
  const at = startOf(timeline, level, index)
  const found = source
    .pointsBetween(timeline.meter, timeline.scope, (at - 1) as Instant, at)
    .find(({ seq }) => seq === level.level)
  if (found === undefined) return new Map()
  const parts: readonly StoredPart[] = JSON.parse(found.value)
  return new Map(
    parts.map(([part, sum, highest]) => [part, { sum: decimalOf(sum), highest: decimalOf(highest) }]),
  )
}

function writeNode(
  source: SlotSource,
  timeline: Timeline,
  level: Level,
  index: number,
  node: ReadonlyMap<number, Rise>,
): void {
  const parts = Array.from(node, ([part, { sum, highest }]): StoredPart => {
    return [part, formatDecimal(sum), formatDecimal(highest)]
  })
  const at = startOf(timeline, level, index)
  source.addPoint(timeline.meter, timeline.scope, at, level.level, JSON.stringify(parts))
}

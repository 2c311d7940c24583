// The part about many closes at once: subscriptions whose periods end in the same second go through cron and queue until each is
// closed, drafted, finalized and numbered.

import { setTimeout as sleep } from "node:timers/promises"
import { measuredOn, count, median, short } from "./report.ts"
import { newSite } from "./server.ts"
import { makeWorld, touch, type World } from "./setup.ts"
import { targetTable, type Target } from "./targets.ts"
import type { CloseProgress } from "./worker/close-progress.ts"

const DAY_MS = 86_400_000
/** The periods are months; all of them have ended by then. */
const AHEAD_MS = 40 * DAY_MS
const POLL_MS = 100
/** A tick takes ten thousand rows; more than one is for what was scheduled behind its back. */
const TICK_MS = 60_000
const SIZES = [100, 1_000, 10_000]
/** What a close may take longer among ten thousand than among a hundred. */
const GROWTH = 1.5

type Run = { readonly seconds: number; readonly calls: number; readonly statements: number }

export async function measureCloses({
  rounds,
  most,
}: {
  readonly rounds: number
  readonly most: number
}): Promise<string> {
  const site = await newSite("bench/worker/closes.ts")
  const server = await site.start()
  const sizes = SIZES.filter((size) => size <= most)
  const runs = new Map<number, Run[]>(sizes.map((size) => [size, []]))
  try {
    for (let round = 0; round < rounds; round += 1) {
      // In turns, so that what else the machine does falls on all sizes alike.
      for (const size of sizes) {
        const world = await makeClosable(`http://127.0.0.1:${server.port}`, site.rootKey, size)
        const run = await closeAll(world, size)
        runs.get(size)?.push(run)
        console.log(`${count(size)} closes: ${short(size / run.seconds)} a second`)
      }
    }
  } finally {
    await server.stop()
    await site.remove()
  }
  const how = `a month's fee and usage of each subscription, through cron and queue; medians of ${rounds} rounds`
  return [measuredOn(how), targetTable(targetsOf(runs)), tableOf(runs)].join("\n\n")
}

/** Subscriptions that began in the same second, each with a fee and an event to bill. */
async function makeClosable(origin: string, rootKey: string, size: number): Promise<World> {
  const world = await makeWorld(origin, rootKey, size, undefined, {
    tenant: { draft_grace_hours: 0 },
    feeNanos: "10000000000000",
    startedAt: new Date(Math.floor(Date.now() / 1_000) * 1_000 - DAY_MS).toISOString(),
  })
  await touch(world, world.subscriptionIds)
  return world
}

/** From the tick that finds the closes due until the last invoice has its number. */
async function closeAll(world: World, size: number): Promise<Run> {
  const before = await progressOf(world)
  const started = performance.now()
  await tick(world)
  let ticked = performance.now()
  let now = before
  while (now.numbered < size) {
    await sleep(POLL_MS)
    now = await progressOf(world)
    if (performance.now() - ticked < TICK_MS) continue
    await tick(world)
    ticked = performance.now()
  }
  const seconds = (performance.now() - started) / 1_000
  if (now.numbers !== size || now.drawn !== size || now.balance !== 0) {
    throw new Error(`${size} closes left ${JSON.stringify(now)}: a number is missing or comes twice.`)
  }
  return {
    seconds,
    calls: (now.calls - before.calls) / size,
    statements: (now.statements - before.statements) / size,
  }
}

async function tick({ origin }: World): Promise<void> {
  const answer = await fetch(`${origin}/bench/tick?ahead=${AHEAD_MS}`)
  if (!answer.ok) throw new Error(`tick: ${answer.status} ${await answer.text()}`)
}

async function progressOf({ origin, tenantId }: World): Promise<CloseProgress> {
  const answer = await fetch(`${origin}/bench/progress?tenant=${tenantId}`)
  if (!answer.ok) throw new Error(`progress: ${answer.status} ${await answer.text()}`)
  return (await answer.json()) as CloseProgress
}

const rateOf = (size: number) => (run: Run) => size / run.seconds

function targetsOf(runs: ReadonlyMap<number, readonly Run[]>): Target[] {
  const [few, many] = [SIZES[0] ?? 0, SIZES.at(-1) ?? 0]
  const [small, large] = [runs.get(few) ?? [], runs.get(many) ?? []]
  // Of each round's own numbers, so that what slows the machine for a while slows both.
  const ratios = large.flatMap((run, round) => {
    const mate = small[round]
    return mate === undefined ? [] : [rateOf(few)(mate) / rateOf(many)(run)]
  })
  return [
    {
      what: `time of a close, ${count(many)} at once ÷ ${count(few)} at once`,
      demand: "at most",
      bound: GROWTH,
      measured: ratios.length === 0 ? null : median(ratios),
    },
  ]
}

function tableOf(runs: ReadonlyMap<number, readonly Run[]>): string {
  const rows = [...runs].map(([size, some]) => {
    const of = (pick: (run: Run) => number) => short(median(some.map(pick)))
    const [seconds, rate] = [of((run) => run.seconds), of(rateOf(size))]
    return `| ${count(size)} | ${seconds} | ${rate} | ${of((run) => run.calls)} | ${of((run) => run.statements)} |`
  })
  return [
    "| periods that end in the same second | seconds until the last invoice has its number | closes/s | calls of D1 for each | statements for each |",
    "|---|---|---|---|---|",
    ...rows,
  ].join("\n")
}

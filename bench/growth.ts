// The part about age: what an event costs in a meter with millions of events against one with thousands, how soon a meter that
// slept takes its first event, what it holds in memory, and how long it takes to tell its usage.

import type { Child } from "./child.ts"
import { costOf } from "./cost.ts"
import type { Plan } from "./load.ts"
import { cpuOf, generateLoad, measureLoad } from "./measure.ts"
import { residentBytes } from "./processes.ts"
import { count, measuredOn, median, short } from "./report.ts"
import { newSite, type Site } from "./server.ts"
import { eventOf, makeWorld, post, touch, type World } from "./setup.ts"
import { targetTable, type Target } from "./targets.ts"

const BATCH = 1_000
const CONNECTIONS = 4
const STAGE = 500_000
/** Turns in which a young meter and the old one are measured one after the other, and the events of each. */
const TURNS = 8
const WINDOW = 50_000
const RESTARTS = 5
const MIB = 1024 * 1024
/** The memory that the platform gives an isolate, all of its objects together. */
const ISOLATE_MIB = 128
/** As long as a call, give or take what two measurements of one thing differ by. */
const CALL_TOLERANCE = 1.2

type Stage = {
  readonly events: number
  readonly perSecond: number
  readonly cpu: number | null
  readonly mib: number | null
}
type Turns = { readonly young: number; readonly old: number; readonly ratio: number }
type Wake = {
  readonly oldMs: number
  readonly youngMs: number
  readonly mib: number | null
  readonly emptyMib: number | null
}

/** What grows: a server that can be started again, and its meters by subscription. */
class Ground {
  readonly site: Site
  readonly old: string
  readonly young: readonly string[]
  server: Child
  world: World

  constructor(site: Site, server: Child, world: World) {
    const [old = "", ...young] = world.subscriptionIds
    this.site = site
    this.server = server
    this.world = world
    this.old = old
    this.young = young
  }

  async restart(): Promise<void> {
    await this.server.stop()
    this.server = await this.site.start()
    this.world = { ...this.world, origin: `http://127.0.0.1:${this.server.port}` }
  }

  mib(): Promise<number | null> {
    return residentBytes(this.server.pid, "workerd").then((bytes) => (bytes === null ? null : bytes / MIB))
  }

  /** Sends events in batches; the processor time that each took, and their rate. */
  async fill(subscriptionId: string, events: number): Promise<{ cpu: number | null; perSecond: number }> {
    const before = await cpuOf([this.server.pid])
    const plan = { ...this.#plan(subscriptionId), connections: CONNECTIONS, requests: events / BATCH }
    const outcome = await generateLoad({ ...plan, eventsPerRequest: BATCH })
    if (outcome.firstError !== null) throw new Error(outcome.firstError)
    const after = await cpuOf([this.server.pid])
    const sent = outcome.requests * BATCH
    const cpu = before === null || after === null ? null : (after - before) / sent
    return { cpu, perSecond: sent / outcome.seconds }
  }

  /** The median latency of one connection's calls. */
  async callMs(call: Pick<Plan, "method" | "path" | "eventsPerRequest">, seconds: number): Promise<number> {
    const { p50Ms, firstError } = await measureLoad([], { ...this.#plan(this.old), ...call, seconds })
    if (firstError !== null) throw new Error(firstError)
    return p50Ms
  }

  #plan(subscriptionId: string): Plan {
    const { apiKey, tenantId, customerId } = this.world
    return {
      method: "POST",
      path: "/v1/events/batch",
      headers: { authorization: `Bearer ${apiKey}`, "bench-tenant": tenantId },
      port: this.server.port,
      connections: 1,
      eventsPerRequest: 1,
      requests: null,
      seconds: Number.MAX_SAFE_INTEGER,
      keyed: false,
      customerId,
      subscriptionIds: [subscriptionId],
    }
  }
}

export async function measureGrowth({ events }: { readonly events: number }): Promise<string> {
  const site = await newSite("bench/worker/counting.ts")
  const server = await site.start()
  // One that grows old, one for each turn, and one to warm up on.
  const world = await makeWorld(`http://127.0.0.1:${server.port}`, site.rootKey, TURNS + 2)
  const ground = new Ground(site, server, world)
  try {
    await ground.fill(ground.young[TURNS] ?? "", 2 * WINDOW)
    // So that the turns lie around the number that was asked for.
    const stages = await grow(ground, Math.max(WINDOW, roundToBatch(events) - (TURNS * WINDOW) / 2))
    const turns = await inTurns(ground)
    const cost = await costOf(ground.world, ground.old, false)
    const stored = (stages.at(-1)?.events ?? 0) + TURNS * WINDOW
    const perEvent = { rows: cost.rowsWritten / stored, bytes: cost.bytes / stored }
    const reads = await readInTurns(ground)
    const wakes = await wakeUp(ground)
    const targets = targetTable(targetsOf(turns, wakes, reads))
    return [
      measuredOn(`one meter with ${count(stored)} events, batches of 1,000`),
      targets,
      stageTable(stages),
      account(turns, wakes, reads, perEvent),
    ].join("\n\n")
  } finally {
    await ground.server.stop()
    await site.remove()
  }
}

function roundToBatch(events: number): number {
  return Math.round(events / BATCH) * BATCH
}

async function grow(ground: Ground, events: number): Promise<Stage[]> {
  const stages: Stage[] = []
  for (let stored = 0; stored < events;) {
    const { cpu, perSecond } = await ground.fill(ground.old, Math.min(STAGE, events - stored))
    stored += Math.min(STAGE, events - stored)
    stages.push({ events: stored, perSecond, cpu, mib: await ground.mib() })
    console.error(`growth: ${count(stored)} of ${count(events)} events, ${count(perSecond)} a second`)
  }
  return stages
}

/** The old meter, and a young one from half a window below its first to half above. */
async function inTurns(ground: Ground): Promise<Turns | null> {
  const pairs: { young: number; old: number }[] = []
  for (const id of ground.young.slice(0, TURNS)) {
    await ground.fill(id, WINDOW / 2)
    const young = (await ground.fill(id, WINDOW)).cpu
    const old = (await ground.fill(ground.old, WINDOW)).cpu
    if (young !== null && old !== null) pairs.push({ young, old })
  }
  if (pairs.length === 0) return null
  return {
    young: median(pairs.map(({ young }) => young)),
    old: median(pairs.map(({ old }) => old)),
    ratio: median(pairs.map(({ young, old }) => old / young)),
  }
}

type Reads = { readonly callMs: number; readonly meterMs: number; readonly routeMs: number }

async function readInTurns(ground: Ground): Promise<Reads> {
  const route = { method: "GET", path: `/v1/subscriptions/${ground.old}/usage`, eventsPerRequest: 0 } as const
  const reads: Reads[] = []
  for (let turn = 0; turn < TURNS; turn += 1) {
    const callMs = await ground.callMs({ method: "POST", path: "/bench/noop-call", eventsPerRequest: 1 }, 0.5)
    const meterMs = await ground.callMs(
      { method: "POST", path: "/bench/usage-call", eventsPerRequest: 1 },
      0.5,
    )
    reads.push({ callMs, meterMs, routeMs: await ground.callMs(route, 0.5) })
  }
  return {
    callMs: median(reads.map(({ callMs }) => callMs)),
    meterMs: median(reads.map(({ meterMs }) => meterMs)),
    routeMs: median(reads.map(({ routeMs }) => routeMs)),
  }
}

/** New processes on the same state. The isolate is warm, by another meter, when the old one is called for the first time. */
async function wakeUp(ground: Ground): Promise<Wake[]> {
  const wakes: Wake[] = []
  for (let n = 0; n < RESTARTS; n += 1) {
    await ground.restart()
    const [first = "", second = ""] = ground.young
    await touch(ground.world, [first])
    const emptyMib = await ground.mib()
    const youngMs = await firstEventMs(ground, second)
    const oldMs = await firstEventMs(ground, ground.old)
    wakes.push({ youngMs, oldMs, emptyMib, mib: await ground.mib() })
  }
  return wakes
}

async function firstEventMs({ world }: Ground, subscriptionId: string): Promise<number> {
  const startedAt = performance.now()
  await post(world.origin, world.apiKey, "/v1/events", eventOf(world, subscriptionId))
  return performance.now() - startedAt
}

function targetsOf(turns: Turns | null, wakes: readonly Wake[], reads: Reads): Target[] {
  const grown = wakes.flatMap(({ mib, emptyMib }) =>
    mib === null || emptyMib === null ? [] : [mib - emptyMib],
  )
  const most = (what: string, bound: number, measured: number | null, unit = ""): Target => {
    return { what, demand: "at most", bound, measured, unit }
  }
  return [
    most("processor time for an event, old meter ÷ young one", 1.3, turns?.ratio ?? null),
    most("first accepted event of a cold old meter", 50, median(wakes.map(({ oldMs }) => oldMs)), " ms"),
    most(
      "memory that waking the old meter takes",
      ISOLATE_MIB,
      grown.length === 0 ? null : median(grown),
      " MiB",
    ),
    most(
      "usage of the running period, asked of the meter ÷ no-op call",
      CALL_TOLERANCE,
      reads.meterMs / reads.callMs,
    ),
  ]
}

function stageTable(stages: readonly Stage[]): string {
  const rows = stages.map(({ events, perSecond, cpu, mib }) => {
    const cells = [
      count(events),
      count(perSecond),
      cpu === null ? "" : short(cpu),
      mib === null ? "" : short(mib),
    ]
    return `| ${cells.join(" | ")} |`
  })
  return ["| events in the meter | events/s | CPU µs | MiB of workerd |", "|---|---|---|---|", ...rows].join(
    "\n",
  )
}

function account(
  turns: Turns | null,
  wakes: readonly Wake[],
  reads: Reads,
  perEvent: { readonly rows: number; readonly bytes: number },
): string {
  const lines = [
    `* For each event of its life the old meter has written ${short(perEvent.rows)} rows, and it holds ${short(perEvent.bytes)} bytes.`,
    `* First event of a cold meter: ${short(median(wakes.map(({ oldMs }) => oldMs)))} ms for the old one, ${short(median(wakes.map(({ youngMs }) => youngMs)))} ms for one with ${count(1.5 * WINDOW)} events.`,
    `* One connection, half of the calls took less than: no-op call ${short(reads.callMs)} ms, usage of the meter ${short(reads.meterMs)} ms, \`GET /v1/subscriptions/{id}/usage\` ${short(reads.routeMs)} ms.`,
  ]
  if (turns !== null) {
    lines.unshift(
      `* In turns: ${short(turns.young)} µs for an event around the ${count(WINDOW)}th of a young meter, ${short(turns.old)} µs in the old one.`,
    )
  }
  return lines.join("\n")
}

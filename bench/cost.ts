// The part about money: rows, calls and bytes for each event, counted in the objects, and what a million events costs by the
// published prices of the platform.

import type { Child } from "./child.ts"
import type { Plan } from "./load.ts"
import { generateLoad } from "./measure.ts"
import { measuredOn, short } from "./report.ts"
import { newSite } from "./server.ts"
import { makeWorld, type World } from "./setup.ts"
import { targetTable, type Target } from "./targets.ts"
import type { Cost } from "./worker/cost.ts"

/** Dollars for a million, and for a gigabyte and month; beyond what the plan includes. */
const PRICES = { workerRequests: 0.3, objectCalls: 0.15, rowsWritten: 1, rowsRead: 0.001, gigabyteMonth: 0.2 }

type Sample = {
  readonly name: string
  readonly path: string
  readonly connections: number
  readonly eventsPerRequest: number
  readonly requests: number
}

// Enough of each that what is done once in a while for many events is in it.
const SAMPLES: readonly Sample[] = [
  {
    name: "single events, 32 connections",
    path: "/v1/events",
    connections: 32,
    eventsPerRequest: 1,
    requests: 40_000,
  },
  {
    name: "single events, 64 connections",
    path: "/v1/events",
    connections: 64,
    eventsPerRequest: 1,
    requests: 40_000,
  },
  {
    name: "batches of 100",
    path: "/v1/events/batch",
    connections: 8,
    eventsPerRequest: 100,
    requests: 2_500,
  },
  {
    name: "batches of 1,000",
    path: "/v1/events/batch",
    connections: 4,
    eventsPerRequest: 1_000,
    requests: 250,
  },
  {
    name: "naive object, single events",
    path: "/bench/naive",
    connections: 64,
    eventsPerRequest: 1,
    requests: 10_000,
  },
]

/** For one event. */
type PerEvent = Cost & { readonly requests: number }

export async function measureCost(): Promise<string> {
  const site = await newSite("bench/worker/counting.ts")
  const server = await site.start()
  try {
    // A subscription for each sample, so that each begins with an empty object.
    const world = await makeWorld(`http://127.0.0.1:${server.port}`, site.rootKey, SAMPLES.length)
    const found = new Map<string, PerEvent>()
    for (const [n, sample] of SAMPLES.entries()) {
      found.set(sample.name, await measureSample(server, world, sample, world.subscriptionIds[n] ?? ""))
      console.error(`cost: ${sample.name} is done`)
    }
    const how = "beyond what the plan includes, without processor time and duration"
    return [measuredOn(`dollars ${how}`), targetTable(targetsOf(found)), tableOf(found)].join("\n\n")
  } finally {
    await server.stop()
    await site.remove()
  }
}

async function measureSample(
  server: Child,
  world: World,
  sample: Sample,
  subscriptionId: string,
): Promise<PerEvent> {
  const { path, connections, eventsPerRequest, requests } = sample
  const plan: Plan = {
    method: "POST",
    path,
    headers: { authorization: `Bearer ${world.apiKey}` },
    port: server.port,
    connections,
    eventsPerRequest,
    requests,
    seconds: Number.MAX_SAFE_INTEGER,
    keyed: true,
    customerId: world.customerId,
    subscriptionIds: [subscriptionId],
  }
  const outcome = await generateLoad(plan)
  if (outcome.firstError !== null) throw new Error(`${sample.name}: ${outcome.firstError}`)
  const cost = await costOf(world, subscriptionId, path === "/bench/naive")
  const events = outcome.requests * eventsPerRequest
  return {
    rowsWritten: cost.rowsWritten / events,
    rowsRead: cost.rowsRead / events,
    calls: cost.calls / events,
    bytes: cost.bytes / events,
    requests: outcome.requests / events,
  }
}

/** What an object has cost since it was woken. */
export async function costOf(world: World, subscriptionId: string, isNaive: boolean): Promise<Cost> {
  const path = isNaive ? "/bench/naive/cost" : "/bench/cost"
  const query = new URLSearchParams({ tenant: world.tenantId, subscription: subscriptionId })
  const answer = await fetch(`${world.origin}${path}?${query.toString()}`)
  return (await answer.json()) as Cost
}

function targetsOf(found: ReadonlyMap<string, PerEvent>): Target[] {
  const rows = (name: string, bound: number): Target => {
    const measured = found.get(name)?.rowsWritten ?? null
    return { what: `rows written for an event, ${name}`, demand: "at most", bound, measured }
  }
  return [
    rows("single events, 32 connections", 0.2),
    rows("single events, 64 connections", 0.2),
    rows("batches of 100", 0.05),
  ]
}

function tableOf(found: ReadonlyMap<string, PerEvent>): string {
  const head =
    "| for each event | rows written | rows read | calls of the object | bytes stored | $ for a million | $ a month for keeping them |"
  const rows = [...found].map(([name, one]) => {
    const keeping = (one.bytes * PRICES.gigabyteMonth) / 1_000
    const cells = [one.rowsWritten, one.rowsRead, one.calls, one.bytes, dollarsPerMillion(one), keeping]
    return `| ${name} | ${cells.map(short).join(" | ")} |`
  })
  return [head, "|---|---|---|---|---|---|---|", ...rows].join("\n")
}

function dollarsPerMillion({ requests, calls, rowsWritten, rowsRead }: PerEvent): number {
  return (
    requests * PRICES.workerRequests +
    calls * PRICES.objectCalls +
    rowsWritten * PRICES.rowsWritten +
    rowsRead * PRICES.rowsRead
  )
}

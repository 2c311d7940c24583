// What is measured for speed, in the order in which it takes its turns: Ledgerline, what the runtime costs without it, the
// naive object, SQLite by itself, and the peer.

import type { Child } from "./child.ts"
import type { Plan } from "./load.ts"
import { measureLoad, measureSqlite, type Measurement } from "./measure.ts"
import type { Peer } from "./peer/start.ts"
import { touch, type World } from "./setup.ts"

export type Case = {
  readonly name: string
  readonly measure: (seconds: number) => Promise<Measurement>
}

/** What the cases run against. `folder` is for SQLite's files. */
export type Field = {
  readonly server: Child
  readonly world: World
  readonly peer: Peer | null
  readonly folder: string
}

export const NOOP = "a route that does nothing"
export const NOOP_CALL = "a call to the meter that does nothing"
export const SINGLE = "POST /v1/events, one subscription"
export const BATCH_100 = "POST /v1/events/batch, 100 events"
export const BATCH_1000 = "POST /v1/events/batch, 1,000 events"
export const NAIVE_SINGLE = "naive object, single events"
export const NAIVE_1000 = "naive object, 1,000 events"
export const PEER_TRANSACTION = "peer, single events, ordinary transaction"
export const PEER_STATEMENT = "peer, single events, best statement"
export const PEER_100 = "peer, 100 events"
export const PEER_1000 = "peer, 1,000 events"
/** How the names of the cases begin that spread their load. */
export const MANY = "many "
export const SPREAD_CALL = `${MANY}subscriptions: a call that does nothing`
export const SPREAD = `${MANY}subscriptions: POST /v1/events`
export const SPREAD_PEER = `${MANY}subscriptions: peer, best statement`

/** The same load for whoever serves it: connections by the size of the request. */
const CONNECTIONS: Readonly<Record<number, number>> = { 0: 64, 1: 64, 100: 8, 1_000: 4 }

type Load = Pick<Plan, "method" | "path" | "headers" | "eventsPerRequest" | "subscriptionIds">

export function casesFor(field: Field): Case[] {
  const { server, world, peer } = field
  const hot: readonly string[] = world.subscriptionIds.slice(0, 1)
  const all = world.subscriptionIds
  const bench = { "bench-tenant": world.tenantId }
  const key = { authorization: `Bearer ${world.apiKey}` }
  const ours = (name: string, path: string, headers: Load["headers"], size: number, ids = hot): Case =>
    loadCase(name, [server.pid], server.port, world, postOf(path, headers, size, ids))
  const noop = {
    method: "GET",
    path: "/bench/noop",
    headers: {},
    eventsPerRequest: 0,
    subscriptionIds: [],
  } as const
  return [
    loadCase(NOOP, [server.pid], server.port, world, noop),
    ours(NOOP_CALL, "/bench/noop-call", bench, 1),
    ours(SINGLE, "/v1/events", key, 1),
    ours(BATCH_100, "/v1/events/batch", key, 100),
    ours(BATCH_1000, "/v1/events/batch", key, 1_000),
    ours(NAIVE_SINGLE, "/bench/naive", {}, 1),
    ours(NAIVE_1000, "/bench/naive", {}, 1_000),
    ...sqliteCases(field.folder),
    ...(peer === null ? [] : peerCases(peer, world, hot)),
    warm(world, ours(SPREAD_CALL, "/bench/noop-call", bench, 1, all)),
    warm(world, ours(SPREAD, "/v1/events", key, 1, all)),
    sqliteCase(`${MANY}files: SQLite, single events`, field.folder, 1, all.length),
    ...(peer === null ? [] : [peerCase(SPREAD_PEER, "/statement", peer, world, 1, all)]),
  ]
}

function peerCases(peer: Peer, world: World, hot: readonly string[]): Case[] {
  const noop = {
    method: "GET",
    path: "/noop",
    headers: {},
    eventsPerRequest: 0,
    subscriptionIds: [],
  } as const
  return [
    loadCase("peer, a route that does nothing", peer.pids, peer.port, world, noop),
    peerCase(PEER_TRANSACTION, "/transaction", peer, world, 1, hot),
    peerCase(PEER_STATEMENT, "/statement", peer, world, 1, hot),
    peerCase(PEER_100, "/batch", peer, world, 100, hot),
    peerCase(PEER_1000, "/batch", peer, world, 1_000, hot),
  ]
}

function peerCase(
  name: string,
  path: string,
  { pids, port, apiKey }: Peer,
  world: World,
  size: number,
  subscriptionIds: readonly string[],
): Case {
  const headers = { authorization: `Bearer ${apiKey}` }
  return loadCase(name, pids, port, world, postOf(path, headers, size, subscriptionIds))
}

function postOf(
  path: string,
  headers: Load["headers"],
  size: number,
  subscriptionIds: readonly string[],
): Load {
  return { method: "POST", path, headers, eventsPerRequest: size, subscriptionIds }
}

function loadCase(name: string, pids: readonly number[], port: number, world: World, load: Load): Case {
  const connections = CONNECTIONS[load.eventsPerRequest] ?? 1
  // As the quick start sends it: with an Idempotency-Key, which is the event's id.
  const plan = { ...load, port, connections, requests: null, keyed: true, customerId: world.customerId }
  return { name, measure: (seconds) => measureLoad(pids, { ...plan, seconds }) }
}

/** workerd forgets objects between the turns; what is measured is warm. */
function warm(world: World, one: Case): Case {
  const measure = async (seconds: number): Promise<Measurement> => {
    await touch(world, world.subscriptionIds)
    return one.measure(seconds)
  }
  return { name: one.name, measure }
}

function sqliteCases(folder: string): Case[] {
  return [
    sqliteCase("SQLite by itself, single events", folder, 1, 1),
    sqliteCase("SQLite by itself, 100 events", folder, 100, 1),
    sqliteCase("SQLite by itself, 1,000 events", folder, 1_000, 1),
  ]
}

function sqliteCase(name: string, folder: string, eventsPerCommit: number, files: number): Case {
  return { name, measure: (seconds) => measureSqlite({ folder, files, eventsPerCommit, seconds }) }
}

// Where the time goes: V8's sampling profiler on workerd while it serves a case, by file of ours and by what is native.
// The shares are of the one thread on which workerd runs everything. `idle` is what goes on outside of JavaScript: workerd's own work on
// requests, answers and timers, and what it waits for.

import { readFile } from "node:fs/promises"
import { createServer } from "node:net"
import * as of from "./cases.ts"
import { count, measuredOn, short } from "./report.ts"
import { newSite } from "./server.ts"
import { makeWorld } from "./setup.ts"

const WARM_UP_SECONDS = 2
/** The last case is measured once more when the meter has grown for so long: some millions of events. */
const GROWTH_SECONDS = 45

const CASES = [
  { name: of.NOOP_CALL, after: WARM_UP_SECONDS, note: "" },
  { name: of.SINGLE, after: WARM_UP_SECONDS, note: "" },
  { name: of.BATCH_100, after: WARM_UP_SECONDS, note: "" },
  { name: of.BATCH_1000, after: WARM_UP_SECONDS, note: "" },
  { name: of.BATCH_1000, after: GROWTH_SECONDS, note: ", millions of events later" },
]
const INTERVAL_MICROSECONDS = 200
/** What has less than this share is added up. */
const SMALLEST_SHARE = 0.01

export async function measureProfile({ seconds }: { readonly seconds: number }): Promise<string> {
  const inspectorPort = await freePort()
  const site = await newSite("bench/worker/index.ts", "shown", inspectorPort)
  const server = await site.start()
  try {
    const world = await makeWorld(`http://127.0.0.1:${server.port}`, site.rootKey, 1)
    const fileOf = filesOf(await readFile(site.script, "utf8"))
    const all = of.casesFor({ server, world, peer: null, folder: "" })
    const parts: string[] = []
    for (const { name, after, note } of CASES) {
      const found = all.find((one) => one.name === name)
      if (found === undefined) throw new Error(`There is no case ${name}.`)
      const before = await found.measure(after)
      const inspector = await Inspector.at(inspectorPort)
      await inspector.begin()
      const measured = await found.measure(seconds)
      const profile = await inspector.end()
      const rate = `${count(measured.eventsPerSecond)} events/s, ${short(measured.cpuMicroseconds ?? Number.NaN)} µs of CPU each`
      const stored = note === "" ? "" : `; ${count(before.eventsPerSecond * after)} events were added before`
      parts.push(`**${name}${note}** (${rate}, under the profiler${stored})\n\n${sharesOf(profile, fileOf)}`)
    }
    return [measuredOn(`one run of ${seconds} s each`), ...parts].join("\n\n")
  } finally {
    await server.stop()
    await site.remove()
  }
}

type CallFrame = { readonly functionName: string; readonly url: string; readonly lineNumber: number }
type Node = { readonly id: number; readonly callFrame: CallFrame; readonly children?: readonly number[] }
type Profile = {
  readonly nodes: readonly Node[]
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

function sharesOf({ nodes, samples, timeDeltas }: Profile, fileOf: (line: number) => string): string {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame, fileOf)]))
  const times = new Map<string, number>()
  let whole = 0
  for (const [index, id] of samples.entries()) {
    const time = timeDeltas[index] ?? 0
    const name = names.get(id) ?? ""
    times.set(name, (times.get(name) ?? 0) + time)
    whole += time
  }
  const rows = [...times].toSorted(([, a], [, b]) => b - a)
  const large = rows.filter(([, time]) => time >= whole * SMALLEST_SHARE)
  const rest = rows.slice(large.length).reduce((sum, [, time]) => sum + time, 0)
  const percent = (time: number) => `${((100 * time) / whole).toFixed(1)} %`
  return [
    "| share | where |",
    "|---|---|",
    ...[...large, ["everything else", rest] as const].map(([name, time]) => `| ${percent(time)} | ${name} |`),
  ].join("\n")
}

/** What is native has a name and no place in the bundle. */
function nameOf({ functionName, url, lineNumber }: CallFrame, fileOf: (line: number) => string): string {
  if (url !== "" && lineNumber >= 0 && !url.startsWith("node-internal:")) return fileOf(lineNumber)
  return functionName === "" ? "native" : `native: ${functionName.replace(/^\(|\)$/g, "")}`
}

/** esbuild puts a comment with the name of its file before each part of the bundle. Lines count from zero. */
function filesOf(bundle: string): (line: number) => string {
  const starts = bundle.split("\n").flatMap((text, line) => {
    const named = /^\s*\/\/ ((?:src|bench|node_modules)\/\S+)$/.exec(text)
    return named?.[1] === undefined ? [] : [{ line, file: packageOf(named[1]) }]
  })
  return (line) => starts.findLast((start) => start.line <= line)?.file ?? "the bundle"
}

/** A package is one thing to us. */
function packageOf(file: string): string {
  return /^node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? file
}

/** The protocol of the inspector, as far as a profile needs it. */
class Inspector {
  readonly #socket: WebSocket
  readonly #waiting = new Map<number, (result: unknown) => void>()
  #last = 0

  private constructor(socket: WebSocket) {
    this.#socket = socket
    socket.addEventListener("message", ({ data }) => {
      const { id, result } = JSON.parse(String(data)) as { id?: number; result?: unknown }
      if (id !== undefined) this.#waiting.get(id)?.(result)
    })
  }

  static async at(port: number): Promise<Inspector> {
    const listed = await fetch(`http://127.0.0.1:${port}/json`)
    const targets = (await listed.json()) as readonly { readonly webSocketDebuggerUrl: string }[]
    const url = targets.find((target) => target.webSocketDebuggerUrl.includes("user"))?.webSocketDebuggerUrl
    if (url === undefined) throw new Error("workerd has no inspector for the worker.")
    const socket = new WebSocket(url)
    await new Promise((resolve, reject) => {
      socket.addEventListener("open", resolve, { once: true })
      socket.addEventListener("error", reject, { once: true })
    })
    return new Inspector(socket)
  }

  async begin(): Promise<void> {
    await this.#call("Profiler.enable")
    await this.#call("Profiler.setSamplingInterval", { interval: INTERVAL_MICROSECONDS })
    await this.#call("Profiler.start")
  }

  async end(): Promise<Profile> {
    const { profile } = (await this.#call("Profiler.stop")) as { readonly profile: Profile }
    this.#socket.close()
    return profile
  }

  #call(method: string, params: object = {}): Promise<unknown> {
    const id = ++this.#last
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve)
      this.#socket.send(JSON.stringify({ id, method, params }))
    })
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.on("error", reject)
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0))
    })
  })
}

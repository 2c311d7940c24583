// A storm of disconnects: many clients send events, some twice, and tear a part of their connections down in the middle of a
// request, or all at once; whatever wasn't answered is sent again. In the end every event must be counted once, none may have been answered as
// new twice, and no answer may have been an error.
//
//   node bench/storm.ts [events] [clients] [share of requests torn down]

import { randomUUID } from "node:crypto"
import { connect } from "node:net"
import { newSite } from "./server.ts"
import { makeWorld } from "./setup.ts"

const [events = 12_000, clients = 64, torn = 0.1] = process.argv.slice(2).map(Number)

// Every so often all connections go at once, as when a load balancer dies.
const MASS_MS = 400
const open = new Set<() => void>()

type Answer = { readonly status: number; readonly body: string }

/** Null when the connection was torn down before the answer came. */
function post(port: number, body: string, tearAfterMs: number | null): Promise<Answer | null> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => {
      const head = `POST /v1/events HTTP/1.1\r\nhost: bench\r\nconnection: close\r\ncontent-type: application/json\r\nauthorization: Bearer ${world.apiKey}\r\n`
      socket.write(`${head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
    })
    let received = ""
    let isTorn = false
    const tear = (): void => {
      isTorn = true
      socket.destroy()
      resolve(null)
    }
    open.add(tear)
    if (tearAfterMs !== null) setTimeout(tear, tearAfterMs)
    socket.on("data", (data) => (received += data.toString()))
    socket.on("error", (error) => (isTorn ? undefined : reject(error)))
    socket.on("close", () => {
      open.delete(tear)
      const answer = /^HTTP\/1\.1 (\d+)[\s\S]*?\r\n\r\n([\s\S]*)$/.exec(received)
      if (answer !== null) resolve({ status: Number(answer[1]), body: answer[2] ?? "" })
      else if (!isTorn) reject(new Error(`no answer: ${received}`))
    })
  })
}

const site = await newSite("bench/worker/index.ts")
const server = await site.start()
const origin = `http://127.0.0.1:${server.port}`
const world = await makeWorld(origin, site.rootKey, 1)
const [subscriptionId = ""] = world.subscriptionIds
const ids = Array.from({ length: events }, () => `evt-${randomUUID()}`)
const work = [...ids, ...ids.filter(() => Math.random() < 0.3)].toSorted(() => Math.random() - 0.5)
const acknowledged = new Set<string>()
const timesNew = new Map<string, number>()
const errors: string[] = []
const at = new Date().toISOString()
let tornDown = 0
let longestMs = 0

async function client(): Promise<void> {
  for (let id = work.pop(); id !== undefined; id = work.pop()) {
    const tearAfterMs = Math.random() < torn ? Math.random() * 30 : null
    const event = {
      id,
      event_type: "api.request",
      subscription_id: subscriptionId,
      timestamp: at,
    }
    const startedAt = performance.now()
    const answer = await post(
      server.port,
      JSON.stringify({ ...event, properties: { tokens: 1 } }),
      tearAfterMs,
    )
    longestMs = Math.max(longestMs, performance.now() - startedAt)
    if (answer === null) tornDown += 1
    else if (answer.status !== 200) errors.push(`${answer.status} ${answer.body}`)
    else {
      acknowledged.add(id)
      if (answer.body.includes('"duplicate":false')) timesNew.set(id, (timesNew.get(id) ?? 0) + 1)
    }
    if (!acknowledged.has(id)) work.unshift(id)
  }
}

const startedAt = performance.now()
const mass = setInterval(() => open.forEach((tear) => tear()), MASS_MS)
await Promise.all(Array.from({ length: clients }, client))
const seconds = (performance.now() - startedAt) / 1_000
clearInterval(mass)
const usage = await fetch(`${origin}/v1/subscriptions/${subscriptionId}/usage`, {
  headers: { authorization: `Bearer ${world.apiKey}` },
})
const { meters } = (await usage.json()) as { readonly meters: readonly { readonly value: string }[] }
const newTwice = [...timesNew.values()].filter((times) => times > 1).length
console.log({ events, tornDown, errors: errors.length, firstError: errors[0], newTwice, longestMs, seconds })
console.log(meters)
await server.stop()
await site.remove()
const isRight = meters.length > 0 && meters.every(({ value }) => value === String(events))
if (!isRight || newTwice > 0 || errors.length > 0) process.exitCode = 1

// The load generator: a process of its own with keep-alive connections, each sending its next request when the answer to the
// one before has come. Started by run.ts with a plan as JSON in its argument; prints one line of JSON.
// It writes HTTP by hand: what it saves is left to the server, which shares the machine with it.

import { connect, type Socket } from "node:net"
import { randomUUID } from "node:crypto"

export type Plan = {
  readonly port: number
  readonly method: "GET" | "POST"
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly connections: number
  readonly seconds: number
  /** Events in each body: 0 for no body, 1 for an object, more for an array. */
  readonly eventsPerRequest: number
  /** Send each single event with its id as Idempotency-Key. */
  readonly keyed: boolean
  readonly customerId: string
  readonly subscriptionIds: readonly string[]
}

export type Outcome = {
  readonly requests: number
  readonly seconds: number
  /** Answers other than 2xx, and broken connections. */
  readonly errors: number
  readonly firstError: string | null
  readonly latenciesMs: { readonly p50: number; readonly p99: number }
}

class Run {
  readonly plan: Plan
  readonly latencies: number[] = []
  errors = 0
  firstError: string | null = null
  sent = 0
  #head: string

  constructor(plan: Plan) {
    this.plan = plan
    const headers = { host: `127.0.0.1:${plan.port}`, "content-type": "application/json", ...plan.headers }
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
    this.#head = `${plan.method} ${plan.path} HTTP/1.1\r\n${lines.join("")}`
  }

  /** Events go to the subscriptions in turn; a batch goes to one. */
  nextRequest(): string {
    const { eventsPerRequest, subscriptionIds, customerId, keyed } = this.plan
    this.sent += 1
    if (eventsPerRequest === 0) return `${this.#head}\r\n`
    const subscriptionId = subscriptionIds[this.sent % subscriptionIds.length] ?? ""
    if (eventsPerRequest === 1) {
      const id = `evt-${randomUUID()}`
      const key = keyed ? `idempotency-key: ${id}\r\n` : ""
      return withBody(this.#head + key, oneEvent(id, customerId, subscriptionId))
    }
    const events = Array.from({ length: eventsPerRequest }, () =>
      oneEvent(`evt-${randomUUID()}`, customerId, subscriptionId),
    )
    return withBody(this.#head, `[${events.join(",")}]`)
  }

  fail(reason: string): void {
    this.errors += 1
    this.firstError ??= reason.slice(0, 500)
  }
}

function withBody(head: string, body: string): string {
  return `${head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
}

function oneEvent(id: string, customerId: string, subscriptionId: string): string {
  return (
    `{"id":"${id}","event_type":"api.request","customer_id":"${customerId}",` +
    `"subscription_id":"${subscriptionId}","timestamp":"${new Date().toISOString()}",` +
    `"properties":{"model":"gpt-4","tokens":1500,"region":"us-east-1"}}`
  )
}

/** Resolves when the connection is done: at the end of the time, or when it broke. */
function drive(run: Run, until: number): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(run.plan.port, "127.0.0.1")
    let received = ""
    let startedAt = 0
    const send = (): void => {
      startedAt = performance.now()
      socket.write(run.nextRequest())
    }
    socket.setNoDelay(true)
    socket.setEncoding("latin1")
    socket.on("connect", send)
    socket.on("data", (data: string) => {
      received += data
      const answer = completeAnswer(received)
      if (answer === null) return
      received = ""
      run.latencies.push(performance.now() - startedAt)
      if (!answer.startsWith("HTTP/1.1 2")) run.fail(answer)
      if (performance.now() < until) send()
      else finish(socket, resolve)
    })
    socket.on("error", (error) => {
      run.fail(error.message)
      finish(socket, resolve)
    })
    socket.on("close", () => resolve())
  })
}

function finish(socket: Socket, resolve: () => void): void {
  socket.destroy()
  resolve()
}

/** The whole answer once its body has arrived. Only one request is under way on a connection. */
function completeAnswer(received: string): string | null {
  const headEnd = received.indexOf("\r\n\r\n")
  if (headEnd < 0) return null
  const length = /^content-length: *(\d+)/im.exec(received.slice(0, headEnd))?.[1]
  if (length !== undefined) return received.length >= headEnd + 4 + Number(length) ? received : null
  return received.endsWith("0\r\n\r\n") ? received : null
}

async function main(plan: Plan): Promise<Outcome> {
  const run = new Run(plan)
  const startedAt = performance.now()
  const until = startedAt + plan.seconds * 1_000
  await Promise.all(Array.from({ length: plan.connections }, () => drive(run, until)))
  const seconds = (performance.now() - startedAt) / 1_000
  const sorted = Float64Array.from(run.latencies).toSorted()
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
  const { errors, firstError } = run
  return {
    requests: sorted.length,
    seconds,
    errors,
    firstError,
    latenciesMs: { p50: at(0.5), p99: at(0.99) },
  }
}

const argument = process.argv[2]
if (argument !== undefined) console.log(JSON.stringify(await main(JSON.parse(argument) as Plan)))

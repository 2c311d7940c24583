// The load generator: a process of its own with keep-alive connections, each sending its next request when the answer to the
// one before has come. Started by measure.ts with a plan as JSON in its argument; prints one line of JSON.
// It writes HTTP by hand and makes each request once, changing only the ids in it: what it saves is left to the server, which
// shares the machine with it.

import { randomFillSync } from "node:crypto"
import { connect, type Socket } from "node:net"

export type Plan = {
  readonly port: number
  readonly method: "GET" | "POST"
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly connections: number
  /** It ends after this time or after this many requests, whichever comes first. */
  readonly seconds: number
  readonly requests: number | null
  /** Events in each body: 0 for no body, 1 for an object, more for an array. */
  readonly eventsPerRequest: number
  /** Send each single event with its id as Idempotency-Key. */
  readonly keyed: boolean
  readonly customerId: string
  /** Requests go to them in turn. */
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

// A random UUID, as text, with places for its digits.
const UUID = "00000000-0000-4000-8000-000000000000"
const DIGITS = Buffer.from("0123456789abcdef", "latin1")
const DIGIT_PLACES = UUID.split("").flatMap((letter, at) => (letter === "0" ? [at] : []))
const EVENT_ID = `evt-${UUID}`

/** One connection's request: all bytes of it but those of the ids, which are new every time. */
class Request {
  readonly bytes: Buffer
  readonly #ids: readonly number[]
  readonly #subscriptions: readonly number[]
  readonly #keyPlace: number
  readonly #random: Buffer

  constructor(plan: Plan) {
    const body = bodyOf(plan)
    const isKeyed = plan.keyed && plan.eventsPerRequest === 1
    const headers = {
      host: `127.0.0.1:${plan.port}`,
      "content-type": "application/json",
      ...plan.headers,
      ...(isKeyed ? { "idempotency-key": EVENT_ID } : {}),
      ...(body === "" ? {} : { "content-length": String(body.length) }),
    }
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
    const text = `${plan.method} ${plan.path} HTTP/1.1\r\n${lines.join("")}\r\n${body}`
    this.bytes = Buffer.from(text, "latin1")
    this.#ids = placesOf(text, `"id":"${EVENT_ID}`).map((at) => at + `"id":"evt-`.length)
    const isSpread = plan.subscriptionIds.length > 1
    const subscriptions = isSpread ? placesOf(text, `"subscription_id":"`) : []
    this.#subscriptions = subscriptions.map((at) => at + `"subscription_id":"`.length)
    this.#keyPlace = isKeyed ? text.indexOf(EVENT_ID) + "evt-".length : -1
    this.#random = Buffer.alloc(this.#ids.length * DIGIT_PLACES.length)
  }

  /** Of new events. */
  renew(subscriptionId: string): void {
    randomFillSync(this.#random)
    let at = 0
    for (const place of this.#ids) {
      for (const digit of DIGIT_PLACES)
        this.bytes[place + digit] = DIGITS[(this.#random[at++] ?? 0) & 15] ?? 0
    }
    for (const place of this.#subscriptions) this.bytes.write(subscriptionId, place, "latin1")
    const [first] = this.#ids
    if (this.#keyPlace >= 0 && first !== undefined) {
      this.bytes.copyWithin(this.#keyPlace, first, first + UUID.length)
    }
  }
}

function bodyOf({ eventsPerRequest, customerId, subscriptionIds }: Plan): string {
  const event =
    `{"id":"${EVENT_ID}","event_type":"api.request","customer_id":"${customerId}",` +
    `"subscription_id":"${subscriptionIds[0] ?? ""}","timestamp":"${new Date().toISOString()}",` +
    `"properties":{"model":"gpt-4","tokens":1500,"region":"us-east-1"}}`
  if (eventsPerRequest === 0) return ""
  return eventsPerRequest === 1
    ? event
    : `[${Array.from({ length: eventsPerRequest }, () => event).join(",")}]`
}

function placesOf(text: string, wanted: string): number[] {
  const places: number[] = []
  for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + 1)) places.push(at)
  return places
}

class Run {
  readonly plan: Plan
  readonly latencies: number[] = []
  readonly #until: number
  errors = 0
  firstError: string | null = null
  #sent = 0

  constructor(plan: Plan) {
    this.plan = plan
    this.#until = performance.now() + plan.seconds * 1_000
  }

  isOver(): boolean {
    return performance.now() >= this.#until || this.#sent >= (this.plan.requests ?? Infinity)
  }

  nextSubscription(): string {
    const { subscriptionIds } = this.plan
    this.#sent += 1
    return subscriptionIds[this.#sent % subscriptionIds.length] ?? ""
  }

  fail(reason: string): void {
    this.errors += 1
    this.firstError ??= reason.slice(0, 500)
  }
}

/** Resolves when the connection is done: when the run is over, or when it broke. */
function drive(run: Run): Promise<void> {
  return new Promise((resolve) => {
    const request = new Request(run.plan)
    const socket = connect(run.plan.port, "127.0.0.1")
    let received = ""
    let startedAt = 0
    const send = (): void => {
      if (run.isOver()) return finish(socket, resolve)
      request.renew(run.nextSubscription())
      startedAt = performance.now()
      socket.write(request.bytes)
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
      send()
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
  const startedAt = performance.now()
  const run = new Run(plan)
  await Promise.all(Array.from({ length: plan.connections }, () => drive(run)))
  const seconds = (performance.now() - startedAt) / 1_000
  const sorted = Float64Array.from(run.latencies).toSorted()
  const at = (share: number): number => sorted[Math.floor((sorted.length - 1) * share)] ?? 0
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

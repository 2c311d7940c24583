// Sends many events in every unkind way at once: shuffled, half of them twice, by many writers, single and in mixed batches,
// answered ones again, while objects are evicted and the server is killed and started again. Whatever wasn't answered is sent
// again.
//
// Laws: no event is told to be new twice. A read contains every event accepted before it. In the end every total equals a
// recount from the events alone, to the last digit, also for a server that has just started.

import { setTimeout as sleep } from "node:timers/promises"
import type { Child } from "../child.ts"
import { newSite, type Site } from "../server.ts"
import { makeWorld, type Meter, type World } from "../setup.ts"
import { decimalOf, EventSource, recount, type Recount, type SoakEvent } from "./events.ts"

export type SoakPlan = {
  readonly events: number
  readonly seed: number
  readonly subscriptions: number
  readonly writers: number
  readonly kills: number
  /** How often all objects lose their memory while they work. */
  readonly evictions: number
  readonly chunk: number
  /** Where the work is told of. */
  readonly tell: (text: string) => void
}

/** A law that did not hold: how often, and the first case. */
export type Fault = { readonly law: string; times: number; readonly first: string }

export type SoakOutcome = {
  readonly sent: number
  readonly failedRequests: number
  readonly kills: number
  readonly evictions: number
  readonly reads: number
  readonly seconds: number
  /** Which laws did not hold; none is as it must be. */
  readonly faults: readonly Fault[]
}

const METERS: readonly Meter[] = [
  { meter_aggregation: "Count" },
  { meter_aggregation: "Sum", meter_property: "amount" },
  { meter_aggregation: "Max", meter_property: "amount" },
  { meter_aggregation: "UniqueCount", meter_property: "tag" },
]
/** Events of each chunk that go alone, side by side. */
const SINGLES = 8
/** Of so many chunks one is sent again when it has been answered, and one is followed by a read. */
const AGAIN_EVERY = 10
const READ_EVERY = 5
const RETRY_MS = 100

type Result = { readonly status: "Accepted" | "Duplicate" | "Rejected"; readonly code?: string }
type Call = { readonly method?: "POST"; readonly body?: string; readonly key?: string }
type UsageMeter = { readonly aggregation: string; readonly value: string }

class Soak {
  readonly plan: SoakPlan
  readonly source: EventSource
  readonly faults: Fault[] = []
  readonly #site: Site
  readonly #world: World
  readonly #startedAt: number
  /** A bit for each event: told to be new, and told to be there. */
  readonly #toldNew: Uint8Array
  readonly #toldThere: Uint8Array
  /** By subscription, how many events were told to be there. */
  readonly #there: number[]
  #server: Child
  #chunk = 0
  #done = 0
  sent = 0
  failedRequests = 0
  reads = 0
  kills = 0
  evictions = 0

  constructor(plan: SoakPlan, site: Site, server: Child, world: World) {
    this.plan = plan
    this.source = new EventSource(plan.seed, plan.events, plan.subscriptions)
    this.#site = site
    this.#server = server
    this.#world = world
    this.#startedAt = Date.now()
    this.#toldNew = new Uint8Array((plan.events >> 3) + 1)
    this.#toldThere = new Uint8Array((plan.events >> 3) + 1)
    this.#there = Array.from({ length: plan.subscriptions }, () => 0)
  }

  async run(): Promise<void> {
    const chunks = Math.ceil(this.plan.events / this.plan.chunk)
    const writers = Array.from({ length: this.plan.writers }, () => this.#write(chunks))
    const life = { isOver: false }
    const troubles = Promise.all([
      this.#often(this.plan.kills, chunks, life, () => this.#kill()),
      this.#often(this.plan.evictions, chunks, life, () => this.#evict()),
    ])
    await Promise.all(writers)
    life.isOver = true
    await troubles
  }

  async restart(): Promise<void> {
    await this.#server.stop()
    this.#server = await this.#site.start()
  }

  async stop(): Promise<void> {
    await this.#server.stop()
  }

  async compare(expected: readonly Recount[]): Promise<void> {
    for (const [subscription, { count, units, maxUnits, tags }] of expected.entries()) {
      const meters = await this.#usage(subscription)
      const wanted = [String(count), decimalOf(units), decimalOf(BigInt(maxUnits)), String(tags.size)]
      for (const [n, { meter_aggregation: aggregation }] of METERS.entries()) {
        const value = meters.find((meter) => meter.aggregation === aggregation)?.value
        if (value !== wanted[n]) {
          this.#fault(
            "totals equal the recount",
            `${aggregation} of subscription ${subscription}: ${value}, not ${wanted[n]}`,
          )
        }
      }
    }
  }

  /** `times` times, evenly over the work. */
  async #often(
    times: number,
    chunks: number,
    life: { isOver: boolean },
    act: () => Promise<void>,
  ): Promise<void> {
    for (let n = 1; n <= times; n += 1) {
      while (!life.isOver && this.#done < (n * chunks) / (times + 1)) await sleep(1)
      if (!life.isOver) await act()
    }
  }

  async #kill(): Promise<void> {
    await this.#server.kill()
    this.#server = await this.#site.start()
    this.kills += 1
    this.plan.tell(`killed ${this.kills} times; ${this.#done * this.plan.chunk} events are through`)
  }

  async #evict(): Promise<void> {
    await Promise.all(
      this.#world.subscriptionIds.map((subscription) => {
        const query = new URLSearchParams({ tenant: this.#world.tenantId, subscription })
        // A killed server has evicted them too.
        return fetch(`${this.#origin()}/bench/evict?${query.toString()}`).catch(() => undefined)
      }),
    )
    this.evictions += 1
  }

  async #write(chunks: number): Promise<void> {
    while (this.#chunk < chunks) {
      const chunk = this.#chunk
      this.#chunk += 1
      const numbers = this.#numbersOf(chunk)
      await Promise.all([
        this.#sendBatch(numbers.slice(SINGLES)),
        ...numbers.slice(0, SINGLES).map((number) => this.#sendSingle(number)),
      ])
      if (chunk % AGAIN_EVERY === 0) await this.#sendBatch(numbers)
      if (chunk % READ_EVERY === 0) await this.#read(chunk % this.plan.subscriptions)
      this.#done += 1
    }
  }

  /** The events at the chunk's positions of one order, and of those at the same positions of another one, half. */
  #numbersOf(chunk: number): number[] {
    const numbers: number[] = []
    const end = Math.min(this.plan.events, (chunk + 1) * this.plan.chunk)
    for (let position = chunk * this.plan.chunk; position < end; position += 1) {
      numbers.push(this.source.shuffled(position, 0))
      const other = this.source.shuffled(position, 1)
      if (this.source.event(other).isDuplicated) numbers.push(other)
    }
    return numbers
  }

  async #sendBatch(numbers: readonly number[]): Promise<void> {
    if (numbers.length === 0) return
    const body = `[${numbers.map((number) => this.#textOf(this.source.event(number))).join(",")}]`
    for (;;) {
      const answer = await this.#request("/v1/events/batch", { method: "POST", body })
      const results = (answer as { results?: readonly Result[] } | null)?.results
      if (results === undefined) continue
      this.sent += numbers.length
      for (const [n, number] of numbers.entries()) this.#heard(number, results[n])
      // Too busy is no answer to keep; the rest of the batch does no harm a second time.
      if (!results.some(({ code }) => code === "meter_busy")) return
      await sleep(RETRY_MS)
    }
  }

  async #sendSingle(number: number): Promise<void> {
    const event = this.source.event(number)
    const call = { method: "POST", body: this.#textOf(event), key: event.id } as const
    for (;;) {
      const answer = (await this.#request("/v1/events", call)) as { duplicate?: boolean } | null
      if (answer === null) continue
      this.sent += 1
      // Under its key the first answer comes again, so "new" may be told more than once here.
      return this.#heard(number, { status: "Duplicate" })
    }
  }

  #heard(number: number, result: Result | undefined): void {
    const [byte, bit] = [number >> 3, 1 << (number & 7)]
    if (result === undefined) return this.#fault("every event has a result", `event ${number}`)
    if (result.status === "Rejected") {
      if (result.code !== "meter_busy") this.#fault("no event is rejected", `event ${number}: ${result.code}`)
      return
    }
    if (result.status === "Accepted") {
      if (((this.#toldNew[byte] ?? 0) & bit) !== 0) this.#fault("no event is new twice", `event ${number}`)
      this.#toldNew[byte] = (this.#toldNew[byte] ?? 0) | bit
    }
    if (((this.#toldThere[byte] ?? 0) & bit) !== 0) return
    this.#toldThere[byte] = (this.#toldThere[byte] ?? 0) | bit
    const { subscription } = this.source.event(number)
    this.#there[subscription] = (this.#there[subscription] ?? 0) + 1
  }

  async #read(subscription: number): Promise<void> {
    const atLeast = this.#there[subscription] ?? 0
    const meters = await this.#usage(subscription)
    const counted = Number(meters.find(({ aggregation }) => aggregation === "Count")?.value)
    this.reads += 1
    if (!(counted >= atLeast))
      this.#fault("a read contains what was accepted", `${counted} events of ${atLeast}`)
  }

  async #usage(subscription: number): Promise<readonly UsageMeter[]> {
    for (;;) {
      const path = `/v1/subscriptions/${this.#world.subscriptionIds[subscription]}/usage`
      const answer = (await this.#request(path, {})) as { meters: readonly UsageMeter[] } | null
      if (answer !== null) return answer.meters
    }
  }

  /** Null, after a pause, when there was no answer or none that says what became of the request. */
  async #request(path: string, call: Call): Promise<unknown> {
    const { key, ...init } = call
    const headers = {
      authorization: `Bearer ${this.#world.apiKey}`,
      "content-type": "application/json",
      ...(key === undefined ? {} : { "idempotency-key": key }),
    }
    try {
      const answer = await fetch(this.#origin() + path, { ...init, headers })
      if (answer.ok) return await answer.json()
      const text = await answer.text()
      if (answer.status < 500 && answer.status !== 429) {
        // It would never be answered otherwise.
        throw new Refused(`${path}: ${answer.status} ${text}`)
      }
    } catch (error) {
      if (error instanceof Refused) throw error
    }
    this.failedRequests += 1
    await sleep(RETRY_MS)
    return null
  }

  #textOf({ id, subscription, offsetMs, amount, amountIsText, tag }: SoakEvent): string {
    const { customerId, subscriptionIds } = this.#world
    return (
      `{"id":"${id}","event_type":"api.request","customer_id":"${customerId}",` +
      `"subscription_id":"${subscriptionIds[subscription]}",` +
      `"timestamp":"${new Date(this.#startedAt + offsetMs).toISOString()}",` +
      `"properties":{"amount":${amountIsText ? `"${amount}"` : amount},"tag":"${tag}"}}`
    )
  }

  #origin(): string {
    return `http://127.0.0.1:${this.#server.port}`
  }

  #fault(law: string, first: string): void {
    const known = this.faults.find((fault) => fault.law === law)
    if (known === undefined) this.faults.push({ law, times: 1, first })
    else known.times += 1
  }
}

class Refused extends Error {
  override readonly name = "Refused"
}

export async function runSoak(plan: SoakPlan): Promise<SoakOutcome> {
  const site = await newSite("bench/worker/counting.ts", "ignored")
  const server = await site.start()
  const origin = `http://127.0.0.1:${server.port}`
  const world = await makeWorld(origin, site.rootKey, plan.subscriptions, METERS)
  const soak = new Soak(plan, site, server, world)
  try {
    const startedAt = performance.now()
    await soak.run()
    const seconds = (performance.now() - startedAt) / 1_000
    plan.tell(`all events are through after ${seconds.toFixed(0)} s; counting them again`)
    const expected = recount(soak.source)
    await soak.compare(expected)
    await soak.restart()
    await soak.compare(expected)
    const { sent, failedRequests, reads, kills, evictions, faults } = soak
    return { sent, failedRequests, reads, kills, evictions, seconds, faults }
  } finally {
    await soak.stop()
    await site.remove()
  }
}

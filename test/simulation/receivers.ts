// The receivers of the simulation's webhooks: they are away for days, refuse, redirect, say that they are gone, take an event and lose
// their answer, or take it long after it was given up. Each keeps what it took, in the order in which it took it.
// Law: what a receiver does with a copy depends on the seed and on the copy alone, so that it is the same whatever is sent beside it.

import type { EventFilter } from "../../src/domain/webhook-events.ts"
import type { WebhookAnswer, WebhookRequest } from "../../src/domain/webhook.ts"
import { Random } from "./random.ts"
import { gate } from "./task.ts"

export type Receiver = {
  readonly url: string
  readonly events: readonly EventFilter[]
  readonly place: number
  id: string
  /** All that it was told of: it goes on to take what is signed with an older one. */
  readonly secrets: string[]
  /** The events that it took, each at its first time. */
  readonly took: Map<string, number>
  /** How often each was sent to it. */
  readonly copies: Map<string, number>
  /** What was given up for it and sent again by hand: later than others that were behind it. */
  readonly gaveUp: Set<string>
  awayUntil: number
}

const WANTED: readonly (readonly EventFilter[])[] = [
  ["*"],
  ["invoice.paid", "payment.failed", "payout.succeeded", "wallet.recharged", "subscription.renewed"],
]
const HOUR_MS = 3_600_000

/** How often a copy meets something else than a receiver that takes it and says so. */
const FAULTS = { Refused: 0.05, Broken: 0.05, Moved: 0.02, Gone: 0.002, AnswerLost: 0.06, Late: 0.03 }

export class Receivers {
  readonly all: readonly Receiver[] = WANTED.map((events, place) => ({
    url: `https://receiver-${place}.example.com/hooks`,
    events,
    place,
    id: "",
    secrets: [],
    took: new Map(),
    copies: new Map(),
    gaveUp: new Set(),
    awayUntil: 0,
  }))
  /** What no receiver may ever see. */
  readonly scandals: string[] = []
  hasFaults = false
  readonly #seed: number
  readonly #now: () => number
  readonly #bodies = new Map<string, string>()
  readonly #underWay: (() => void)[] = []

  constructor(seed: number, now: () => number) {
    this.#seed = seed
    this.#now = now
  }

  /** In the place of the network. */
  async post(request: WebhookRequest): Promise<WebhookAnswer> {
    const receiver = this.all.find(({ url }) => url === request.url)
    if (receiver === undefined) return nothing("There is nobody.")
    await gate("before a webhook arrives")
    const answer = this.#answer(receiver, request)
    await gate("before the answer of a receiver")
    return answer
  }

  /** One thing that happens to them, in words; null: nothing can. */
  liveOn(random: Random): string | null {
    if (random.chance(0.5)) {
      const late = this.#underWay.shift()
      late?.()
      return late === undefined ? null : "a webhook arrives that was given up"
    }
    const receiver = random.pick(this.all)
    // Most are back within a day; one that is not is disabled after three.
    const hours = random.chance(0.7) ? random.int(1, 30) : random.int(30, 150)
    receiver.awayUntil = this.#now() + hours * HOUR_MS
    return `receiver ${receiver.place} is away for ${hours} hours`
  }

  /** All are there, and what was under way arrives. */
  calm(): void {
    this.hasFaults = false
    for (const late of this.#underWay.splice(0)) late()
  }

  #answer(receiver: Receiver, request: WebhookRequest): WebhookAnswer {
    const { id, body, secrets } = request
    const { sequence } = this.#read(id, body)
    const copy = (receiver.copies.get(id) ?? 0) + 1
    receiver.copies.set(id, copy)
    if (!this.hasFaults) return this.#take(receiver, id, sequence, secrets)
    if (receiver.awayUntil > this.#now()) return copy % 2 === 0 ? answered(503) : nothing("Nobody is there.")
    const random = new Random(((this.#seed * 31 + receiver.place) * 100_003 + sequence) * 101 + copy)
    switch (random.weighted({ ...FAULTS, None: 1 })) {
      case "Refused":
        return nothing("The connection was refused.")
      case "Broken":
        return answered(500)
      case "Moved":
        return answered(302)
      case "Gone":
        return answered(410)
      case "AnswerLost":
        this.#take(receiver, id, sequence, secrets)
        return nothing("The connection broke off.")
      case "Late":
        this.#underWay.push(() => this.#take(receiver, id, sequence, secrets))
        return nothing("No answer within 10 seconds.")
      case "None":
        return this.#take(receiver, id, sequence, secrets)
    }
  }

  #read(id: string, body: string): { readonly sequence: number } {
    const told = JSON.parse(body) as { readonly id: string; readonly sequence: number }
    const before = this.#bodies.get(id) ?? body
    this.#bodies.set(id, before)
    if (before !== body) this.scandals.push(`event ${id} was told with two contents`)
    if (told.id !== id) this.scandals.push(`event ${told.id} was sent under the id ${id}`)
    return told
  }

  #take({ secrets, took }: Receiver, id: string, sequence: number, signed: readonly string[]): WebhookAnswer {
    if (!signed.some((secret) => secrets.includes(secret))) return answered(401)
    if (!took.has(id)) took.set(id, sequence)
    return answered(200)
  }

  /** What was told of an event, if it was. */
  bodyOf(id: string): string | undefined {
    return this.#bodies.get(id)
  }
}

function answered(status: number): WebhookAnswer {
  const error = status < 300 ? null : `It answered ${status}.`
  return { responseStatus: status, responseBody: "", durationMs: 1, error }
}

function nothing(error: string): WebhookAnswer {
  return { responseStatus: null, responseBody: null, durationMs: 1, error }
}

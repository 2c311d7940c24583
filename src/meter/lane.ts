// One call at a time from this isolate to one meter: single events that arrive while a call is under way go together with the
// next one. It saves calls, which an object can take about a thousand a second of, and which are billed one by one.
//
// Law: no promise crosses requests. A promise that one request makes and another settles works until the first is cut off, and
// then fails in requests that have nothing to do with it. So a request waits by looking at its own slot, plain data, when an
// answer may be there, and whoever finds no call under way makes the next one itself, in its own context, for everybody who waits.
// A call whose maker died is given up after a while and its slots are sent again: the object knows the events it has.

import { waitUntil } from "cloudflare:workers"
import { assert } from "../domain/assert.ts"
import { limits } from "../limits.ts"
import { wallNowMs } from "../runtime/clock.ts"
import type { WireReply } from "./wire.ts"

/** `resent`: an earlier call with the same requests may have been carried out already. */
export type CallAnswer = { readonly replies: readonly WireReply[]; readonly resent: boolean }
export type LaneAnswer = { readonly reply: WireReply; readonly resent: boolean }

/** Sends encoded requests in one call. */
export type Call = (requests: readonly string[]) => Promise<CallAnswer>

type Failure = { readonly message: string; readonly overloaded: boolean }
type Slot = {
  readonly request: string
  timesSent: number
  answer: LaneAnswer | null
  failure: Failure | null
}
type Flight = { slots: readonly Slot[]; startedAt: number }

// To look costs as much as to read a body, so a request sleeps until the call is likely to be over. What the last calls took says
// when; a call that is late is looked at more often, but by a crowd less often.
const LATE_WAITING_PER_MS = 16

// A lane is remembered while it is in use. A request that is cut off can leave one behind, so beyond the limit all are forgotten:
// those in use go on by themselves, and only share less.
const lanes = new Map<string, Lane>()

/** Through the lane of the meter `name`. */
export async function sendThroughLane(name: string, request: string, call: Call): Promise<LaneAnswer> {
  const lane = lanes.get(name) ?? newLane(name)
  try {
    return await lane.send(request, call)
  } finally {
    if (lane.isIdle() && lanes.get(name) === lane) lanes.delete(name)
  }
}

export async function sendAlone(request: string, call: Call): Promise<LaneAnswer> {
  const { replies, resent } = await call([request])
  const [reply] = replies
  assert(reply !== undefined, "every request of a call has its reply")
  return { reply, resent }
}

function newLane(name: string): Lane {
  if (lanes.size >= limits.lanes) lanes.clear()
  const lane = new Lane()
  lanes.set(name, lane)
  return lane
}

/** The object can't take more at present. */
export class OverloadedError extends Error {
  override readonly name = "OverloadedError"
}

export class Lane {
  readonly #giveUpMs: number
  #waiting: Slot[] = []
  #flight: Flight | null = null
  /** What a call takes, a running mean. */
  #usualMs = 1
  /** How many requests a call takes along, a running mean. */
  #usualSlots = 1

  constructor(giveUpMs: number = limits.laneGiveUpMs) {
    this.#giveUpMs = giveUpMs
  }

  async send(request: string, call: Call): Promise<LaneAnswer> {
    const slot: Slot = { request, timesSent: 0, answer: null, failure: null }
    this.#waiting.push(slot)
    for (;;) {
      if (slot.answer !== null) return slot.answer
      if (slot.failure !== null) throw toError(slot.failure)
      this.#giveUpDead()
      if (this.#flight === null) await this.#lead(call)
      else await scheduler.wait(this.#sleepMs(slot, this.#flight))
    }
  }

  isIdle(): boolean {
    return this.#flight === null && this.#waiting.length === 0
  }

  /** Until the end of the call under way. Who waits for the next one sleeps through that too; only the first in the queue is awake in
   *  time to make it, if nobody comes before. */
  #sleepMs(slot: Slot, flight: Flight): number {
    const left = flight.startedAt + this.#usualMs - wallNowMs()
    const sitsBehind = slot.timesSent === 0 && this.#waiting[0] !== slot
    const whole = left + (sitsBehind ? this.#usualMs : 0)
    const late = 1 + this.#waiting.length / LATE_WAITING_PER_MS
    return Math.min(Math.max(whole, late), limits.laneSleepMs)
  }

  #giveUpDead(): void {
    const flight = this.#flight
    if (flight === null || wallNowMs() - flight.startedAt < this.#giveUpMs) return
    this.#waiting.unshift(...flight.slots.filter(isOpen))
    this.#flight = null
  }

  /** Makes one call for everybody who waits. It is finished even if the client of this very request has gone. */
  async #lead(call: Call): Promise<void> {
    const flight: Flight = { slots: [], startedAt: wallNowMs() }
    this.#flight = flight
    const done = this.#fly(flight, call)
    waitUntil(done)
    await done
  }

  async #fly(flight: Flight, call: Call): Promise<void> {
    try {
      if (this.#usualSlots >= limits.laneCrowd) {
        // What has come and is not read yet goes along: a commit of many costs hardly more than one of few.
        await scheduler.wait(limits.laneGatherMs)
        if (this.#flight !== flight) return
        flight.startedAt = wallNowMs()
      }
      flight.slots = this.#take()
      this.#usualSlots += (flight.slots.length - this.#usualSlots) / 4
      const { replies, resent } = await call(flight.slots.map(({ request }) => request))
      assert(replies.length === flight.slots.length, "every request of a call has its reply")
      for (const [n, slot] of flight.slots.entries()) {
        const reply = replies[n]
        // A call that had been given up may still come back: then its answer is the first and the right one.
        if (reply !== undefined && isOpen(slot)) slot.answer = { reply, resent: resent || slot.timesSent > 1 }
      }
    } catch (error) {
      const failure = toFailure(error)
      for (const slot of flight.slots) if (isOpen(slot)) slot.failure = failure
    } finally {
      if (this.#flight === flight) this.#flight = null
      this.#usualMs += (wallNowMs() - flight.startedAt - this.#usualMs) / 4
    }
  }

  #take(): Slot[] {
    let characters = 0
    let count = 0
    for (const { request } of this.#waiting) {
      characters += request.length
      if (count > 0 && (count >= limits.laneRequests || characters > limits.laneCharacters)) break
      count += 1
    }
    const taken = this.#waiting.splice(0, count)
    for (const slot of taken) slot.timesSent += 1
    return taken
  }
}

function isOpen({ answer, failure }: Slot): boolean {
  return answer === null && failure === null
}

function toFailure(error: unknown): Failure {
  const message = error instanceof Error ? error.message : String(error)
  return { message, overloaded: error instanceof OverloadedError }
}

function toError({ message, overloaded }: Failure): Error {
  return overloaded ? new OverloadedError(message) : new Error(message)
}

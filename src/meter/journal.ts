// Group commit. One commit is under way at a time; what arrives meanwhile waits and goes into the next one together. The pace
// is that of the storage, so a lone request isn't delayed and a crowd shares one write.
// Law: an answer is given after the commit that it speaks of is durable.

import { limits } from "../limits.ts"
import type { WireReply, WireRequest } from "./wire.ts"

type Entry = {
  readonly requests: readonly WireRequest[]
  readonly events: number
  readonly resolve: (replies: WireReply[]) => void
  readonly reject: (reason: unknown) => void
}

export type Commit = {
  /** Decides and writes; one reply for each request, in order. */
  readonly apply: (requests: readonly WireRequest[]) => WireReply[]
  /** Resolves when what was written would survive a crash. */
  readonly durable: () => Promise<void>
  /** The outcome of a commit isn't known. */
  readonly failed: () => void
}

export class Journal {
  readonly #commit: Commit
  #waiting: Entry[] = []
  #waitingEvents = 0
  #pumping = false

  constructor(commit: Commit) {
    this.#commit = commit
  }

  /** Bounded memory under overload: what doesn't fit in the queue is told so at once. */
  submit(requests: readonly WireRequest[]): Promise<WireReply[]> {
    const events = requests.reduce((sum, request) => sum + request.events.length, 0)
    if (this.#waitingEvents + events > limits.meterQueueEvents) {
      return Promise.resolve(requests.map(() => ({ kind: "Busy" })))
    }
    const answered = new Promise<WireReply[]>((resolve, reject) => {
      this.#waiting.push({ requests, events, resolve, reject })
    })
    this.#waitingEvents += events
    if (!this.#pumping) void this.#pump()
    return answered
  }

  async #pump(): Promise<void> {
    this.#pumping = true
    while (this.#waiting.length > 0) await this.#commitGroup(this.#takeGroup())
    this.#pumping = false
  }

  #takeGroup(): Entry[] {
    let events = 0
    let size = 0
    for (const entry of this.#waiting) {
      if (size > 0 && events + entry.events > limits.commitEvents) break
      events += entry.events
      size += 1
    }
    this.#waitingEvents -= events
    return this.#waiting.splice(0, size)
  }

  /** Never throws: a failure is the answer to those whose commit it was. */
  async #commitGroup(group: readonly Entry[]): Promise<void> {
    try {
      const replies = this.#commit.apply(group.flatMap(({ requests }) => requests))
      await this.#commit.durable()
      let at = 0
      for (const { requests, resolve } of group) resolve(replies.slice(at, (at += requests.length)))
    } catch (error) {
      this.#commit.failed()
      for (const { reject } of group) reject(error)
    }
  }
}

// Group commit. One commit is under way at a time; what arrives meanwhile waits and goes into the next one together. The pace
// is that of the storage, so a lone request isn't delayed and a crowd shares one write.
// Law: an answer is given after the commit that it speaks of is durable.

import { limits } from "../limits.ts"
import type { WireReply, WireRequest } from "./wire.ts"

type Entry = {
  readonly requests: readonly WireRequest[]
  readonly events: number
  readonly characters: number
  readonly resolve: (replies: WireReply[]) => void
  readonly reject: (reason: unknown) => void
}

export type Commit = {
  /** Decides and writes; one reply for each request, in order. It may have to ask a budget first. */
  readonly apply: (requests: readonly WireRequest[]) => WireReply[] | Promise<WireReply[]>
  /** Resolves when what was written would survive a crash. */
  readonly durable: () => Promise<void>
  /** The outcome of a commit isn't known. */
  readonly failed: () => void
}

export class Journal {
  readonly #commit: Commit
  #waiting: Entry[] = []
  #waitingEvents = 0
  #waitingCharacters = 0
  #pumping = false

  constructor(commit: Commit) {
    this.#commit = commit
  }

  /** `characters` is the length of the requests' text. What doesn't fit in the queue is told so at once. */
  submit(requests: readonly WireRequest[], characters: number): Promise<WireReply[]> {
    const events = requests.reduce((sum, request) => sum + request.events.length, 0)
    if (!this.#fits(events, characters)) return Promise.resolve(requests.map(() => ({ kind: "Busy" })))
    const answered = new Promise<WireReply[]>((resolve, reject) => {
      this.#waiting.push({ requests, events, characters, resolve, reject })
    })
    this.#waitingEvents += events
    this.#waitingCharacters += characters
    if (!this.#pumping) void this.#pump()
    return answered
  }

  #fits(events: number, characters: number): boolean {
    return (
      this.#waitingEvents + events <= limits.meterQueueEvents &&
      this.#waitingCharacters + characters <= limits.meterQueueCharacters
    )
  }

  async #pump(): Promise<void> {
    this.#pumping = true
    while (this.#waiting.length > 0) await this.#commitGroup(this.#takeGroup())
    this.#pumping = false
  }

  #takeGroup(): Entry[] {
    const group: Entry[] = []
    let events = 0
    for (const entry of this.#waiting) {
      events += entry.events
      if (group.length > 0 && events > limits.commitEvents) break
      group.push(entry)
      this.#waitingEvents -= entry.events
      this.#waitingCharacters -= entry.characters
    }
    this.#waiting = this.#waiting.slice(group.length)
    return group
  }

  /** Never throws: a failure is the answer to those whose commit it was. */
  async #commitGroup(group: readonly Entry[]): Promise<void> {
    try {
      const applied = this.#commit.apply(group.flatMap(({ requests }) => requests))
      const replies = applied instanceof Promise ? await applied : applied
      await this.#commit.durable()
      let at = 0
      for (const { requests, resolve } of group) resolve(replies.slice(at, (at += requests.length)))
    } catch (error) {
      this.#commit.failed()
      for (const { reject } of group) reject(error)
    }
  }
}

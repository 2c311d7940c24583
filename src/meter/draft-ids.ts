// The ids of a commit in the making, by the hash that the index uses too. A map keyed by the ids themselves would hash each of
// them a second time, which for a batch costs as much as all other bookkeeping of an event.

import type { LoggedEvent } from "./event-log.ts"

export class DraftIds {
  /** Places of events, counted from one; open addressing. */
  #table = new Int32Array(64)
  readonly #events: LoggedEvent[] = []
  readonly #hashes: number[] = []

  get events(): readonly LoggedEvent[] {
    return this.#events
  }

  /** In the order of the events. */
  get hashes(): readonly number[] {
    return this.#hashes
  }

  find(id: string, hash: number): LoggedEvent | null {
    const mask = this.#table.length - 1
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const place = this.#table[at] ?? 0
      if (place === 0) return null
      const event = this.#events[place - 1]
      if (this.#hashes[place - 1] === hash && event?.id === id) return event
    }
  }

  add(event: LoggedEvent, hash: number): void {
    this.#events.push(event)
    this.#hashes.push(hash)
    if (this.#events.length * 2 > this.#table.length) this.#grow()
    else this.#enter(hash, this.#events.length)
  }

  #grow(): void {
    this.#table = new Int32Array(this.#table.length * 4)
    for (const [at, hash] of this.#hashes.entries()) this.#enter(hash, at + 1)
  }

  #enter(hash: number, place: number): void {
    const mask = this.#table.length - 1
    let at = hash & mask
    while (this.#table[at] !== 0) at = (at + 1) & mask
    this.#table[at] = place
  }
}

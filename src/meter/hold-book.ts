// The holds of a meter, in memory as they are stored. One that is over counts no more, whether or not it was cleared away yet.

import type { Span } from "../domain/leases.ts"
import { nanos, type Nanos } from "../domain/money.ts"
import { limits } from "../limits.ts"
import { wallNowMs } from "../runtime/clock.ts"
import type { Hold, HoldTable } from "./store/hold-table.ts"

export class HoldBook {
  readonly #table: HoldTable
  readonly #holds: Map<string, Hold>

  constructor(table: HoldTable, isUsed: boolean) {
    this.#table = table
    this.#holds = new Map((isUsed ? table.all() : []).map((hold) => [hold.id, hold]))
  }

  get size(): number {
    return this.#holds.size
  }

  /** Those that are over have made room, though they may not be cleared away yet. */
  isFull(): boolean {
    return this.size >= limits.meterHolds && this.current().length >= limits.meterHolds
  }

  /** Null also when it is over. */
  find(id: string): Hold | null {
    const hold = this.#holds.get(id)
    return hold === undefined || isOver(hold) ? null : hold
  }

  /** Oldest first. */
  current(): Hold[] {
    return [...this.#holds.values()].filter((hold) => !isOver(hold))
  }

  heldIn({ start }: Span): Nanos {
    let sum = 0n
    for (const hold of this.#holds.values()) {
      if (hold.periodStart === start && !isOver(hold)) sum += BigInt(hold.amount)
    }
    return nanos(sum)
  }

  /** In a transaction, as the next two. */
  put(hold: Hold): void {
    this.#table.put(hold)
    this.#holds.set(hold.id, hold)
  }

  drop(id: string): void {
    this.#table.drop(id)
    this.#holds.delete(id)
  }

  dropOver(): void {
    for (const hold of this.#holds.values()) if (isOver(hold)) this.drop(hold.id)
  }

  /** When the next one is over; null without any. */
  nextExpiry(): number | null {
    let next: number | null = null
    for (const { expiresAt } of this.#holds.values()) {
      if (next === null || expiresAt < next) next = expiresAt
    }
    return next
  }
}

function isOver({ expiresAt }: Hold): boolean {
  return expiresAt <= wallNowMs()
}

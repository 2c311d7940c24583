// What limits a meter: the prices that its totals are rated by, the leases of its customer's budgets, and what is held.
// Law: a commit of events is stored only if, with it, every period that it touches has used no more than each budget leases. So what was
// accepted is within the limit at every moment that anybody can see, however many write.

import { LimitGate, type Passage } from "../budget/gate.ts"
import type { PeriodUse } from "../budget/protocol.ts"
import { valueOf } from "../domain/accumulator.ts"
import type { Span } from "../domain/leases.ts"
import { formatNanos, nanos, type Nanos } from "../domain/money.ts"
import { Prices, spendOf } from "../domain/spend.ts"
import type { MeterTerms } from "../domain/terms.ts"
import type { Instant } from "../domain/time.ts"
import type { Measured } from "./compiled-terms.ts"
import type { Slot } from "./slots.ts"
import type { SlotBook } from "./slot-book.ts"

/** What is set aside in a period at a time of the machine's clock. */
export type HeldIn = (period: Span) => Nanos

export class Limiter {
  readonly gate: LimitGate
  /** The gate knows something that isn't stored. */
  isChanged = false
  readonly #prices: Prices
  readonly #slots: SlotBook
  readonly #heldIn: HeldIn

  private constructor(gate: LimitGate, prices: Prices, slots: SlotBook, heldIn: HeldIn) {
    this.gate = gate
    this.#prices = prices
    this.#slots = slots
    this.#heldIn = heldIn
  }

  /** Null where nothing limits. `stored` is what the gate had said of itself, or null. */
  static of(
    { budgets, prices }: MeterTerms,
    stored: string | null,
    slots: SlotBook,
    heldIn: HeldIn,
  ): Limiter | null {
    if (budgets === undefined || prices === undefined || budgets.length === 0) return null
    return new Limiter(new LimitGate(budgets, stored), new Prices(prices), slots, heldIn)
  }

  /** Whether an event of these measures is refused whatever it costs. */
  refuses(period: Span, now: Instant, measures: readonly Measured[]): boolean {
    if (!measures.some(({ meter }) => this.#prices.has(meter.definition.key))) return false
    const nothing = nanos(0n)
    return this.gate.check({ period, now, before: nothing, after: nothing }).kind === "Refused"
  }

  /** The periods in which a changed total costs something. */
  touched(changed: readonly Slot[]): Span[] {
    const spans = new Map<Instant, Span>()
    for (const { kind, meter, start, end } of changed) {
      if (kind === "Period" && this.#prices.has(meter)) spans.set(start, { start, end })
    }
    return [...spans.values()]
  }

  check(period: Span, now: Instant, changed: readonly Slot[]): Passage {
    const before = this.used(period, [])
    return this.gate.check({ period, now, before, after: this.used(period, changed) })
  }

  /** Of a hold: `more` is what it would set aside. */
  checkHold(period: Span, now: Instant, more: Nanos): Passage {
    const before = this.used(period, [])
    return this.gate.check({ period, now, before, after: nanos(before + more) })
  }

  /** Of events that take the place of what was set aside for them: so much of it is theirs, also when all else is refused. */
  checkCapture(period: Span, now: Instant, changed: readonly Slot[], freed: Nanos): Passage {
    const before = this.used(period, [])
    const after = nanos(this.used(period, changed) - freed)
    return after <= before ? { kind: "Allowed" } : this.gate.check({ period, now, before, after })
  }

  held(period: Span): Nanos {
    return this.#heldIn(period)
  }

  /** What a period has used, without what isn't stored yet. */
  use({ start, end }: Span): PeriodUse {
    const spend = formatNanos(this.#spend({ start, end }, []))
    return { start, end, spend, held: formatNanos(this.#heldIn({ start, end })) }
  }

  /** Spend and holds of a period with these changes, in nanos. */
  used(period: Span, changed: readonly Slot[]): Nanos {
    return nanos(this.#spend(period, changed) + this.#heldIn(period))
  }

  /** What is left of the lowest limit as far as is known; undefined where none is known. */
  left(period: Span): string | undefined {
    const left = this.gate.left(period, this.used(period, []))
    return left === null ? undefined : formatNanos(left)
  }

  #spend({ start }: Span, changed: readonly Slot[]): Nanos {
    return spendIn({ prices: this.#prices, slots: this.#slots }, start, changed)
  }
}

type Rated = { readonly prices: Prices; readonly slots: SlotBook }

/** What the period that starts then has spent, with these changes of its totals. */
export function spendIn(rated: Rated, start: Instant, changed: readonly Slot[]): Nanos {
  const byMeter = new Map<string, Slot>()
  for (const slot of changed) {
    if (slot.kind === "Period" && slot.start === start) byMeter.set(slot.meter, slot)
  }
  return spendOf(rated.prices, (key) => {
    const slot = byMeter.get(key) ?? rated.slots.slot("Period", key, start, "")
    // A level goes on until the period ends, unless it is lowered: all of that is spent with the event that raised it.
    return slot === null || slot.count === 0 ? null : valueOf(slot.state, slot.end)
  })
}

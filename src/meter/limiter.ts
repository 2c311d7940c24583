// What limits a meter: the prices that its totals are rated by, the leases of its customer's budgets, and what is held.
// Law: a commit of events is stored only if, with it, every period that it touches has used no more than each budget leases. So what was
// accepted is within the limit at every moment that anybody can see, however many write.
// Periods here are billing periods, whole: other prices in the midst of one give nobody a fresh limit.

import { LimitGate, type Passage } from "../budget/gate.ts"
import type { PeriodUse } from "../budget/protocol.ts"
import type { Span } from "../domain/leases.ts"
import { formatNanos, nanos, type Nanos } from "../domain/money.ts"
import { PriceLists } from "../domain/spend.ts"
import type { Instant } from "../domain/time.ts"
import type { CompiledTerms, Measured } from "./compiled-terms.ts"
import type { Slot } from "./slots.ts"
import type { SlotBook } from "./slot-book.ts"
import { spendIn, type Rated } from "./spend-in.ts"

/** What is set aside in a period at a time of the machine's clock. */
export type HeldIn = (period: Span) => Nanos

export class Limiter {
  readonly gate: LimitGate
  /** The gate knows something that isn't stored. */
  isChanged = false
  readonly #terms: CompiledTerms
  readonly #rated: Rated
  readonly #heldIn: HeldIn

  private constructor(gate: LimitGate, terms: CompiledTerms, rated: Rated, heldIn: HeldIn) {
    this.gate = gate
    this.#terms = terms
    this.#rated = rated
    this.#heldIn = heldIn
  }

  /** Null where nothing limits. `stored` is what the gate had said of itself, or null. */
  static of(terms: CompiledTerms, stored: string | null, slots: SlotBook, heldIn: HeldIn): Limiter | null {
    const { budgets, prices } = terms.terms
    if (budgets === undefined || prices === undefined || budgets.length === 0) return null
    const partsOf = (period: Span) => terms.partsOf(period)
    const rated = { prices: new PriceLists(prices), slots, partsOf }
    return new Limiter(new LimitGate(budgets, stored), terms, rated, heldIn)
  }

  /** Whether an event of these measures is refused whatever it costs. */
  refuses(part: Span, now: Instant, measures: readonly Measured[]): boolean {
    const prices = this.#rated.prices.at(part.start)
    if (!measures.some(({ meter }) => prices.has(meter.definition.key))) return false
    const nothing = nanos(0n)
    const period = this.#periodOf(part)
    return this.gate.check({ period, now, before: nothing, after: nothing }).kind === "Refused"
  }

  /** The periods in which a changed total costs something. */
  touched(changed: readonly Slot[]): Span[] {
    const spans = new Map<Instant, Span>()
    for (const { kind, meter, start, end } of changed) {
      if (kind !== "Period" || !this.#rated.prices.at(start).has(meter)) continue
      const period = this.#periodOf({ start, end })
      spans.set(period.start, period)
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
  use(asked: Span): PeriodUse {
    const { start, end } = this.#current(asked)
    const spend = formatNanos(spendIn(this.#rated, { start, end }, []))
    return { start, end, spend, held: formatNanos(this.#heldIn({ start, end })) }
  }

  /** Spend and holds of a period with these changes, in nanos. */
  used(period: Span, changed: readonly Slot[]): Nanos {
    return nanos(spendIn(this.#rated, period, changed) + this.#heldIn(period))
  }

  /** What is left of the lowest limit as far as is known; undefined where none is known. */
  left(period: Span): string | undefined {
    const left = this.gate.left(period, this.used(period, []))
    return left === null ? undefined : formatNanos(left)
  }

  /** The billing period of a part. */
  #periodOf(part: Span): Span {
    return this.#terms.terms.billing === undefined ? part : this.#terms.billingPeriodOf(part)
  }

  /** A period as it is now: its end may have moved since it was leased for. */
  #current(period: Span): Span {
    const now = this.#terms.billingPeriodOf(period)
    return now.start === period.start ? now : period
  }
}

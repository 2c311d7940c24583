// A customer's meters around its budget, without machines: each has a gate and the truth about what it spent. Answers can
// get lost or arrive after a recall, as they can between objects.

import { LimitGate } from "../../src/budget/gate.ts"
import type { LeaseReply, PeriodUse } from "../../src/budget/protocol.ts"
import type { AlertType, BudgetTerms, Crossing, LimitTerms, Prepaid } from "../../src/domain/alert.ts"
import type { Budget, Request } from "../../src/domain/budget.ts"
import { decide, heard, NO_BUDGET, withTerms } from "../../src/domain/budget.ts"
import { nanos, type Nanos } from "../../src/domain/money.ts"
import { instant, type Instant } from "../../src/domain/time.ts"

export const NAME = "tenant/customer"

export type Period = { readonly start: Instant; readonly end: Instant }

export function limit(alertId: string, type: AlertType, threshold: number | bigint, epoch = 0): LimitTerms {
  return { alertId, type, thresholdNanos: threshold.toString(), epoch }
}

export function termsOf(
  version: number,
  limits: readonly LimitTerms[],
  members: readonly string[] = [],
): BudgetTerms {
  return { name: NAME, version, limits, members }
}

/** Periods of a fixed length, each subscription's with an offset of its own. */
export function periodOf(at: number, length: number, offset: number): Period {
  const start = Math.floor((at - offset) / length) * length + offset
  return { start: instant(start), end: instant(start + length) }
}

export class Meter {
  readonly id: string
  readonly offset: number
  gate = new LimitGate([], null)
  readonly spent = new Map<Instant, bigint>()

  constructor(id: string, offset: number) {
    this.id = id
    this.offset = offset
  }

  use(period: Period): PeriodUse {
    return { ...period, spend: (this.spent.get(period.start) ?? 0n).toString(), held: "0" }
  }
}

export type Outcome = {
  readonly kind: "Accepted" | "Refused"
  readonly crossed: readonly Crossing[]
  readonly asks: number
}

export class World {
  readonly length: number
  readonly meters: readonly Meter[]
  budget: Budget = NO_BUDGET
  terms: BudgetTerms = termsOf(0, [])
  now = instant(1_000_000)
  asks = 0

  constructor(offsets: readonly number[], length = 1_000) {
    this.length = length
    this.meters = offsets.map((offset, index) => new Meter(`s${index}`, offset))
  }

  /** Every meter is told, then the budget: as an action does. */
  setLimits(limits: readonly LimitTerms[], prepaid?: Prepaid): void {
    const members = this.meters.map(({ id }) => id)
    const terms = termsOf(this.terms.version + 1, limits, members)
    this.terms = prepaid === undefined ? terms : { ...terms, prepaid }
    for (const meter of this.meters) meter.gate = new LimitGate([this.terms], meter.gate.encode())
    this.budget = withTerms(this.budget, this.terms)
  }

  period(meter: Meter): Period {
    return periodOf(this.now, this.length, meter.offset)
  }

  /** `lose`: the first answer of the budget never arrives; `delay`: all are recalled before it does. */
  spend(meter: Meter, price: bigint, fault: "lose" | "delay" | null = null): Outcome {
    const period = this.period(meter)
    const before = meter.spent.get(period.start) ?? 0n
    const step = { period, now: this.now, before: nanos(before), after: nanos(before + price) }
    const crossed: Crossing[] = []
    let left = fault
    for (let asks = 0; asks < 20; asks++) {
      const passage = meter.gate.check(step)
      if (passage.kind === "Refused") return { kind: "Refused", crossed: [], asks }
      if (passage.kind === "Allowed") {
        meter.spent.set(period.start, step.after)
        return { kind: "Accepted", crossed, asks }
      }
      const reply = this.ask(meter, period, step.before, step.after)
      if (left === "delay") this.recallAll()
      if (left !== "lose" && meter.gate.apply(NAME, period, reply) && reply.kind === "Granted")
        crossed.push(...reply.crossed)
      left = null
    }
    throw new Error("asked without end")
  }

  ask(
    meter: Meter,
    period: Period,
    spend: Nanos,
    need: Nanos,
  ): Extract<LeaseReply, { kind: "Granted" | "Refused" }> {
    this.asks += 1
    const use = { ...period, spend, held: nanos(0n) }
    const request: Request = {
      subscriptionId: meter.id,
      now: this.now,
      use,
      need,
      want: need,
      held: nanos(0n),
    }
    const done = new Set<string>()
    const isCredit = this.budget.prepaid !== undefined
    if (!isCredit && meter.id in this.budget.unheard) this.budget = heard(this.budget, meter.id, [use])
    for (;;) {
      const decision = decide(this.budget, request, done)
      if (decision.kind === "Hear") {
        for (const id of decision.subscriptionIds) {
          done.add(id)
          this.recall(id)
        }
        continue
      }
      if (decision.kind === "Held") throw new Error("nothing is held here")
      this.budget = decision.budget
      const { turn, version } = decision.budget
      if (decision.kind === "Refused") {
        const { alertId, from, until } = decision.by
        return { kind: "Refused", turn, version, alertId, from, until, left: decision.left.toString() }
      }
      const { amount, until, beyond, crossed } = decision
      const rest = beyond === null ? null : beyond.toString()
      return { kind: "Granted", turn, version, amount: amount.toString(), until, beyond: rest, crossed }
    }
  }

  recallAll(): void {
    for (const { id } of this.meters) this.recall(id)
  }

  recall(id: string): void {
    const meter = this.meters.find((one) => one.id === id)
    if (meter === undefined) throw new Error(`no meter ${id}`)
    const starts = new Map(
      [...meter.gate.periods(NAME), ...this.begun(meter)].map((span) => [span.start, span]),
    )
    const uses = Array.from(starts.values(), (span) => meter.use(span))
    meter.gate.recall(NAME, this.budget.turn, uses)
    const told = uses.map(({ start, end, spend, held }) => {
      return { start, end, spend: nanos(BigInt(spend)), held: nanos(BigInt(held)) }
    })
    this.budget = heard(this.budget, id, told)
  }

  /** The periods that a meter tells of, leased or not: credit wants to hear of all that may not be paid. */
  begun(meter: Meter): readonly Period[] {
    const since = this.budget.prepaid?.since[meter.id]
    const ended = [...meter.spent.keys()].filter((start) => since !== undefined && start >= since)
    return [...ended.map((start) => periodOf(start, this.length, meter.offset)), this.period(meter)]
  }

  /** What the running periods have spent, all together. */
  spent(): bigint {
    return this.meters.reduce((sum, meter) => sum + (meter.spent.get(this.period(meter).start) ?? 0n), 0n)
  }
}

// Meters around a real lease desk: each has a gate and the truth about what it spent, and answers recalls as a meter does.

import { env, runInDurableObject } from "cloudflare:test"
import { Desk, type Recall } from "../../src/budget/desk.ts"
import { LimitGate } from "../../src/budget/gate.ts"
import type { LeaseReply, LeaseRequest, PeriodUse } from "../../src/budget/protocol.ts"
import { budgetName, type BudgetTerms, type Crossing, type LimitTerms } from "../../src/domain/alert.ts"
import { nanos } from "../../src/domain/money.ts"
import { instant } from "../../src/domain/time.ts"

export const PERIOD = { start: instant(1_000_000), end: instant(2_000_000) }
export const NOW = instant(1_500_000)

let budgets = 0

/** The terms of a budget that no other test has. */
export function newTerms(limits: readonly LimitTerms[], members: readonly string[] = []): BudgetTerms {
  budgets += 1
  return { name: budgetName("tenant", `customer-${budgets}`), version: 1, limits, members }
}

export const hard = (thresholdNanos: string, epoch = 0): LimitTerms => {
  return { alertId: "hard", type: "HardLimit", thresholdNanos, epoch }
}
export const soft = (thresholdNanos: string): LimitTerms => {
  return { alertId: "soft", type: "SoftLimit", thresholdNanos, epoch: 0 }
}

/** Works with a desk on the storage of the budget's own object. */
export function withDesk<T>(
  terms: BudgetTerms,
  recall: Recall,
  work: (desk: Desk) => Promise<T>,
): Promise<T> {
  const stub = env.BUDGET.getByName(terms.name)
  return runInDurableObject(stub, (_, state) => work(new Desk(state.storage, recall)))
}

export function asking(
  terms: BudgetTerms,
  subscriptionId: string,
  spend: number,
  need: number,
  changes: Partial<LeaseRequest> = {},
): LeaseRequest {
  return {
    version: terms.version,
    terms: null,
    subscriptionId,
    now: NOW,
    use: { ...PERIOD, spend: spend.toString(), held: "0" },
    need: need.toString(),
    want: need.toString(),
    ...changes,
  }
}

export class FakeMeter {
  readonly id: string
  readonly #terms: BudgetTerms
  readonly gate: LimitGate
  spent = 0n
  readonly crossed: Crossing[] = []

  constructor(id: string, terms: BudgetTerms) {
    this.id = id
    this.#terms = terms
    this.gate = new LimitGate([terms], null)
  }

  recall(turn: number): PeriodUse[] {
    const uses = [{ ...PERIOD, spend: this.spent.toString(), held: "0" }]
    this.gate.recall(this.#terms.name, turn, uses)
    return uses
  }

  /** Whether an event of this price was accepted. The events of one meter come one after the other, as its commits do. */
  async spend(desk: Desk, price: bigint): Promise<boolean> {
    for (;;) {
      const after = nanos(this.spent + price)
      const passage = this.gate.check({ period: PERIOD, now: NOW, before: nanos(this.spent), after })
      if (passage.kind === "Refused") return false
      if (passage.kind === "Allowed") {
        this.spent = after
        return true
      }
      const request = asking(this.#terms, this.id, 0, 0, {
        use: { ...PERIOD, spend: this.spent.toString(), held: "0" },
        need: after.toString(),
        want: after.toString(),
      })
      const reply: LeaseReply = await desk.lease(this.#terms.name, request)
      if (reply.kind !== "Granted" && reply.kind !== "Refused") throw new Error(reply.kind)
      const applied = this.gate.apply(this.#terms.name, PERIOD, reply)
      if (applied && reply.kind === "Granted") this.crossed.push(...reply.crossed)
    }
  }
}

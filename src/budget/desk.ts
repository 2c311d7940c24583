// The lease desk of one customer's budget: one request after the other, each decided by domain/budget.ts.
// Law: what it answers is stored first. It takes back only what a meter says it has given up, and decides nothing against
// a meter that it could not ask.

import { tenantOfBudget, type AlertMessage, type BudgetTerms, type Crossing } from "../domain/alert.ts"
import { assert } from "../domain/assert.ts"
import type { Budget, Decision, Request } from "../domain/budget.ts"
import { confirmed, decide, forgotten, heard, NO_BUDGET, unaware, withTerms } from "../domain/budget.ts"
import { formatNanos, nanos, type Nanos } from "../domain/money.ts"
import type { Instant } from "../domain/time.ts"
import { limits } from "../limits.ts"
import { wallNowMs } from "../runtime/clock.ts"
import { log } from "../runtime/log.ts"
import type { LeaseReply, LeaseRequest, PeriodUse, RecallReply, RecallRequest } from "./protocol.ts"

/** Asks the meter of a subscription for its unused lease. */
export type Recall = (subscriptionId: string, request: RecallRequest) => Promise<RecallReply>

type Kept = { readonly name: string; readonly budget: Budget }

/** The two keys in storage: `budget` is what is decided, `outbox` the refusals that the alerts have not been told of. */
const BUDGET = "budget"
const OUTBOX = "outbox"

export class Desk {
  readonly #storage: DurableObjectStorage
  readonly #recall: Recall
  #kept: Kept | null = null
  #last: Promise<unknown> = Promise.resolve()

  constructor(storage: DurableObjectStorage, recall: Recall) {
    this.#storage = storage
    this.#recall = recall
  }

  /** Tells the budget its limits; older ones than it has are ignored. */
  setTerms(terms: BudgetTerms): Promise<void> {
    return this.#inTurn(async () => {
      const { budget } = this.#loaded(terms.name)
      const next = withTerms(budget, terms)
      // A customer that never had an alert costs no object.
      if (next === budget || (budget === NO_BUDGET && terms.limits.length === 0)) return
      await this.#store({ name: terms.name, budget: next }, null)
    })
  }

  lease(name: string, request: LeaseRequest): Promise<LeaseReply> {
    return this.#inTurn(async () => this.#lease(name, request))
  }

  confirm(name: string, crossings: readonly Crossing[]): Promise<void> {
    return this.#inTurn(async () => {
      const { budget } = this.#loaded(name)
      const next = crossings.reduce(confirmed, budget)
      if (next !== budget) await this.#store({ name, budget: next }, null)
    })
  }

  /** Refusals that are to be told, oldest first. */
  outbox(): readonly AlertMessage[] {
    return this.#storage.kv.get<AlertMessage[]>(OUTBOX) ?? []
  }

  /** The oldest ones have been told. */
  dropFromOutbox(count: number): void {
    const rest = this.outbox().slice(count)
    if (rest.length === 0) this.#storage.kv.delete(OUTBOX)
    else this.#storage.kv.put(OUTBOX, rest)
  }

  async #lease(name: string, asked: LeaseRequest): Promise<LeaseReply> {
    const request = requestOf(asked)
    const known =
      asked.terms === null ? this.#loaded(name).budget : withTerms(this.#loaded(name).budget, asked.terms)
    if (known.version < asked.version) return { kind: "NeedTerms" }
    const current = forgotten(known, (request.now - limits.budgetPeriodKeptMs) as Instant)
    // A meter that knows the newest limits has dropped its earlier leases, so what it says now is all that it has. Credit pays for all
    // of its periods, and it speaks of one only: it is asked as the others are.
    const id = request.subscriptionId
    const speaks = current.prepaid === undefined && id in current.unheard && asked.version === current.version
    const start = speaks ? heard(current, id, [request.use]) : current
    const { budget, decision, lost } = await this.#decided(name, start, request)
    if (lost.size > 0 && isAgainst(decision, budget, lost)) {
      await this.#store({ name, budget }, null)
      return { kind: "Busy" }
    }
    await this.#store({ name, budget: decision.budget }, messageOf(name, request, decision))
    return replyOf(decision)
  }

  /** Hears those who must be, all at once, until it can be decided. */
  async #decided(name: string, start: Budget, request: Request) {
    let budget = start
    const done = new Set<string>()
    const lost = new Set<string>()
    for (;;) {
      const decision = decide(budget, request, done)
      if (decision.kind !== "Hear") return { budget, decision, lost }
      const recall = { budget: name, turn: budget.turn, now: request.now }
      const since = budget.prepaid?.since ?? {}
      const replies = await Promise.all(
        decision.subscriptionIds.map((id) => this.#ask(id, { ...recall, since: since[id] ?? null })),
      )
      for (const [index, id] of decision.subscriptionIds.entries()) {
        const reply = replies[index] ?? null
        done.add(id)
        // One that may have used credit, and was not told yet that it does, can't say how much.
        if (reply === null || (reply.kind === "Unaware" && id in since)) lost.add(id)
        else if (reply.kind === "Unaware") budget = unaware(budget, id)
        else budget = heard(budget, id, reply.uses.map(useOf))
      }
    }
  }

  /** Null when the meter can't be reached. */
  async #ask(subscriptionId: string, request: RecallRequest): Promise<RecallReply | null> {
    const stop = new AbortController()
    try {
      const late = scheduler.wait(limits.budgetRecallMs, { signal: stop.signal }).then(() => null)
      return await Promise.race([this.#recall(subscriptionId, request), late])
    } catch (error) {
      log.error("a meter could not be asked for its lease", error, { subscription: subscriptionId })
      return null
    } finally {
      stop.abort()
    }
  }

  #loaded(name: string): Kept {
    this.#kept ??= this.#storage.kv.get<Kept>(BUDGET) ?? { name, budget: NO_BUDGET }
    assert(this.#kept.name === name, "a budget answers to its own name", { name, ours: this.#kept.name })
    return this.#kept
  }

  async #store(kept: Kept, message: AlertMessage | null): Promise<void> {
    try {
      this.#storage.transactionSync(() => {
        this.#storage.kv.put(BUDGET, kept)
        if (message !== null) this.#storage.kv.put(OUTBOX, [...this.outbox(), message])
      })
      this.#kept = kept
      if (message !== null) await this.#storage.setAlarm(wallNowMs())
      await this.#storage.sync()
    } catch (error) {
      this.#kept = null
      throw error
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#last.then(work)
    this.#last = mine.catch(() => undefined)
    return mine
  }
}

/** Whether a decision rests on the silence of those who could not be asked. */
function isAgainst(decision: Exclude<Decision, { kind: "Hear" }>, budget: Budget, lost: ReadonlySet<string>) {
  if (Object.keys(budget.unheard).some((id) => lost.has(id))) return true
  if (decision.kind === "Refused") return decision.isFirst
  if (decision.kind === "Held") return true
  return decision.budget.reached.length > budget.reached.length
}

function messageOf(
  name: string,
  { subscriptionId, now, use }: Request,
  decision: Exclude<Decision, { kind: "Hear" }>,
): AlertMessage | null {
  if (decision.kind !== "Refused" || !decision.isFirst) return null
  const { alertId, epoch, number } = decision.by
  return {
    kind: "alert-crossed",
    tenant_id: tenantOfBudget(name),
    alert_id: alertId,
    epoch,
    crossing: number,
    subscription_id: subscriptionId,
    spend_nanos: formatNanos(use.spend),
    at: now,
  }
}

function replyOf(decision: Exclude<Decision, { kind: "Hear" }>): LeaseReply {
  const { turn, version } = decision.budget
  if (decision.kind === "Refused") {
    const { alertId, from, until } = decision.by
    return { kind: "Refused", turn, version, alertId, from, until, left: formatNanos(decision.left) }
  }
  if (decision.kind === "Held") return { kind: "Held", turn, version, left: formatNanos(decision.left) }
  const { amount, until, beyond, crossed } = decision
  const rest = beyond === null ? null : formatNanos(beyond)
  return { kind: "Granted", turn, version, amount: formatNanos(amount), until, beyond: rest, crossed }
}

function requestOf({ subscriptionId, now, use, need, want, needHeld }: LeaseRequest): Request {
  const held = amountOf(needHeld ?? use.held)
  return { subscriptionId, now, use: useOf(use), need: amountOf(need), want: amountOf(want), held }
}

function useOf({ start, end, spend, held }: PeriodUse) {
  return { start, end, spend: amountOf(spend), held: amountOf(held) }
}

function amountOf(text: string): Nanos {
  return nanos(BigInt(text))
}

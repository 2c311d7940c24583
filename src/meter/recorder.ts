// Commits groups of requests: decides them, stores what came of it, and where the customer's spend is limited asks the budgets
// for what a group needs beyond its leases.
// Laws: one bad request takes no other one of its group with it. What a limit refuses leaves no trace, and nothing that fits is
// refused because it came together with what doesn't: a group that doesn't fit is cut in halves until it is one event.

import type { BudgetClient } from "../budget/client.ts"
import type { LeaseReply } from "../budget/protocol.ts"
import type { AlertMessage, BudgetTerms, Crossing } from "../domain/alert.ts"
import { assert } from "../domain/assert.ts"
import type { Span } from "../domain/leases.ts"
import { formatNanos, nanos, type Nanos } from "../domain/money.ts"
import { walletOfLimit } from "../domain/prepaid.ts"
import type { MeterTerms } from "../domain/terms.ts"
import { instant, type Instant } from "../domain/time.ts"
import { limits } from "../limits.ts"
import { log } from "../runtime/log.ts"
import { changeTerms } from "./change-terms.ts"
import { CompiledTerms } from "./compiled-terms.ts"
import { decide } from "./decide.ts"
import { Draft } from "./draft.ts"
import { halves, merged } from "./halves.ts"
import type { Limiter } from "./limiter.ts"
import type { MeterState } from "./state.ts"
import type { MeterStore } from "./store/meter-store.ts"
import { tellThreshold } from "./tell-threshold.ts"
import type { ResultCode, WireReply, WireRequest } from "./wire.ts"

/** What the object gives to its recorder. */
export type Host = {
  readonly store: MeterStore
  readonly loaded: () => MeterState
  /** Memory can't be trusted any more. */
  readonly forget: () => void
  readonly assertOurs: (terms: MeterTerms) => void
  readonly budget: (name: string) => BudgetClient
  readonly meterName: () => string | undefined
  /** Something was stored that has its time: a message to send, a hold to clear away. */
  readonly wake: () => void
}

/** A commit, or a hold, needs more than these budgets lease. */
export class AskBudgets extends Error {
  override readonly name = "AskBudgets"
  readonly budgets: readonly BudgetTerms[]
  readonly period: Span
  readonly now: Instant
  /** Spend and holds together with what is asked for, and what of that is set aside. */
  readonly need: Nanos
  readonly held: Nanos

  constructor(budgets: readonly BudgetTerms[], { period, now, need, held }: Need) {
    super("budgets have to be asked")
    this.budgets = budgets
    this.period = period
    this.now = now
    this.need = need
    this.held = held
  }
}

export type Need = {
  readonly period: Span
  readonly now: Instant
  readonly need: Nanos
  readonly held: Nanos
}

/** `Held`: it would fit if nothing were set aside, or is a hold itself. `Busy`: a budget could not decide. */
export type Asked =
  | { readonly kind: "Ready" | "Busy" }
  | { readonly kind: "Held"; readonly left: string; readonly latch?: Latching }

/** A budget's word that its limit is reached: it refuses all from the event on that goes beyond. */
type Latching = { readonly budget: string; readonly reply: Extract<LeaseReply, { kind: "Refused" }> }

/** What the budgets had no room for while a group is decided: what needs as much in the same period is not asked for again. */
type Refused = { readonly start: Instant; readonly need: Nanos; readonly latch: Latching | undefined } | null
type Course = { refused: Refused; isBusy: boolean }

const REFUSED: ResultCode = "s"

type Told = { readonly budget: string; readonly crossing: Crossing }

export class Recorder {
  readonly #host: Host
  /** Crossings that the next commit tells; a budget tells them again until they are confirmed. */
  #crossed: Told[] = []
  #confirm: Told[] = []
  /** Told in the transaction under way. */
  #told: readonly Told[] = []
  #latest = instant(0)

  constructor(host: Host) {
    this.#host = host
  }

  /** One reply for each request. Waits only when a budget has to be asked, or after a failure. */
  apply(requests: readonly WireRequest[]): WireReply[] | Promise<WireReply[]> {
    return this.#apply(requests, { refused: null, isBusy: false })
  }

  #apply(requests: readonly WireRequest[], course: Course): WireReply[] | Promise<WireReply[]> {
    try {
      return this.#transact(requests)
    } catch (error) {
      return this.#recover(requests, error, 0, course)
    }
  }

  get hasToConfirm(): boolean {
    return this.#confirm.length > 0
  }

  /** Tells the budgets that the crossings are in the outbox, durably. A failure is harmless: they ask again. */
  async confirm(): Promise<void> {
    const told = this.#confirm
    this.#confirm = []
    for (const [budget, some] of Map.groupBy(told, (one) => one.budget)) {
      await this.#host.budget(budget).confirm(some.map(({ crossing }) => crossing))
    }
  }

  async #recover(
    requests: readonly WireRequest[],
    error: unknown,
    tries: number,
    course: Course,
  ): Promise<WireReply[]> {
    if (error instanceof AskBudgets) return this.#ask(requests, error, tries, course)
    if (requests.length > 1) {
      return this.#oneAfterTheOther(
        requests.map((request) => [request]),
        course,
      )
    }
    log.error("a request to a meter failed", error, { meter: this.#host.meterName() })
    return [{ kind: "Failed", message: error instanceof Error ? error.message : String(error) }]
  }

  async #ask(
    requests: readonly WireRequest[],
    asked: AskBudgets,
    tries: number,
    course: Course,
  ): Promise<WireReply[]> {
    const parts = halves(requests)
    // A single event needs what it costs. A group is content with a part, and is cut if that is all there is.
    const need = parts === null ? asked.need : null
    const { kind } = await this.#askOnce(asked, need, course)
    if (kind === "Busy") return requests.map(() => ({ kind: "Busy" }))
    if (kind === "Held") {
      if (parts === null) return requests.map(() => ({ kind: "Recorded", replayed: false, results: "s" }))
      return merged(requests, await this.#oneAfterTheOther(parts, course))
    }
    try {
      return this.#transact(requests)
    } catch (error) {
      if (!(error instanceof AskBudgets)) return this.#recover(requests, error, tries, course)
      if (parts !== null) return merged(requests, await this.#oneAfterTheOther(parts, course))
      // Others were faster: what was granted had been asked back before it could be used.
      if (tries >= limits.budgetTries) return requests.map(() => ({ kind: "Busy" }))
      return this.#ask(requests, error, tries + 1, course)
    }
  }

  async #oneAfterTheOther(parts: readonly (readonly WireRequest[])[], course: Course): Promise<WireReply[]> {
    const replies: WireReply[] = []
    for (const part of parts) replies.push(...(await this.#apply(part, course)))
    return replies
  }

  async #askOnce(asked: AskBudgets, need: Nanos | null, course: Course): Promise<Asked> {
    const { period } = asked
    const used = this.#host.loaded().limiter?.used(period, []) ?? 0n
    const least = need ?? nanos(used + 1n)
    const { refused } = course
    if (course.isBusy) return { kind: "Busy" }
    if (refused?.start === period.start && least >= refused.need) {
      const { latch } = refused
      if (need === null || latch === undefined) return { kind: "Held", left: "0" }
      // Here is the event with which the limit was reached. If the word is out of date by now, the budget is asked anew.
      course.refused = null
      if (this.#takeOver(latch.budget, period, latch.reply)) return { kind: "Ready" }
    }
    const answer = await this.askFor(asked, need)
    course.isBusy = answer.kind === "Busy"
    if (answer.kind === "Held") course.refused = { start: period.start, need: least, latch: answer.latch }
    return answer
  }

  /** Asks each budget; `need` null: any more will do, for a group. That a limit is reached is then no word on all of the group: events
   *  before the one that goes beyond may raise nothing, as they would pass if they came alone. */
  async askFor(asked: AskBudgets, need: Nanos | null): Promise<Asked> {
    for (const terms of asked.budgets) {
      const { limiter, terms: ours } = this.#host.loaded()
      if (limiter === null || ours === null) return { kind: "Ready" }
      const use = limiter.use(asked.period)
      const least = nanos(BigInt(use.spend) + BigInt(use.held) + 1n)
      const reply = await this.#lease(
        {
          subscriptionId: ours.terms.subscriptionId,
          now: asked.now,
          use,
          need: formatNanos(need ?? least),
          want: formatNanos(asked.need),
          needHeld: formatNanos(asked.held),
        },
        terms,
      )
      if (reply.kind === "Held") return { kind: "Held", left: reply.left }
      if (reply.kind === "Refused" && need === null) {
        return { kind: "Held", left: "0", latch: { budget: terms.name, reply } }
      }
      if (!this.#takeOver(terms.name, asked.period, reply)) return { kind: "Busy" }
    }
    return { kind: "Ready" }
  }

  /** Busy when the budget can't be reached, or takes too long. A grant that comes later is no loss: the budget knows of it, and the meter
   *  has less than it could. */
  async #lease(request: Parameters<BudgetClient["lease"]>[0], terms: BudgetTerms): Promise<LeaseReply> {
    const stop = new AbortController()
    try {
      const late = scheduler
        .wait(limits.budgetAskMs, { signal: stop.signal })
        .then((): LeaseReply => ({ kind: "Busy" }))
      return await Promise.race([this.#host.budget(terms.name).lease(request, terms), late])
    } catch (error) {
      log.error("a budget could not be asked", error, { budget: terms.name })
      return { kind: "Busy" }
    } finally {
      stop.abort()
    }
  }

  #takeOver(budget: string, period: Span, reply: Exclude<LeaseReply, { kind: "Held" }>): boolean {
    if (reply.kind === "Busy" || reply.kind === "NeedTerms") return false
    const { limiter } = this.#host.loaded()
    if (limiter === null) return true
    if (!limiter.gate.apply(budget, period, reply)) return true
    limiter.isChanged = true
    if (reply.kind === "Granted") {
      const known = new Set(this.#crossed.map((told) => nameOf(told.crossing)))
      const fresh = reply.crossed.filter((crossing) => !known.has(nameOf(crossing)))
      this.#crossed.push(...fresh.map((crossing) => ({ budget, crossing })))
    }
    return true
  }

  #transact(requests: readonly WireRequest[]): WireReply[] {
    const { store, forget } = this.#host
    const wasUsed = this.#host.loaded().terms !== null
    try {
      const replies = store.transaction(() => this.commit(requests))
      this.settle(true)
      return replies
    } catch (error) {
      this.settle(false)
      // A commit that only lacks budget has changed nothing in memory, unless it made the tables or took over terms.
      const clean = error instanceof AskBudgets && wasUsed && newestTerms(requests) === null
      if (clean) store.names.forget()
      else {
        forget()
        // Who asks a budget has to know it, also after a restart: so these terms are stored before the events are.
        const offered = newestTerms(requests)
        if (error instanceof AskBudgets && offered !== null) this.takeOver(offered)
      }
      throw error
    }
  }

  /** Stores newer terms by themselves. */
  takeOver(terms: MeterTerms): void {
    const { store, forget, assertOurs } = this.#host
    assertOurs(terms)
    try {
      const state = this.#host.loaded()
      store.transaction(() => changeTerms(terms, state, store))
    } catch (error) {
      forget()
      throw error
    }
  }

  /** In a transaction. Throws AskBudgets when the leases are too small; then nothing of it must be kept. */
  commit(requests: readonly WireRequest[]): WireReply[] {
    const { store } = this.#host
    const offered = newestTerms(requests)
    if (offered !== null) this.#host.assertOurs(offered)
    const state = this.#host.loaded()
    if (offered !== null && state.terms !== null) changeTerms(offered, state, store)
    const now = this.#now(requests)
    const draft = new Draft(state, store, requests, now)
    const compiled = offered === null ? null : new CompiledTerms(offered)
    const replies = requests.map((request) => decide(request, draft, compiled))
    const { limiter } = state
    if (limiter !== null) this.#passOrAsk(limiter, draft, now)
    if (!draft.isEmpty()) draft.write(store)
    this.written(state, now, draft.count > 0)
    return limiter === null ? replies : withLeft(replies, state, now)
  }

  /** Requests of different isolates overtake each other, and their clocks differ a little; limits must not see time go back. A test
   *  tenant's clock that was set back goes back. */
  #now(requests: readonly WireRequest[]): Instant {
    const given = requests.reduce((latest, { receivedAt }) => Math.max(latest, receivedAt), 0)
    const isClose = Math.abs(this.#latest - given) <= limits.eventSkewMs
    this.#latest = instant(isClose ? Math.max(this.#latest, given) : given)
    return this.#latest
  }

  /** What is stored beside that which a limit has let pass: the crossings that it told, and what the gate knows. In its transaction. */
  written(state: MeterState, now: Instant, isMore: boolean): void {
    if (isMore) {
      this.#tellCrossings(state, now)
      if (tellThreshold(state, now, this.#host.store)) this.#host.wake()
    }
    this.saveGate(state)
  }

  #passOrAsk(limiter: Limiter, draft: Draft, now: Instant): void {
    const changed = draft.changed()
    for (const period of limiter.touched(changed)) {
      const passage = limiter.check(period, now, changed)
      assert(passage.kind !== "Refused", "what is refused is not in the draft")
      if (passage.kind === "Ask") {
        const need = limiter.used(period, changed)
        throw new AskBudgets(passage.budgets, { period, now, need, held: limiter.held(period) })
      }
    }
  }

  /** In the transaction of what crossed. */
  #tellCrossings(state: MeterState, now: Instant): void {
    const { limiter, terms } = state
    if (this.#crossed.length === 0 || limiter === null || terms === null) return
    const { tenantId, subscriptionId } = terms.terms
    const period = terms.billingPeriod(now)
    const spend = period === null ? "0" : limiter.use(period).spend
    for (const { crossing } of this.#crossed) {
      const message: AlertMessage = {
        kind: "alert-crossed",
        tenant_id: tenantId,
        alert_id: crossing.alertId,
        epoch: crossing.epoch,
        crossing: crossing.number,
        subscription_id: subscriptionId,
        spend_nanos: spend,
        at: now,
      }
      this.#host.store.outbox.add(message)
    }
    this.#told = [...this.#crossed]
    this.#host.wake()
  }

  /** After the transaction in which something was `written`: whether it was carried out. */
  settle(isDone: boolean): void {
    if (isDone && this.#told.length > 0) {
      const told = new Set(this.#told)
      this.#confirm.push(...told)
      this.#crossed = this.#crossed.filter((one) => !told.has(one))
    }
    this.#told = []
  }

  /** Leases that were granted, and refusals, outlive the memory: with the next thing that is stored. */
  saveGate({ limiter }: MeterState): void {
    if (limiter === null || !limiter.isChanged) return
    this.#host.store.meta.put("gate", limiter.gate.encode())
    limiter.isChanged = false
  }
}

function withLeft(replies: WireReply[], { limiter, terms }: MeterState, now: Instant): WireReply[] {
  const period = terms?.billingPeriod(now) ?? null
  const left = period === null ? undefined : limiter?.left(period)
  if (period === null || left === undefined) return replies
  const by = limiter?.gate.refusing(period, now) ?? null
  const refused = by === null || walletOfLimit(by) === null ? { left } : { left, by }
  return replies.map((reply) => {
    if (reply.kind !== "Recorded") return reply
    return { ...reply, ...(reply.results.includes(REFUSED) ? refused : { left }) }
  })
}

function nameOf({ alertId, epoch, number }: Crossing): string {
  return `${alertId}|${epoch}|${number}`
}

function newestTerms(requests: readonly WireRequest[]): MeterTerms | null {
  let newest: MeterTerms | null = null
  for (const { terms } of requests) {
    if (terms !== null && (newest === null || terms.version > newest.version)) newest = terms
  }
  return newest
}

// Holds: budget that is set aside before the work is done, so that work that was begun can be paid for.
// Laws: a hold counts like spend until it is captured, released or over. Capturing gives up the hold and records the events in one
// transaction, all of them or none, so what was set aside for them can't be taken by others in between. What is refused leaves no
// trace.

import type { Span } from "../domain/leases.ts"
import { formatNanos, nanos } from "../domain/money.ts"
import { instant, type Instant } from "../domain/time.ts"
import { limits } from "../limits.ts"
import { wallNowMs } from "../runtime/clock.ts"
import type { CompiledTerms } from "./compiled-terms.ts"
import { Draft } from "./draft.ts"
import {
  acceptedOrTakenBack,
  priceOf,
  repeatedOrTakenBack,
  restOf,
  takeBack,
  TakenBack,
} from "./hold-events.ts"
import type {
  CaptureReply,
  CaptureRequest,
  HoldReply,
  HoldRequest,
  ReleaseReply,
  ReleaseRequest,
} from "./protocol.ts"
import { isForeign } from "./read.ts"
import { AskBudgets, type Host, type Recorder } from "./recorder.ts"
import type { Slot } from "./slots.ts"
import type { MeterState } from "./state.ts"
import type { Hold } from "./store/hold-table.ts"
import { decodeRequest } from "./wire.ts"

export class HoldDesk {
  readonly #host: Host
  readonly #recorder: Recorder

  constructor(host: Host, recorder: Recorder) {
    this.#host = host
    this.#recorder = recorder
  }

  async place(request: HoldRequest): Promise<HoldReply> {
    this.#recorder.takeOver(request.terms)
    return this.#asking<HoldReply>(() => this.#place(request))
  }

  async capture(request: CaptureRequest): Promise<CaptureReply> {
    return this.#asking<CaptureReply>(() => this.#capture(request))
  }

  release({ holdId, customerId }: ReleaseRequest): ReleaseReply {
    const { holds, terms } = this.#host.loaded()
    if (terms === null || isForeign(customerId, terms)) return { kind: "NotFound" }
    const hold = holds.find(holdId)
    if (hold === null) return { kind: "NotFound" }
    this.#attempt(() => holds.drop(holdId))
    return { kind: "Released", hold }
  }

  /** Tries until the budgets have leased enough, or refused. */
  async #asking<T extends HoldReply | CaptureReply>(work: () => T): Promise<T | Denied> {
    for (let tries = 0; tries < limits.budgetTries; tries += 1) {
      try {
        return this.#attempt(work)
      } catch (error) {
        if (error instanceof TakenBack) return error.value as T
        if (!(error instanceof AskBudgets)) throw error
        const asked = await this.#recorder.askFor(error, error.need)
        if (asked.kind === "Held") return { kind: "Refused", left: asked.left }
        if (asked.kind === "Busy") return { kind: "Busy" }
      }
    }
    return { kind: "Busy" }
  }

  /** In a transaction. What only lacks budget, or is refused, is so before anything changes in memory. */
  #attempt<T>(work: () => T): T {
    const { store, forget } = this.#host
    try {
      const done = store.transaction(work)
      this.#recorder.settle(true)
      return done
    } catch (error) {
      this.#recorder.settle(false)
      if (error instanceof AskBudgets || error instanceof TakenBack) store.names.forget()
      else forget()
      throw error
    }
  }

  #place({ holdId, customerId, amount, events, prices, ttlMs, now }: HoldRequest): HoldReply {
    const state = this.#host.loaded()
    const { terms, limiter, holds } = state
    if (terms === null || isForeign(customerId, terms)) return { kind: "NotFound" }
    // The call was made again, since its answer was lost.
    const placed = holds.find(holdId)
    if (placed !== null) return { kind: "Held", hold: placed }
    const period = runningPeriod(terms, now)
    if (period === null) return { kind: "NotRunning" }
    if (holds.isFull()) return { kind: "TooMany" }
    const reserved =
      amount === null
        ? priceOf(decodeRequest(events ?? ""), prices, period, state, this.#host.store)
        : nanos(BigInt(amount))
    const passage = limiter?.checkHold(period, now, reserved) ?? { kind: "Allowed" }
    if (passage.kind === "Refused") return { kind: "Refused", left: formatNanos(passage.left) }
    if (passage.kind === "Ask" && limiter !== null) {
      const held = nanos(limiter.held(period) + reserved)
      const need = nanos(limiter.used(period, []) + reserved)
      throw new AskBudgets(passage.budgets, { period, now, need, held })
    }
    const createdAt = instant(wallNowMs())
    const { start: periodStart, end: periodEnd } = period
    const expiresAt = instant(createdAt + ttlMs)
    const hold = { id: holdId, periodStart, periodEnd, amount: formatNanos(reserved), createdAt, expiresAt }
    holds.put(hold)
    this.#recorder.written(state, now, true)
    this.#host.wake()
    return { kind: "Held", hold, ...leftOf(state, period) }
  }

  #capture(request: CaptureRequest): CaptureReply {
    const { holdId, customerId, keepRest, prices } = request
    const { store } = this.#host
    const state = this.#host.loaded()
    const { terms, holds } = state
    if (terms === null || isForeign(customerId, terms)) return { kind: "NotFound" }
    const events = decodeRequest(request.events)
    const now = events.receivedAt
    const hold = holds.find(holdId)
    const draft = new Draft(state, store, [events], now, true)
    if (hold === null) {
      // A capture that is repeated finds its events recorded and its hold gone: that is what it had asked for.
      const results = repeatedOrTakenBack(events, draft)
      return { kind: "Captured", results, rest: null, ...leftNow(state, now) }
    }
    const results = acceptedOrTakenBack(events, draft)
    const changed = draft.changed()
    this.#passOrAsk(state, hold, changed, now)
    const rest = keepRest ? restOf(state, hold, changed, prices) : 0n
    if (!draft.isEmpty()) draft.write(store)
    const kept = rest > 0n ? { ...hold, amount: formatNanos(nanos(rest)) } : null
    if (kept === null) holds.drop(holdId)
    else holds.put(kept)
    this.#recorder.written(state, now, draft.count > 0)
    return { kind: "Captured", results, rest: kept, ...leftNow(state, now) }
  }

  /** The hold makes room in its own period; in another one its events are like any. */
  #passOrAsk({ limiter }: MeterState, hold: Hold, changed: readonly Slot[], now: Instant): void {
    for (const period of limiter?.touched(changed) ?? []) {
      if (limiter === null) return
      const freed = period.start === hold.periodStart ? nanos(BigInt(hold.amount)) : nanos(0n)
      const passage = limiter.checkCapture(period, now, changed, freed)
      if (passage.kind === "Refused") takeBack({ kind: "Refused", left: formatNanos(passage.left) })
      if (passage.kind === "Ask") {
        const held = nanos(limiter.held(period) - freed)
        const need = nanos(limiter.used(period, changed) - freed)
        throw new AskBudgets(passage.budgets, { period, now, need, held })
      }
    }
  }
}

type Denied = { readonly kind: "Busy" } | { readonly kind: "Refused"; readonly left: string }

function runningPeriod(terms: CompiledTerms, now: Instant): Span | null {
  const { endsAt } = terms.terms
  return endsAt !== null && now >= endsAt ? null : terms.billingPeriod(now)
}

function leftNow(state: MeterState, now: Instant): { readonly left?: string } {
  const period = state.terms?.billingPeriod(now) ?? null
  return period === null ? {} : leftOf(state, period)
}

function leftOf({ limiter }: MeterState, period: Span): { readonly left?: string } {
  const left = limiter?.left(period)
  return left === undefined ? {} : { left }
}

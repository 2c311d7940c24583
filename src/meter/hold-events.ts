// What becomes of the events of a hold or a capture, and what they cost. Nothing here is kept: whoever asks for the price of events
// gets it as if they were recorded, and what is refused is thrown, so that its transaction is taken back.

import { nanos, type Nanos } from "../domain/money.ts"
import type { Span } from "../domain/leases.ts"
import { PriceLists } from "../domain/spend.ts"
import type { MeterPrices } from "../domain/terms.ts"
import { decide } from "./decide.ts"
import { Draft } from "./draft.ts"
import type { CaptureReply, EventResult, HoldReply } from "./protocol.ts"
import type { Slot } from "./slots.ts"
import { spendIn, type Rated } from "./spend-in.ts"
import type { MeterState } from "./state.ts"
import type { Hold } from "./store/hold-table.ts"
import type { MeterStore } from "./store/meter-store.ts"
import { toRecordReply, type WireRequest } from "./wire.ts"

/** Thrown so that nothing stays of a transaction. */
export class TakenBack<T = HoldReply | CaptureReply> extends Error {
  override readonly name = "TakenBack"
  readonly value: T

  constructor(value: T) {
    super("a transaction was taken back")
    this.value = value
  }
}

/** What these events would add to the period's spend now. In a transaction. */
export function priceOf(
  request: WireRequest,
  prices: MeterPrices,
  period: Span,
  state: MeterState,
  store: MeterStore,
): Nanos {
  const rated = ratedBy(prices, state)
  const { start, end } = period
  const price = tried(store, () => {
    const draft = new Draft(state, store, [request], request.receivedAt, true)
    acceptedOrTakenBack(request, draft)
    const changed = draft.changed()
    const isOther = (slot: Slot) => slot.kind === "Period" && (slot.start < start || slot.start >= end)
    const elsewhere = changed.some((slot) => isOther(slot) && rated.prices.at(slot.start).has(slot.meter))
    if (elsewhere) takeBack({ kind: "OtherPeriod" })
    return spendIn(rated, period, changed) - spendIn(rated, period, [])
  })
  // Events can lower a spend. Setting nothing aside is enough for those.
  return nanos(price > 0n ? price : 0n)
}

/** What the events leave of their hold. */
export function restOf(
  state: MeterState,
  { amount, periodStart: start, periodEnd }: Hold,
  changed: readonly Slot[],
  given: MeterPrices | null,
): bigint {
  const { terms } = state
  // A meter that nothing limits doesn't know its prices.
  const prices = terms?.terms.prices ?? given ?? takeBack({ kind: "NeedPrices" })
  const rated = ratedBy(prices, state)
  // The period may end elsewhere by now.
  const period = { start, end: terms?.billingPeriodOf({ start, end: periodEnd }).end ?? periodEnd }
  const spent = spendIn(rated, period, changed) - spendIn(rated, period, [])
  return spent > 0n ? BigInt(amount) - spent : BigInt(amount)
}

function ratedBy(prices: MeterPrices, { terms, slots }: MeterState): Rated {
  const partsOf = (period: Span) => terms?.partsOf(period) ?? [period.start]
  return { prices: new PriceLists(prices), slots, partsOf }
}

export function takeBack(reply: HoldReply | CaptureReply): never {
  throw new TakenBack(reply)
}

/** What `work` gives, with all that it stored taken back. */
function tried<T>(store: MeterStore, work: () => T): T {
  class Tried extends TakenBack<T> {}
  try {
    return store.transaction(() => {
      throw new Tried(work())
    })
  } catch (error) {
    if (!(error instanceof Tried)) throw error
    store.names.forget()
    return error.value
  }
}

type Accepted = Extract<EventResult, { readonly accepted: true }>

/** A hold and a capture are about all of their events. */
export function acceptedOrTakenBack(request: WireRequest, draft: Draft): readonly Accepted[] {
  const results = resultsOf(request, draft)
  for (const [index, result] of results.entries()) {
    if (!result.accepted) return takeBack({ kind: "Rejected", index, code: result.code })
  }
  return results.filter((result) => result.accepted)
}

export function repeatedOrTakenBack(request: WireRequest, draft: Draft): readonly Accepted[] {
  const results = resultsOf(request, draft).filter((result) => result.accepted && result.duplicate)
  if (results.length < request.events.length) return takeBack({ kind: "NotFound" })
  return results.filter((result) => result.accepted)
}

function resultsOf(request: WireRequest, draft: Draft): readonly EventResult[] {
  const reply = toRecordReply(decide(request, draft, null))
  return reply.kind === "Recorded" ? reply.results : takeBack({ kind: "NotFound" })
}

// What becomes of the events of a hold or a capture, and what they cost. Nothing here is kept: whoever asks for the price of events
// gets it as if they were recorded, and what is refused is thrown, so that its transaction is taken back.

import { nanos, type Nanos } from "../domain/money.ts"
import type { Span } from "../domain/leases.ts"
import { Prices } from "../domain/spend.ts"
import type { MeteredPrice } from "../domain/terms.ts"
import { decide } from "./decide.ts"
import { Draft } from "./draft.ts"
import { spendIn } from "./limiter.ts"
import type { CaptureReply, EventResult, HoldReply } from "./protocol.ts"
import type { Slot } from "./slots.ts"
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
  prices: readonly MeteredPrice[],
  { start }: Span,
  state: MeterState,
  store: MeterStore,
): Nanos {
  const rated = { prices: new Prices(prices), slots: state.slots }
  const price = tried(store, () => {
    const draft = new Draft(state, store, [request], request.receivedAt, true)
    acceptedOrTakenBack(request, draft)
    const changed = draft.changed()
    const isOther = (slot: Slot) => slot.kind === "Period" && slot.start !== start
    const elsewhere = changed.some((slot) => isOther(slot) && rated.prices.has(slot.meter))
    if (elsewhere) takeBack({ kind: "OtherPeriod" })
    return spendIn(rated, start, changed) - spendIn(rated, start, [])
  })
  // Events can lower a spend. Setting nothing aside is enough for those.
  return nanos(price > 0n ? price : 0n)
}

/** What the events leave of their hold. */
export function restOf(
  { terms, slots }: MeterState,
  { amount, periodStart }: Hold,
  changed: readonly Slot[],
  given: readonly MeteredPrice[] | null,
): bigint {
  // A meter that nothing limits doesn't know its prices.
  const prices = terms?.terms.prices ?? given ?? takeBack({ kind: "NeedPrices" })
  const rated = { prices: new Prices(prices), slots }
  const spent = spendIn(rated, periodStart, changed) - spendIn(rated, periodStart, [])
  return spent > 0n ? BigInt(amount) - spent : BigInt(amount)
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

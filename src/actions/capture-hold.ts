// Records events against a hold: all of them or none, and the hold is given up in the same transaction.
// What a repeat means: nothing. Its events are known, and it is told of them as duplicates.

import { err, ok } from "../domain/result.ts"
import type { CaptureReply, EventInput, EventResult } from "../meter/protocol.ts"
import { isUuid } from "../runtime/ids.ts"
import type { Outcome } from "./act.ts"
import { findSubscriptionTerms } from "./find.ts"
import { pricesOf } from "./meter-terms.ts"
import { budgetBusy, eventsRequest, type HeldAmount } from "./place-hold.ts"
import { rejection } from "./record-usage.ts"
import type { Refusal } from "./refusal.ts"
import { notFound, refusal } from "./refusal.ts"
import { holdIsGone } from "./release-hold.ts"
import type { Scope } from "./scope.ts"

export type Capture = {
  readonly holdId: string
  readonly events: readonly EventInput[]
  /** What the events leave of the hold stays set aside. */
  readonly keepRest: boolean
}

/** `rest`: the hold as it goes on; null when it was given up. */
export type Captured = {
  readonly results: readonly EventResult[]
  readonly rest: HeldAmount | null
  readonly leftNanos: string | null
}

/** No D1 on this path, but for what is left of a hold that nothing limits. */
export async function captureHold(
  scope: Scope,
  subscriptionId: string,
  { holdId, events, keepRest }: Capture,
): Promise<Outcome<Captured>> {
  if (!isUuid(subscriptionId)) return err(notFound("subscription"))
  const meter = scope.meter(subscriptionId)
  const request = { holdId, customerId: scope.customerId, events: eventsRequest(scope, events), keepRest }
  const reply = await meter.captureHold({ ...request, prices: null })
  if (reply.kind !== "NeedPrices") return captured(reply)
  const found = await findSubscriptionTerms(scope, subscriptionId)
  if (!found.ok) return found
  return captured(await meter.captureHold({ ...request, prices: pricesOf(found.value) }))
}

function captured(reply: CaptureReply): Outcome<Captured> {
  if (reply.kind !== "Captured") return err(refusalOf(reply))
  const { results, rest, left } = reply
  return ok({ results, rest, leftNanos: left ?? null })
}

function refusalOf(reply: Exclude<CaptureReply, { readonly kind: "Captured" }>): Refusal {
  switch (reply.kind) {
    case "NotFound":
      return holdIsGone()
    case "Busy":
    case "NeedPrices":
      return budgetBusy()
    case "Refused":
      return refusal(
        "spend_limit_reached",
        "The events cost more than the hold, and that is beyond a spend limit.",
      )
    case "Rejected":
      return rejection(reply.code, `events.${reply.index}`)
  }
}

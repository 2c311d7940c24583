// Gives up a hold whose work will not be charged.
// What a repeat means: there is no such hold any more.

import { err, ok } from "../domain/result.ts"
import { isUuid } from "../runtime/ids.ts"
import type { Outcome } from "./act.ts"
import type { HeldAmount } from "./place-hold.ts"
import type { Refusal } from "./refusal.ts"
import { notFound, refusal } from "./refusal.ts"
import type { Scope } from "./scope.ts"

export async function releaseHold(
  scope: Scope,
  subscriptionId: string,
  holdId: string,
): Promise<Outcome<HeldAmount>> {
  if (!isUuid(subscriptionId)) return err(notFound("subscription"))
  const reply = await scope.meter(subscriptionId).releaseHold({ holdId, customerId: scope.customerId })
  return reply.kind === "Released" ? ok(reply.hold) : err(holdIsGone())
}

export function holdIsGone(): Refusal {
  return refusal(
    "not_found",
    "The subscription has no such hold: it was captured or released, its time is over, or it never was.",
  )
}

// Tells a meter that the terms of its subscription changed. Runs from the agenda, and at once where it can.

import { err, ok } from "../domain/result.ts"
import { log } from "../runtime/log.ts"
import type { Outcome } from "./act.ts"
import { act } from "./act.ts"
import { meterTermsOf } from "./meter-terms.ts"
import { notFound } from "./refusal.ts"
import type { Scope } from "./scope.ts"

/** So that the very next event is judged by the new terms. Should it fail, the agenda row of the change does it. */
export async function tellMeter(scope: Scope, subscriptionId: string): Promise<void> {
  try {
    const terms = await scope.read.subscriptions.withTerms(subscriptionId)
    if (terms !== null) await scope.meter(subscriptionId).setTerms(meterTermsOf(terms))
  } catch (error) {
    log.error("a meter could not be told its terms; the agenda will", error, { subscription: subscriptionId })
  }
}

export async function syncTerms(scope: Scope, subscriptionId: string): Promise<Outcome<null>> {
  const terms = await scope.read.subscriptions.withTerms(subscriptionId)
  if (terms === null) return err(notFound("subscription"))
  await scope.meter(subscriptionId).setTerms(meterTermsOf(terms))
  return act(scope, async () => ok({ value: null, commit: { audit: [] } }), null)
}

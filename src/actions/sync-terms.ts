// Tells a meter that the terms of its subscription changed. Runs from the agenda, and at once where it can.

import { err, ok } from "../domain/result.ts"
import type { Outcome } from "./act.ts"
import { act } from "./act.ts"
import { meterTermsOf } from "./meter-terms.ts"
import { notFound } from "./refusal.ts"
import type { Scope } from "./scope.ts"

export async function syncTerms(scope: Scope, subscriptionId: string): Promise<Outcome<null>> {
  const terms = await scope.read.subscriptions.withTerms(subscriptionId)
  if (terms === null) return err(notFound("subscription"))
  await scope.meter(subscriptionId).setTerms(meterTermsOf(terms))
  return act(scope, async () => ok({ value: null, commit: { audit: [] } }), null)
}

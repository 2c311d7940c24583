// Asks the processor for a payout that was begun and commits what became of it: with what began it, and from the agenda for one whose
// answer was lost. What a repeat means: the key of the try makes it the same payout.

import type { PayoutRow } from "../db/rows.ts"
import { isOnItsWay, keyOfTry } from "../domain/payout.ts"
import { err, ok } from "../domain/result.ts"
import type { PayoutOutcome } from "../payments/port.ts"
import { log } from "../runtime/log.ts"
import type { Outcome, Reply } from "./act.ts"
import { act } from "./act.ts"
import { applyWaitingEvents } from "./apply-waiting-events.ts"
import type { BegunPayout } from "./begin-payout.ts"
import { lookItem } from "./begin-payout.ts"
import { isOwnAccount } from "./own-account.ts"
import { unchanged } from "./payment-news.ts"
import { decidePayoutNews } from "./payout-news.ts"
import { notFound } from "./refusal.ts"
import { saidOf } from "./said-to-processor.ts"
import type { Scope } from "./scope.ts"

/** Without an answer the payout stays as it is, for its `reconcile-payout` job. */
export async function payOutBegun(
  scope: Scope,
  { payout, isNew }: BegunPayout,
  reply: Reply<PayoutRow> | null,
): Promise<Outcome<PayoutRow>> {
  const outcome = await askForPayout(scope, payout, isNew)
  const settled = await act(
    scope,
    async () => {
      const row = await scope.read.payouts.byId(payout.id)
      if (row === null) return err(notFound("payout"))
      // The answer is of this try: a later one has its own.
      const isStale = row.tries !== payout.tries || (outcome?.status === "Failed" && !isOnItsWay(row.status))
      return outcome === null || isStale ? ok(unchanged(row)) : decidePayoutNews(scope, row, outcome)
    },
    reply,
  )
  if (settled.ok) {
    const { processor, payoutRef: chargeRef } = settled.value
    await applyWaitingEvents(scope.aside(), { processor, chargeRef })
  }
  return settled
}

/** Runs from the agenda, where it is put in the commit that begins a try, until there is an end. `uniqueKey`: the try, and how often it
 *  was looked at. */
export async function reconcilePayout(
  scope: Scope,
  payoutId: string,
  uniqueKey: string,
): Promise<Outcome<null>> {
  const [tries, looks] = uniqueKey.split(":").map(Number)
  const payout = await scope.read.payouts.byId(payoutId)
  if (payout === null) return err(notFound("payout"))
  if (isOnItsWay(payout.status) && payout.tries === tries) {
    const sent = await payOutBegun(scope.aside(), { payout, isNew: false }, null)
    if (!sent.ok) return sent
  }
  return act(
    scope,
    async () => {
      const now = await scope.read.payouts.byId(payoutId)
      if (now === null || !isOnItsWay(now.status) || now.tries !== tries) return ok(unchanged(null))
      return ok({ value: null, commit: { agenda: [lookItem(scope, now, (looks ?? 0) + 1)], audit: [] } })
    },
    null,
  )
}

/** `isNew`: nobody can have asked before. Else what became of it is asked for first. An exception is no answer: null. */
async function askForPayout(scope: Scope, payout: PayoutRow, isNew: boolean): Promise<PayoutOutcome | null> {
  try {
    const processor = scope.platform.processorOf(scope.tenant)
    if (!(await isOwnAccount(processor, payout))) {
      log.warn("the processor of a payout is not the tenant's", { payout_id: payout.id })
      return null
    }
    const known = isNew ? null : await processor.findPayout(keyOfTry(payout))
    return known !== null || payout.status !== "Processing"
      ? known
      : await processor.payout(requestOf(scope, payout))
  } catch (error) {
    log.error("a payout has no answer and is asked for again", error, { payout_id: payout.id })
    return null
  }
}

/** The key is that of the try, whoever asks and however often. */
function requestOf(scope: Scope, payout: PayoutRow) {
  const { customerRef, methodRef, amountMinor, currency, statementDescriptor } = payout
  const said = saidOf(scope, "payout_id", payout)
  return {
    key: keyOfTry(payout),
    customerRef,
    methodRef,
    amountMinor,
    currency,
    statementDescriptor,
    ...said,
  }
}

// Asks the processor for a payout that was begun and commits what became of it: with what began it, and from the agenda for one whose
// answer was lost. What a repeat means: the key of the try makes it the same payout.

import type { PayoutRow } from "../db/rows.ts"
import { isOnItsWay, keyOfTry } from "../domain/payout.ts"
import { err, ok } from "../domain/result.ts"
import { limits } from "../limits.ts"
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
  if (settled.ok) await applyWaitingOf(scope.aside(), settled.value)
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
  } else {
    // A try that has its end may still have events that came before it was known whose they are.
    await applyWaitingOf(scope.aside(), payout)
  }
  return act(
    scope,
    async () => {
      const now = await scope.read.payouts.byId(payoutId)
      if (now === null || now.tries !== tries) return ok(unchanged(null))
      const next = (looks ?? 0) + 1
      if (!isOnItsWay(now.status) && !(await isAwaited(scope, now, next))) return ok(unchanged(null))
      return ok({ value: null, commit: { agenda: [lookItem(scope, now, next)], audit: [] } })
    },
    null,
  )
}

/** The names of its tries, as far as they are known. */
function refsOf({ payoutRef, failures }: PayoutRow): string[] {
  const all = [payoutRef, ...failures.map(({ ref }) => ref)]
  return [...new Set(all.filter((ref) => ref !== null))]
}

/** Also those of earlier tries: what was told of one may have come when the next had begun. */
async function applyWaitingOf(scope: Scope, payout: PayoutRow): Promise<void> {
  const { processor } = payout
  for (const chargeRef of refsOf(payout)) await applyWaitingEvents(scope, { processor, chargeRef })
}

/** Whether events wait for it: they could not be applied just now, or whoever ended it died before it came to them. */
async function isAwaited(scope: Scope, payout: PayoutRow, looks: number): Promise<boolean> {
  if (looks > limits.looksForEvents) return false
  for (const ref of refsOf(payout)) {
    if ((await scope.read.payments.waitingEvents(payout.processor, ref, 1)).length > 0) return true
  }
  return false
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

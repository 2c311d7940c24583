// Tries a payout that failed again: by the tenant's schedule, because somebody asks for it, or because there is a new method.
// Laws: each try has a key of its own and begins when the one before has failed; what is not owed any more is not tried again.

import type { PaymentMethodRow, PayoutRow } from "../db/rows.ts"
import { invoices, payouts } from "../db/schema.ts"
import { isOnItsWay } from "../domain/payout.ts"
import { err, ok } from "../domain/result.ts"
import type { Decided, Outcome, Reply } from "./act.ts"
import { act } from "./act.ts"
import { requestKey } from "./attempt.ts"
import type { BegunPayout } from "./begin-payout.ts"
import { holding, isWaiting, lookItem, NOT_WAITING, toMethod } from "./begin-payout.ts"
import { finishJob } from "./collect-payment.ts"
import { methodOf } from "./method-of.ts"
import { payoutAudit } from "./payout-audit.ts"
import { unchanged } from "./payment-news.ts"
import { notFound, refusal } from "./refusal.ts"
import type { Scope } from "./scope.ts"
import { payOutBegun } from "./send-payout.ts"

/** `isNewMethod`: there is a new default, so what was asked for before counts no more. */
export type PayoutTry = {
  readonly tryKey: string
  readonly methodId: string | null
  readonly isNewMethod: boolean
}

export async function retryPayout(
  scope: Scope,
  payoutId: string,
  methodId: string | null,
  reply: Reply<PayoutRow>,
): Promise<Outcome<PayoutRow>> {
  const wanted = { tryKey: requestKey(scope), methodId, isNewMethod: false }
  const begun = await retryPayoutWith(scope, payoutId, wanted)
  return begun.ok ? payOutBegun(scope, begun.value, reply) : begun
}

/** Runs from the agenda. `uniqueKey`: how many tries there were before the one that failed. */
export async function retryByItself(
  scope: Scope,
  payoutId: string,
  uniqueKey: string,
): Promise<Outcome<null>> {
  const tryKey = `retry:${uniqueKey}`
  const payout = await scope.read.payouts.byId(payoutId)
  if (payout === null) return err(notFound("payout"))
  const isBegun = payout.tryKey === tryKey && isOnItsWay(payout.status)
  const isDue = payout.status === "Failed" && payout.retryAt !== null && String(payout.tries) === uniqueKey
  if (!isBegun && !isDue) return finishJob(scope)
  const begun = await retryPayoutWith(scope, payoutId, { tryKey, methodId: null, isNewMethod: false })
  if (!begun.ok) return begun.error.code === "invalid_state" ? giveUp(scope, payoutId) : begun
  const sent = await payOutBegun(scope.aside(), begun.value, null)
  return sent.ok ? finishJob(scope) : sent
}

/** A commit of its own. A try that was begun under this name is found again. */
export async function retryPayoutWith(
  scope: Scope,
  payoutId: string,
  wanted: PayoutTry,
): Promise<Outcome<BegunPayout>> {
  const own = scope.aside()
  return act(own, () => decideTry(own, payoutId, wanted), null)
}

async function decideTry(
  scope: Scope,
  payoutId: string,
  wanted: PayoutTry,
): Promise<Outcome<Decided<BegunPayout>>> {
  const before = await scope.read.payouts.byId(payoutId)
  if (before === null) return err(notFound("payout"))
  if (before.tryKey === wanted.tryKey) return ok(unchanged({ payout: before, isNew: false }))
  if (before.status !== "Failed" || before.returnedAt !== null) return err(notToTry(before))
  const invoice = before.invoiceId === null ? null : await scope.read.invoices.byId(before.invoiceId)
  if (invoice !== null && !isWaiting(invoice.invoice)) return err(NOT_WAITING)
  const method = await methodOfTry(scope, before, wanted)
  if (!method.ok) return method
  const held = await holding(scope, before)
  if (!held.ok) return held
  const { parts, guards } = held.value
  const named = { tryKey: wanted.tryKey, namedMethodId: wanted.methodId ?? before.namedMethodId }
  const after = { ...before, ...triedAgain(before, method.value), ...named, parts }
  const { id, tenantId: _, version, ...fields } = after
  return ok({
    value: { payout: after, isNew: true },
    commit: {
      guards: [
        // As it was before the payout counts as under way again.
        ...guards,
        scope.write.update(payouts, id, version - 1, fields),
        ...(invoice === null
          ? []
          : [scope.write.update(invoices, invoice.invoice.id, invoice.invoice.version, {})]),
      ],
      agenda: [lookItem(scope, after, 0)],
      audit: [payoutAudit("payout.retried", after, before)],
    },
  })
}

function notToTry({ status, returnedAt }: PayoutRow) {
  const why = returnedAt === null ? `is ${status}` : "came back after it had succeeded"
  return refusal("invalid_state", `The payout ${why}: only one that Failed is tried again.`)
}

function triedAgain(before: PayoutRow, method: PaymentMethodRow) {
  return {
    ...toMethod(method),
    status: "Processing",
    tries: before.tries + 1,
    payoutRef: null,
    retryAt: null,
    settledAt: null,
    version: before.version + 1,
  } as const
}

/** The one that is asked for, now or before, unless that is gone or there is a new one; else where its invoice says now. */
async function methodOfTry(
  scope: Scope,
  { customerId, invoiceId, namedMethodId: before }: PayoutRow,
  wanted: PayoutTry,
): Promise<Outcome<PaymentMethodRow>> {
  const invoice = invoiceId === null ? undefined : (await scope.read.invoices.byId(invoiceId))?.invoice
  const collected = invoice ?? { customerId, subscriptionId: null, paymentMethodId: null }
  const isAsked = !wanted.isNewMethod && before !== null
  const asked = isAsked ? await scope.read.paymentMethods.byId(customerId, before) : null
  return methodOf(scope, collected, wanted.methodId ?? asked?.id ?? null)
}

/** There is nothing to try it with, or nothing is owed any more: it waits for somebody to ask for it. */
async function giveUp(scope: Scope, payoutId: string): Promise<Outcome<null>> {
  return act(
    scope,
    async () => {
      const before = await scope.read.payouts.byId(payoutId)
      if (before?.status !== "Failed" || before.retryAt === null) return ok(unchanged(null))
      const after = { ...before, retryAt: null }
      return ok({
        value: null,
        commit: {
          guards: [scope.write.update(payouts, payoutId, before.version, { retryAt: null })],
          audit: [payoutAudit("payout.given_up", after, before)],
        },
      })
    },
    null,
  )
}

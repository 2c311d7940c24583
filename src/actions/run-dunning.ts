// Takes one step of a dunning: the invoice is tried again, unless an earlier try has no end yet or there is nothing to try it with.
// Runs from the agenda. What a repeat means: the step's attempt is found by its name, a step that was taken is not taken again.

import type { DunningRow, InvoiceRow } from "../db/rows.ts"
import { dunnings } from "../db/schema.ts"
import { isLastStep } from "../domain/dunning.ts"
import type { StepResult } from "../domain/dunning.ts"
import { amountDue } from "../domain/invoice.ts"
import { isUnderWay } from "../domain/payment.ts"
import { err, ok } from "../domain/result.ts"
import { instant } from "../domain/time.ts"
import { limits } from "../limits.ts"
import type { Outcome } from "./act.ts"
import { act } from "./act.ts"
import { beginPayment } from "./begin-payment.ts"
import { NO_LONGER_OWED } from "./collect-items.ts"
import { finishJob } from "./collect-payment.ts"
import { resolved, stepKey, stepTaken } from "./dunning-of-payment.ts"
import { unchanged } from "./payment-news.ts"
import { notFound } from "./refusal.ts"
import type { Scope } from "./scope.ts"
import { chargeBegun } from "./settle-payment.ts"

/** `uniqueKey`: the number of the step, and behind a colon when it was put off to; or that nothing may be owed any more. */
export async function runDunning(scope: Scope, dunningId: string, uniqueKey: string): Promise<Outcome<null>> {
  if (uniqueKey.startsWith(NO_LONGER_OWED)) return endUnowed(scope, dunningId)
  const step = Number(uniqueKey.split(":")[0])
  const dunning = await scope.read.payments.dunning(dunningId)
  if (dunning === null) return err(notFound("dunning"))
  if (!isNext(dunning, step)) return finishJob(scope)
  const { invoiceId } = dunning
  const open = await settleOpen(scope, invoiceId)
  if (!open.ok) return open
  if (open.value !== null) return endStep(scope, dunningId, step, { result: "Waiting", ...open.value })
  const begun = await beginPayment(scope, { invoiceId, key: stepKey(dunning), amountNanos: null })
  if (!begun.ok) {
    if (begun.error.code !== "invalid_state") return begun
    return endStep(scope, dunningId, step, { result: "Skipped", paymentId: null, canWait: false })
  }
  // A failure takes the step in the commit of its outcome.
  const charged = await chargeBegun(scope.aside(), begun.value, null)
  if (!charged.ok) return charged
  const { id: paymentId, status } = charged.value
  const canWait = status !== "RequiresAction"
  return endStep(scope, dunningId, step, {
    result: isUnderWay(status) ? "Waiting" : "Failed",
    paymentId,
    canWait,
  })
}

function isNext({ status, steps }: DunningRow, step: number): boolean {
  return status === "Active" && steps.length + 1 === step
}

type Ending = {
  readonly result: StepResult
  readonly paymentId: string | null
  /** Whether it may still come to an end by itself: then the last step waits for it. */
  readonly canWait: boolean
}

/** Asks for what is under way. What has no end even then is told; null where nothing is under way. */
async function settleOpen(
  scope: Scope,
  invoiceId: string,
): Promise<Outcome<Pick<Ending, "paymentId" | "canWait"> | null>> {
  for (const payment of await scope.read.payments.underWayOf(invoiceId)) {
    const settled = await chargeBegun(scope.aside(), { payment, isNew: false }, null)
    if (!settled.ok) return settled
    const { id: paymentId, status } = settled.value
    if (isUnderWay(status)) return ok({ paymentId, canWait: status !== "RequiresAction" })
  }
  return ok(null)
}

/** Where nothing is owed any more it is over, and where the step was taken with its outcome nothing is left to be done. */
async function endStep(
  scope: Scope,
  dunningId: string,
  step: number,
  { result, paymentId, canWait }: Ending,
): Promise<Outcome<null>> {
  return act(
    scope,
    async () => {
      const dunning = await scope.read.payments.dunning(dunningId)
      if (dunning === null || !isNext(dunning, step)) return ok(unchanged(null))
      const found = await scope.read.invoices.byId(dunning.invoiceId)
      if (found === null) return err(notFound("invoice"))
      if (!isOwed(found.invoice)) return ok({ value: null, commit: await resolved(scope, dunning) })
      if (result === "Waiting" && canWait && isLastStep(dunning)) {
        return ok({ value: null, commit: putOff(scope, dunning) })
      }
      const taken = await stepTaken(scope, dunning, { at: scope.now, result, paymentId })
      return ok({ value: null, commit: taken })
    },
    null,
  )
}

function isOwed(invoice: InvoiceRow): boolean {
  return invoice.status === "Open" && amountDue(invoice) > 0n
}

/** An invoice that was credited, voided or written off is dunned no longer, also where the last try had failed. */
async function endUnowed(scope: Scope, dunningId: string): Promise<Outcome<null>> {
  return act(
    scope,
    async () => {
      const dunning = await scope.read.payments.dunning(dunningId)
      const found = dunning === null ? null : await scope.read.invoices.byId(dunning.invoiceId)
      if (dunning === null || found === null) return err(notFound("dunning"))
      if (dunning.status === "Resolved" || isOwed(found.invoice)) return ok(unchanged(null))
      return ok({ value: null, commit: await resolved(scope, dunning) })
    },
    null,
  )
}

function putOff(scope: Scope, { id, version, steps }: DunningRow) {
  const dueAt = instant(scope.now + limits.dunningWaitMs)
  const uniqueKey = `${steps.length + 1}:${dueAt}`
  return {
    guards: [scope.write.update(dunnings, id, version, { nextAttemptAt: dueAt })],
    agenda: [{ kind: "run-dunning" as const, subject: id, uniqueKey, dueAt }],
    audit: [],
  }
}

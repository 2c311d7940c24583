// Runs one agenda row: which action each kind is, and what becomes of the row.
// Law: an action finishes its row in the commit of its effect. A refusal of an action is a failure here, not an end.

import type { Outcome } from "./act.ts"
import type { AgendaRow } from "../db/rows.ts"
import type { AgendaKind } from "../domain/agenda.ts"
import { archiveUsage } from "./archive-usage.ts"
import { advanceContract } from "./advance-contract.ts"
import { applyChange } from "./apply-change.ts"
import { auditLedgerPages } from "./audit-ledger-pages.ts"
import { billAdvance } from "./bill-advance.ts"
import { billThreshold } from "./bill-threshold.ts"
import { checkLedger } from "./check-ledger.ts"
import { closePeriod } from "./close-period.ts"
import { deliverWebhook } from "./deliver-webhook.ts"
import { collectPayment } from "./collect-payment.ts"
import { deliverSandboxEvent } from "./deliver-sandbox-event.ts"
import { endTrial } from "./end-trial.ts"
import { expireCredit } from "./expire-credit.ts"
import { finalizeInvoice } from "./finalize-invoice.ts"
import { finishDunning } from "./finish-dunning.ts"
import { resumeByItself } from "./pause-subscription.ts"
import { sendPayout } from "./pay-out-invoice.ts"
import { reconcilePayout } from "./send-payout.ts"
import { retryByItself } from "./retry-payout.ts"
import { rechargeWallet } from "./recharge-wallet.ts"
import { reconcilePayment } from "./reconcile-payment.ts"
import type { Refusal } from "./refusal.ts"
import { retryDunnings } from "./retry-dunning.ts"
import { runDunning } from "./run-dunning.ts"
import type { Scope } from "./scope.ts"
import { sendMail } from "./send-mail.ts"
import { sendRefundAgain } from "./send-refund.ts"
import { settleInvoice } from "./settle-invoice.ts"
import { syncBudget } from "./sync-budget.ts"
import { syncPolicy } from "./sync-policy.ts"
import { syncTerms } from "./sync-terms.ts"
import { syncWallet } from "./sync-wallet.ts"
import { warnTrial } from "./warn-trial.ts"

/** `invoiceId`: the invoice that the job made or moved, if any. */
export type JobResult = { readonly invoiceId: string | null }

export class JobFailed extends Error {
  override readonly name = "JobFailed"
  readonly code: Refusal["code"]

  constructor({ code, detail }: Refusal) {
    super(`${code}: ${detail}`)
    this.code = code
  }
}

/** Throws when the job could not be done; doing it again is always safe. Two who run it at once may race: the one that lost finds the
 *  work done. */
export async function runJob(
  scope: Scope,
  job: Pick<AgendaRow, "kind" | "subject" | "uniqueKey">,
): Promise<JobResult> {
  try {
    return await perform(scope, job)
  } catch (error) {
    const { jobId } = scope
    const after = jobId === null ? null : await scope.read.records.job(jobId)
    if (after?.status === "Done") return { invoiceId: null }
    throw error
  }
}

async function perform(
  scope: Scope,
  job: Pick<AgendaRow, "kind" | "subject" | "uniqueKey">,
): Promise<JobResult> {
  switch (job.kind satisfies AgendaKind) {
    case "sync-budget":
      return nothing(await syncBudget(scope, job.subject))
    case "sync-wallet":
      return nothing(await syncWallet(scope, job.subject))
    case "recharge-wallet":
      return paid(await rechargeWallet(scope, job.subject))
    case "sync-policy":
      return nothing(await syncPolicy(scope, job.uniqueKey))
    case "sync-terms":
      return nothing(await syncTerms(scope, job.subject))
    case "warn-trial":
      return nothing(await warnTrial(scope, job.subject))
    case "apply-change":
      return nothing(await applyChange(scope, job.subject, job.uniqueKey))
    case "resume-subscription":
      return nothing(await resumeByItself(scope, job.subject))
    case "end-trial":
      return nothing(await endTrial(scope, job.subject))
    case "bill-advance":
      return drafted(await billAdvance(scope, job.subject))
    case "bill-threshold":
      return drafted(await billThreshold(scope, job.subject))
    case "close-period":
      return drafted(await closePeriod(scope, job.subject))
    case "advance-contract":
      return drafted(await advanceContract(scope, job.subject))
    case "finalize-invoice":
      return drafted(await finalizeInvoice(scope, job.subject, null))
    case "expire-credit":
      return nothing(await expireCredit(scope, job.subject))
    case "settle-invoice":
      return nothing(await settleInvoice(scope, job.subject))
    case "collect-payment":
      return paid(await collectPayment(scope, job.subject, job.uniqueKey))
    case "reconcile-payment":
      return nothing(await reconcilePayment(scope, job.subject, job.uniqueKey))
    case "run-dunning":
      return nothing(await runDunning(scope, job.subject, job.uniqueKey))
    case "sandbox-event":
      return nothing(await deliverSandboxEvent(scope, job.subject))
    case "retry-dunnings":
      return nothing(await retryDunnings(scope, job.subject, job.uniqueKey))
    case "finish-dunning":
      return nothing(await finishDunning(scope, job.subject, job.uniqueKey))
    case "send-refund":
      return nothing(await sendRefundAgain(scope, job.subject, job.uniqueKey))
    case "send-payout":
      return nothing(await sendPayout(scope, job.subject, job.uniqueKey))
    case "retry-payout":
      return nothing(await retryByItself(scope, job.subject, job.uniqueKey))
    case "reconcile-payout":
      return nothing(await reconcilePayout(scope, job.subject, job.uniqueKey))
    case "archive-usage":
      return nothing(await archiveUsage(scope, job.subject))
    case "deliver-webhook":
      return nothing(await deliverWebhook(scope, job.subject))
    case "send-mail":
      return nothing(await sendMail(scope, job.subject))
    case "audit-ledger":
      return nothing(await auditLedgerPages(scope, job.uniqueKey))
    case "check-ledger":
      return nothing(await checkLedger(scope, job.subject))
  }
}

function nothing(outcome: Outcome<null>): JobResult {
  done(outcome)
  return { invoiceId: null }
}

function drafted(outcome: Outcome<{ readonly invoice: { readonly id: string } } | null>): JobResult {
  return { invoiceId: done(outcome)?.invoice.id ?? null }
}

function paid(outcome: Outcome<{ readonly invoiceId: string } | null>): JobResult {
  return { invoiceId: done(outcome)?.invoiceId ?? null }
}

function done<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new JobFailed(outcome.error)
  return outcome.value
}

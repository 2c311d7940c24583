// Runs one agenda row: which action each kind is, and what becomes of the row.
// Law: an action finishes its row in the commit of its effect. A refusal of an action is a failure here, not an end.

import type { Outcome } from "./act.ts"
import type { AgendaRow } from "../db/rows.ts"
import type { AgendaKind } from "../domain/agenda.ts"
import { archiveUsage } from "./archive-usage.ts"
import { billAdvance } from "./bill-advance.ts"
import { closePeriod } from "./close-period.ts"
import { endTrial } from "./end-trial.ts"
import { finalizeInvoice } from "./finalize-invoice.ts"
import type { Scope } from "./scope.ts"
import { settleInvoice } from "./settle-invoice.ts"
import { syncBudget } from "./sync-budget.ts"
import { syncPolicy } from "./sync-policy.ts"
import { syncTerms } from "./sync-terms.ts"

/** `invoiceId`: the invoice that the job made or moved, if any. */
export type JobResult = { readonly invoiceId: string | null }

export class JobFailed extends Error {
  override readonly name = "JobFailed"
}

/** Throws when the job could not be done; doing it again is always safe. */
export async function runJob(
  scope: Scope,
  job: Pick<AgendaRow, "kind" | "subject" | "uniqueKey">,
): Promise<JobResult> {
  switch (job.kind satisfies AgendaKind) {
    case "sync-budget":
      return nothing(await syncBudget(scope, job.subject))
    case "sync-policy":
      return nothing(await syncPolicy(scope, job.uniqueKey))
    case "sync-terms":
      return nothing(await syncTerms(scope, job.subject))
    case "end-trial":
      return nothing(await endTrial(scope, job.subject))
    case "bill-advance":
      return drafted(await billAdvance(scope, job.subject))
    case "close-period":
      return drafted(await closePeriod(scope, job.subject))
    case "finalize-invoice":
      return drafted(await finalizeInvoice(scope, job.subject, null))
    case "settle-invoice":
      return nothing(await settleInvoice(scope, job.subject))
    case "archive-usage":
      return nothing(await archiveUsage(scope, job.subject))
  }
}

function nothing(outcome: Outcome<null>): JobResult {
  done(outcome)
  return { invoiceId: null }
}

function drafted(outcome: Outcome<{ readonly invoice: { readonly id: string } } | null>): JobResult {
  return { invoiceId: done(outcome)?.invoice.id ?? null }
}

function done<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new JobFailed(`${outcome.error.code}: ${outcome.error.detail}`)
  return outcome.value
}

// Compares the ledger of one customer with its documents, or the sums by day with the entries, and reports what differs. Runs from the
// agenda, where the daily audit has found something.
// Law: a finding is a job that is given up, with what was found as its error: seen with the others, and replayed once it is mended.

import { reportJob } from "../db/jobs.ts"
import type { Difference } from "../domain/ledger.ts"
import { differencesOf } from "../domain/ledger.ts"
import { amountText } from "../domain/mail.ts"
import { ok } from "../domain/result.ts"
import { limits } from "../limits.ts"
import { log } from "../runtime/log.ts"
import type { Outcome } from "./act.ts"
import type { Scope } from "./scope.ts"

/** `subject`: a customer, or the tenant for what is of all customers together. */
export async function checkLedger(scope: Scope, subject: string): Promise<Outcome<null>> {
  const { read, tenant, platform, jobId } = scope
  const found = subject === tenant.id ? await read.ledgerAudit.sums() : await ofCustomer(scope, subject)
  if (found.length === 0 || jobId === null) {
    await scope.commit({ audit: [] })
    return ok(null)
  }
  const finding = [...new Set(found.map(findingText))].join(" ").slice(0, limits.textLength)
  log.error("the ledger and the documents disagree", finding, { tenant_id: tenant.id, subject })
  await reportJob(platform.db, tenant.id, jobId, finding)
  return ok(null)
}

async function ofCustomer({ read }: Scope, customerId: string): Promise<readonly Difference[]> {
  const { entries, documents, unbalanced } = await read.ledgerAudit.ofCustomers([customerId])
  return [...unbalanced, ...differencesOf(entries, documents)]
}

function findingText({ check, account, currency, expected, actual }: Difference): string {
  const what = account === null ? check : `${check} of ${account}`
  const [is, should] = [actual, expected].map((minor) => amountText({ minor, currency }))
  return `${what}: ${is} instead of ${should}.`
}

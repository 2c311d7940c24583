// The daily audit of a tenant's ledger: some pages of customers, then another job for the rest. Runs from the agenda, where cron puts it.
// Law: what looks different is looked at once more by a job of its own, so that no commit in between is taken for a fault.

import type { AgendaItem } from "../domain/agenda.ts"
import { ok } from "../domain/result.ts"
import { limits } from "../limits.ts"
import type { Outcome } from "./act.ts"
import { auditLedger } from "./audit-ledger.ts"
import type { Scope } from "./scope.ts"

/** `uniqueKey`: the day, and behind which customer it goes on: `2026-03-01` or `2026-03-01/<id>`. */
export async function auditLedgerPages(scope: Scope, uniqueKey: string): Promise<Outcome<null>> {
  const [day = "", from = null] = uniqueKey.split("/")
  const subjects = new Set<string>()
  let before = from
  for (let n = 0; n < limits.auditPagesPerJob; n++) {
    const page = await auditLedger(scope, { limit: limits.auditPage, before })
    for (const { customerId } of page.differences) subjects.add(customerId ?? scope.tenant.id)
    before = page.next
    if (before === null) break
  }
  const checks = await checksOf(scope, day, [...subjects])
  const rest = before === null ? [] : [auditItem(scope, `${day}/${before}`)]
  await scope.commit({ agenda: [...checks, ...rest], audit: [] })
  return ok(null)
}

function auditItem({ tenant, now }: Scope, uniqueKey: string): AgendaItem {
  return { kind: "audit-ledger", subject: tenant.id, uniqueKey, dueAt: now }
}

/** What was reported before and is not mended yet is reported already. */
async function checksOf(scope: Scope, day: string, subjects: readonly string[]): Promise<AgendaItem[]> {
  const items: AgendaItem[] = []
  for (const subject of subjects) {
    if (await scope.read.records.hasOpenJob("check-ledger", subject)) continue
    items.push({ kind: "check-ledger", subject, uniqueKey: day, dueAt: scope.now })
  }
  return items
}

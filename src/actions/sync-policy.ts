// Tells the meters of all running subscriptions that what they do with late events changed. Runs from the agenda, some subscriptions at
// a time: each gets new terms, and a row of its own by which its meter is told; the next row goes on after the last of them.
// Subscriptions that have ended keep what they were told last.

import type { AgendaItem } from "../domain/agenda.ts"
import { ok } from "../domain/result.ts"
import { limits } from "../limits.ts"
import type { Outcome } from "./act.ts"
import { act } from "./act.ts"
import type { Scope } from "./scope.ts"

const AFTER = " after "

/** `version`: of the tenant, with the new policy. */
export function policyItem(scope: Scope, version: string, after: string | null): AgendaItem {
  const uniqueKey = after === null ? version : `${version}${AFTER}${after}`
  return { kind: "sync-policy", subject: scope.tenant.id, uniqueKey, dueAt: scope.now }
}

export async function syncPolicy(scope: Scope, uniqueKey: string): Promise<Outcome<null>> {
  const [version = "", after = null] = uniqueKey.split(AFTER)
  return act(
    scope,
    async () => {
      const ids = await scope.read.subscriptions.runningAfter(after, limits.policySubscriptions)
      const last = ids.at(-1)
      const synced = ids.map((subject): AgendaItem => {
        return { kind: "sync-terms", subject, uniqueKey: `policy ${version}`, dueAt: scope.now }
      })
      const isMore = last !== undefined && ids.length === limits.policySubscriptions
      const next = isMore ? [policyItem(scope, version, last)] : []
      const commit = { writes: [scope.write.renewTerms(ids)], agenda: [...synced, ...next], audit: [] }
      return ok({ value: null, commit })
    },
    null,
  )
}

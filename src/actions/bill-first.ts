// Bills what a subscription begins with at once, in the request that made it; otherwise its job would a moment later.

import { log } from "../runtime/log.ts"
import { billAdvance } from "./bill-advance.ts"
import { collectNow } from "./collect-now.ts"
import { finalizeNow } from "./finalize-now.ts"
import type { Scope } from "./scope.ts"

/** Invoices that a new subscription can have by then: the first one, however often its job and the request meet. */
const FIRST = { limit: 1, before: null }

/** Nothing where the tenant wants to look at drafts first. */
export async function billFirst(scope: Scope, subscriptionId: string): Promise<void> {
  const { autoFinalize, draftGraceHours } = scope.tenant.settings
  if (!autoFinalize || draftGraceHours > 0) return
  const billed = await billAdvance(scope.aside(), subscriptionId)
  if (!billed.ok) {
    log.warn("a first bill waits for its job", { subscription_id: subscriptionId, code: billed.error.code })
    return
  }
  const { rows } = await scope.read.invoices.list(FIRST, { subscriptionId, type: "Standard" })
  for (const { id } of rows) {
    await finalizeNow(scope, id)
    await collectNow(scope, id)
  }
}

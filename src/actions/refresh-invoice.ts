// Brings a draft up to date: its usage, what adjusts its periods, its taxes. Finalization does the same a last time.

import { subscriptions } from "../db/schema.ts"
import { ok } from "../domain/result.ts"
import type { Outcome, Reply } from "./act.ts"
import type { DraftChange } from "./change-draft.ts"
import { changeDraft } from "./change-draft.ts"
import type { Draft } from "./draft-invoice.ts"
import { refreshDraft } from "./refresh-draft.ts"
import { withLines } from "./save-draft.ts"
import type { Scope } from "./scope.ts"

export async function refreshInvoice(
  scope: Scope,
  invoiceId: string,
  reply: Reply<Draft>,
): Promise<Outcome<Draft>> {
  return changeDraft(scope, invoiceId, (before) => refreshed(scope, before), reply)
}

async function refreshed(scope: Scope, before: Draft): Promise<Outcome<DraftChange>> {
  const fresh = await refreshDraft(scope, before)
  if (!fresh.ok) return fresh
  const { lines, guards, subscriptions: rated } = fresh.value
  return ok({
    action: "invoice.refreshed",
    draft: withLines(before, lines),
    // Two drafts of a subscription must not both take the same late usage.
    guards: [...guards, ...rated.map((row) => scope.write.update(subscriptions, row.id, row.version, {}))],
  })
}

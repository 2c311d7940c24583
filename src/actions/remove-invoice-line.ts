// Takes a line that was written by hand off a draft. What is charged by a price can't be: the next refresh would bring it back.

import { err, ok } from "../domain/result.ts"
import type { Outcome, Reply } from "./act.ts"
import type { DraftChange } from "./change-draft.ts"
import { changeDraft } from "./change-draft.ts"
import type { Draft } from "./draft-invoice.ts"
import { notFound, refusal } from "./refusal.ts"
import { belowZero, withLines } from "./save-draft.ts"
import type { Scope } from "./scope.ts"

export async function removeInvoiceLine(
  scope: Scope,
  invoiceId: string,
  lineId: string,
  reply: Reply<Draft>,
): Promise<Outcome<Draft>> {
  return changeDraft(scope, invoiceId, (before) => without(before, lineId), reply)
}

function without(before: Draft, lineId: string): Outcome<DraftChange> {
  const line = before.lines.find(({ id }) => id === lineId)
  if (line === undefined) return err(notFound("line"))
  if (line.kind !== "Manual") {
    return err(refusal("invalid_state", "Only a line that was written by hand can be taken off."))
  }
  const rest = before.lines.filter((other) => other !== line)
  const draft = withLines(before, rest)
  const refused = line.amountMinor > 0n ? belowZero(draft) : null
  if (refused !== null) return err(refusal("invalid_state", refused.detail))
  return ok({ action: "invoice.line_removed", draft, before: { removed: line.description } })
}

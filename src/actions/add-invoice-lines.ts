// Writes lines onto a draft by hand. They stay through every refresh of the draft.

import { err, ok } from "../domain/result.ts"
import { limits } from "../limits.ts"
import type { Outcome, Reply } from "./act.ts"
import type { DraftChange } from "./change-draft.ts"
import { changeDraft } from "./change-draft.ts"
import type { Draft } from "./draft-invoice.ts"
import type { ManualLine } from "./manual-line.ts"
import { manualLines } from "./manual-line.ts"
import { invalid } from "./refusal.ts"
import { belowZero, withLines } from "./save-draft.ts"
import type { Scope } from "./scope.ts"

export async function addInvoiceLines(
  scope: Scope,
  invoiceId: string,
  lines: readonly ManualLine[],
  reply: Reply<Draft>,
): Promise<Outcome<Draft>> {
  const added = lines.map(({ description }) => description)
  const extended = (before: Draft): Outcome<DraftChange> => {
    const draft = withManual(scope, before, lines)
    return draft.ok ? ok({ action: "invoice.lines_added", draft: draft.value, after: { added } }) : draft
  }
  return changeDraft(scope, invoiceId, extended, reply)
}

function withManual(scope: Scope, before: Draft, lines: readonly ManualLine[]): Outcome<Draft> {
  const manual = before.lines.filter(({ kind }) => kind === "Manual").length
  if (manual + lines.length > limits.invoiceLines) {
    return err(
      invalid("lines", `An invoice has at most ${limits.invoiceLines} lines that were written by hand.`),
    )
  }
  const rows = manualLines(scope, before.invoice, lines, before.lines.length)
  if (!rows.ok) return rows
  const untaxed = before.lines.filter(({ isTax }) => !isTax)
  const taxes = before.lines.filter(({ isTax }) => isTax)
  const after = withLines(before, [...untaxed, ...rows.value, ...taxes])
  // Usage that was taken back may have brought it there already; a line above zero makes that no worse.
  const refused = rows.value.some(({ amountMinor }) => amountMinor < 0n) ? belowZero(after) : null
  return refused === null ? ok(after) : err(refused)
}

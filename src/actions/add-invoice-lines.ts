// Writes lines onto a draft by hand. They stay through every refresh of the draft.

import { err, ok } from "../domain/result.ts"
import { limits } from "../limits.ts"
import type { Outcome, Reply } from "./act.ts"
import { act } from "./act.ts"
import type { Draft } from "./draft-invoice.ts"
import { findDraft } from "./find-draft.ts"
import { invoiceTotals } from "./invoice-audit.ts"
import type { ManualLine } from "./manual-line.ts"
import { manualLines } from "./manual-line.ts"
import { invalid } from "./refusal.ts"
import { belowZero, saveDraft, withLines } from "./save-draft.ts"
import type { Scope } from "./scope.ts"
import { withTaxes } from "./tax-lines.ts"

export async function addInvoiceLines(
  scope: Scope,
  invoiceId: string,
  lines: readonly ManualLine[],
  reply: Reply<Draft>,
): Promise<Outcome<Draft>> {
  return act(
    scope,
    async () => {
      const found = await findDraft(scope, invoiceId)
      if (!found.ok) return found
      const before = found.value
      const extended = withManual(scope, before, lines)
      if (!extended.ok) return extended
      const after = await withTaxes(scope, extended.value)
      if (!after.ok) return after
      return ok({
        value: after.value,
        commit: {
          ...saveDraft(scope, before, after.value),
          audit: [
            {
              action: "invoice.lines_added",
              subjectType: "Invoice",
              subjectId: invoiceId,
              customerId: before.invoice.customerId,
              before: invoiceTotals(before),
              after: { ...invoiceTotals(after.value), added: lines.map(({ description }) => description) },
            },
          ],
        },
      })
    },
    reply,
  )
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

// Of a draft that gathers, what one subscription has on it: whoever asks for a subscription's next invoice learns nothing of the
// others that are billed with it.

import { ok } from "../domain/result.ts"
import type { Outcome } from "./act.ts"
import type { Draft } from "./draft-invoice.ts"
import { withLines } from "./save-draft.ts"
import type { Scope } from "./scope.ts"
import { withTaxes } from "./tax-lines.ts"

export async function ownPart(scope: Scope, draft: Draft, subscriptionId: string): Promise<Outcome<Draft>> {
  if (draft.invoice.collects === null) return ok(draft)
  const own = draft.lines.filter((line) => line.subscriptionId === subscriptionId)
  const customers = new Set([draft.invoice.customerId, ...own.map(({ customerId }) => customerId)])
  const sections = draft.invoice.sections?.filter(({ customerId }) => customers.has(customerId)) ?? null
  return withTaxes(scope, withLines({ invoice: { ...draft.invoice, sections }, lines: [] }, own))
}

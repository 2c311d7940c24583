// Finds an invoice that may still be changed by hand.

import { err } from "../domain/result.ts"
import type { Outcome } from "./act.ts"
import type { Draft } from "./draft-invoice.ts"
import { findInvoice } from "./find.ts"
import { refusal } from "./refusal.ts"
import type { Scope } from "./scope.ts"

export async function findDraft(scope: Scope, id: string): Promise<Outcome<Draft>> {
  const found = await findInvoice(scope, id)
  if (!found.ok || found.value.invoice.status === "Draft") return found
  const { status } = found.value.invoice
  return err(refusal("invalid_state", `The invoice is ${status}; only a Draft can be changed.`))
}

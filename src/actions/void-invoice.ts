// Voids an invoice that was not paid. What it charged is open again: the next bill of the subscription charges it.

import type { Guarded } from "../db/database.ts"
import type { InvoiceWithLines } from "../db/readers/invoices.ts"
import { invoices, subscriptions } from "../db/schema.ts"
import type { AgendaItem } from "../domain/agenda.ts"
import { moveInvoice } from "../domain/invoice.ts"
import { postVoided } from "../domain/ledger.ts"
import { periodContaining } from "../domain/period.ts"
import { err, ok } from "../domain/result.ts"
import type { Outcome, Reply } from "./act.ts"
import { act } from "./act.ts"
import type { Draft } from "./draft-invoice.ts"
import { findInvoice, findSubscriptionTerms } from "./find.ts"
import { lateTerms } from "./late-terms.ts"
import { refusal } from "./refusal.ts"
import type { Scope } from "./scope.ts"

export async function voidInvoice(
  scope: Scope,
  invoiceId: string,
  reason: string,
  reply: Reply<Draft>,
): Promise<Outcome<Draft>> {
  return act(
    scope,
    async () => {
      const found = await findInvoice(scope, invoiceId)
      if (!found.ok) return found
      const { invoice: before, lines } = found.value
      const status = moveInvoice(before.status, "void")
      if (!status.ok) return err(refusal("invalid_state", status.error))
      const reopened = await reopen(scope, found.value)
      if (!reopened.ok) return reopened
      const change = { status: status.value, voidedAt: scope.now, voidedReason: reason }
      const invoice = { ...before, ...change, version: before.version + 1 }
      return ok({
        value: { invoice, lines },
        commit: {
          guards: [scope.write.update(invoices, invoiceId, before.version, change), ...reopened.value.guards],
          agenda: reopened.value.agenda,
          postings: before.status === "Draft" ? [] : postVoided(before),
          audit: [
            {
              action: "invoice.voided",
              subjectType: "Invoice",
              subjectId: invoiceId,
              customerId: before.customerId,
              before: { status: before.status },
              after: { status: invoice.status, reason },
            },
          ],
        },
      })
    },
    reply,
  )
}

type Reopened = { readonly guards: readonly Guarded[]; readonly agenda: readonly AgendaItem[] }

/** Moves the subscription's mark back, so that the next bill looks at the periods that this invoice had charged. */
async function reopen(scope: Scope, { invoice, lines }: InvoiceWithLines): Promise<Outcome<Reopened>> {
  if (invoice.subscriptionId === null) return ok({ guards: [], agenda: [] })
  const found = await findSubscriptionTerms(scope, invoice.subscriptionId)
  if (!found.ok) return found
  const { subscription, drafted } = found.value
  const { id, version, schedule, billFromIndex } = subscription
  const late = lateTerms(scope, subscription, drafted !== null)
  const charged = lines.flatMap((line) => {
    const period = line.serviceStart === null ? null : periodContaining(schedule, line.serviceStart)
    return period === null ? [] : [period.index]
  })
  const from = Math.min(billFromIndex, ...charged)
  const change = { billFromIndex: from, ...late.change }
  return ok({ guards: [scope.write.update(subscriptions, id, version, change)], agenda: late.agenda })
}

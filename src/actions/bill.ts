// One bill of a subscription: the draft that its lines make or join, and everything that is committed with it. It only builds.

import type { AuditEntry } from "../db/commit.ts"
import type { Guarded, Statement } from "../db/database.ts"
import type { SubscriptionRow } from "../db/rows.ts"
import type { AgendaItem } from "../domain/agenda.ts"
import type { Interval } from "../domain/proration.ts"
import { err, ok } from "../domain/result.ts"
import type { Outcome } from "./act.ts"
import type { Draft } from "./draft-invoice.ts"
import { draftAudit, draftOf, finalizeItems } from "./draft-invoice.ts"
import { payerOf } from "./payer.ts"
import { placeDraft } from "./place-draft.ts"
import type { Rated } from "./rate-subscription.ts"
import { notFound } from "./refusal.ts"
import { saveDraft } from "./save-draft.ts"
import type { Scope } from "./scope.ts"
import { withTaxes } from "./tax-lines.ts"

export type Bill = {
  readonly draft: Draft | null
  readonly guards: readonly Guarded[]
  readonly writes: readonly Statement[]
  readonly agenda: readonly AgendaItem[]
  readonly audit: readonly AuditEntry[]
}

/** The bill of what was rated; `service` is what it covers. */
export async function billOf(
  scope: Scope,
  subscription: SubscriptionRow,
  rated: Pick<Rated, "lines" | "guards">,
  service: Interval,
): Promise<Outcome<Bill>> {
  return billOfDraft(scope, draftOf(scope, subscription, rated.lines, service), rated.guards)
}

/** The bill that a new draft makes: where it belongs, taxed, and finalized in its time. */
export async function billOfDraft(
  scope: Scope,
  made: Draft,
  guards: readonly Guarded[],
): Promise<Outcome<Bill>> {
  const { read } = scope
  const [tenant, customer, isConsolidated] = await read.together([
    read.tenant(),
    read.customers.one(made.invoice.customerId),
    read.customers.isConsolidated(made.invoice.customerId),
  ])
  if (tenant === null) return err(notFound("tenant"))
  if (customer === null) return err(notFound("customer"))
  const payer = await payerOf(scope, customer, isConsolidated)
  const { before, after } = await placeDraft(scope, made, payer)
  const taxed = await withTaxes(scope, after, { tenant, customer: payer.recipient })
  if (!taxed.ok) return taxed
  const draft = taxed.value
  const saved = saveDraft(scope, before, draft)
  return ok({
    draft,
    guards: [...saved.guards, ...guards],
    writes: saved.writes,
    // A draft that gathers is finalized when its first lines have rested.
    agenda: before === null ? finalizeItems(scope, draft.invoice.id) : [],
    audit: [draftAudit(draft, before === null ? "invoice.created" : "invoice.lines_added")],
  })
}

/** As `billOf`, but no draft where nothing is to be billed. */
export async function billOfSome(
  scope: Scope,
  subscription: SubscriptionRow,
  rated: Pick<Rated, "lines" | "guards">,
  service: Interval,
): Promise<Outcome<Bill>> {
  return rated.lines.length === 0 ? ok(NO_BILL) : billOf(scope, subscription, rated, service)
}

export const NO_BILL: Bill = { draft: null, guards: [], writes: [], agenda: [], audit: [] }

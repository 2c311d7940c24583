// What an invoice had charged is open again once it is void: the next bill of its subscriptions looks at those periods anew, and what of
// their usage is unbilled again counts against the credit of who pays for it now.

import type { Guarded, Statement } from "../db/database.ts"
import type { InvoiceRow } from "../db/rows.ts"
import { subscriptions } from "../db/schema.ts"
import type { AgendaItem } from "../domain/agenda.ts"
import { periodContaining } from "../domain/period.ts"
import { ok } from "../domain/result.ts"
import type { Outcome } from "./act.ts"
import type { Draft } from "./draft-invoice.ts"
import { findSubscriptionTerms } from "./find.ts"
import { lateTerms } from "./late-terms.ts"
import type { Scope } from "./scope.ts"
import type { WalletChange } from "./wallet-limit.ts"
import { walletChange } from "./wallet-limit.ts"

export type Reopened = {
  readonly guards: readonly Guarded[]
  readonly writes: readonly Statement[]
  readonly agenda: readonly AgendaItem[]
}

export const NOT_REOPENED: Reopened = { guards: [], writes: [], agenda: [] }

/** Moves the marks of its subscriptions back, so that the next bill looks at the periods that this invoice had charged. */
export async function reopen(scope: Scope, { invoice, lines }: Draft): Promise<Outcome<Reopened>> {
  if (invoice.type !== "Standard") return ok(NOT_REOPENED)
  const ids = new Set([invoice.subscriptionId, ...lines.map((line) => line.subscriptionId)])
  const guards: Guarded[] = []
  const agenda: AgendaItem[] = []
  const customers = new Set<string>()
  for (const id of ids) {
    if (id === null) continue
    const reopened = await reopenOne(scope, id, lines)
    if (!reopened.ok) return reopened
    guards.push(...reopened.value.guards)
    agenda.push(...reopened.value.agenda)
    customers.add(reopened.value.customerId)
  }
  const counted = await countedAnew(scope, invoice, customers)
  return ok({ guards, writes: counted.writes, agenda: [...agenda, ...counted.agenda] })
}

/** What is open again counts against the credit of who pays now. Of who was to pay this invoice, the void tells by itself. */
async function countedAnew(
  scope: Scope,
  { customerId }: InvoiceRow,
  customers: ReadonlySet<string>,
): Promise<WalletChange> {
  const payers = await Promise.all(Array.from(customers, (id) => scope.read.walletBudgets.payers(id)))
  const others = [...new Set(payers.flat())].filter((id) => id !== customerId)
  const changes = await Promise.all(others.map((id) => walletChange(scope, id)))
  return {
    writes: changes.flatMap(({ writes }) => writes),
    agenda: changes.flatMap(({ agenda }) => agenda),
  }
}

async function reopenOne(
  scope: Scope,
  subscriptionId: string,
  lines: Draft["lines"],
): Promise<Outcome<Omit<Reopened, "writes"> & { readonly customerId: string }>> {
  const found = await findSubscriptionTerms(scope, subscriptionId)
  if (!found.ok) return found
  const { subscription, drafted } = found.value
  const { id, customerId, version, schedule, billFromIndex } = subscription
  const late = lateTerms(scope, subscription, drafted !== null)
  const charged = lines.flatMap((line) => {
    if (line.subscriptionId !== id || line.serviceStart === null) return []
    const period = periodContaining(schedule, line.serviceStart)
    return period === null ? [] : [period.index]
  })
  const change = { billFromIndex: Math.min(billFromIndex, ...charged), ...late.change }
  const guards = [scope.write.update(subscriptions, id, version, change)]
  return ok({ customerId, guards, agenda: late.agenda })
}

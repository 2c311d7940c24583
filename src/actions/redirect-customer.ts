// Whose invoice a customer's charges go onto, and who receives it: whether that is possible, and what keeps it true until it is
// committed. Whoever is relied on is touched, so its version speaks for those who rely on it.

import type { Guarded } from "../db/database.ts"
import type { CustomerRow } from "../db/rows.ts"
import { customers } from "../db/schema.ts"
import { checkBilling } from "../domain/customer.ts"
import { err, ok } from "../domain/result.ts"
import { limits } from "../limits.ts"
import type { Outcome } from "./act.ts"
import { missing, refusal } from "./refusal.ts"
import type { Scope } from "./scope.ts"

/** The rows to touch so that `customer` is billed as its row says, or why it can't be. */
export async function redirectCustomer(scope: Scope, customer: CustomerRow): Promise<Outcome<CustomerRow[]>> {
  const { parentId, billToId, consolidation } = customer
  const consolidated = consolidation === "ConsolidateToParent" && parentId !== null
  const [parent, billTo] = await Promise.all([
    consolidated ? scope.read.customers.byId(parentId) : null,
    billToChain(scope, billToId),
  ])
  if (billToId !== null && billTo.length === 0) return err(missing("bill_to_id", "customer"))
  const checked = checkBilling(customer, parent, billTo)
  if (!checked.ok) {
    const { code, path, message } = checked.error
    return err(refusal(code, message, [{ path, message }]))
  }
  return ok([parent, billTo[0] ?? null].filter((row) => row !== null))
}

async function billToChain(scope: Scope, billToId: string | null): Promise<CustomerRow[]> {
  const chain: CustomerRow[] = []
  for (let id = billToId; id !== null && chain.length < limits.hierarchyLevels;) {
    const row: CustomerRow | null = await scope.read.customers.byId(id)
    if (row === null) break
    chain.push(row)
    id = row.billToId
  }
  return chain
}

/** Touches each row once. */
export function touched(scope: Scope, rows: readonly CustomerRow[]): Guarded[] {
  const byId = new Map(rows.map((row) => [row.id, row]))
  return Array.from(byId.values(), ({ id, version }) => scope.write.update(customers, id, version, {}))
}

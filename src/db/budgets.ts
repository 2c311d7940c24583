// What a change of a customer's alerts changes beside them: the version of its budget, and that of the terms of every
// subscription that spends from it. Both are found by the commit itself, so that one which is made meanwhile is not missed.

import { and, eq, sql, type SQL } from "drizzle-orm"
import type { Instant } from "../domain/time.ts"
import type { Database, Statement } from "./database.ts"
import { budgets, subscriptions } from "./schema.ts"

/** Of a query on subscriptions: those that spend, or have spent in a period that still runs, from a customer's budget. */
export function payees(tenantId: string, customerId: string, now: number): SQL {
  return sql`${subscriptions.customerId} IN (${payeeIds(tenantId, customerId)})
    AND (${subscriptions.status} IN ('Trialing', 'Active', 'PastDue', 'Paused') OR ${subscriptions.periodEnd} > ${now})`
}

/** A query for the customer and all whose usage is on its invoices. */
export function payeeIds(tenantId: string, customerId: string): SQL {
  return sql`
      WITH RECURSIVE payee (id) AS (
        SELECT ${customerId}
        UNION
        SELECT below.id FROM payee
        JOIN customers AS below ON below.tenant_id = ${tenantId} AND below.parent_id = payee.id
        WHERE below.consolidation = 'ConsolidateToParent'
      )
      SELECT id FROM payee`
}

/** A query for all whose usage a customer's credit pays, since their invoices go to it: its own, unless they go to somebody else, those
 *  of who names it in `bill_to_id`, and of all who consolidate to one of these. */
export function creditPayeeIds(tenantId: string, customerId: string): SQL {
  return sql`
      WITH RECURSIVE payee (id) AS (
        SELECT id FROM customers
        WHERE tenant_id = ${tenantId} AND id = ${customerId} AND bill_to_id IS NULL AND consolidation <> 'ConsolidateToParent'
        UNION
        SELECT id FROM customers
        WHERE tenant_id = ${tenantId} AND bill_to_id = ${customerId} AND consolidation <> 'ConsolidateToParent'
        UNION
        SELECT below.id FROM payee
        JOIN customers AS below ON below.tenant_id = ${tenantId} AND below.parent_id = payee.id
        WHERE below.consolidation = 'ConsolidateToParent'
      )
      SELECT id FROM payee`
}

/** Makes this the version of the customer's budget. */
export function putBudget(
  db: Database,
  tenantId: string,
  customerId: string,
  version: number,
  now: Instant,
): Statement {
  const mine = and(eq(subscriptions.tenantId, tenantId), payees(tenantId, customerId, now))
  const members = sql`(SELECT json_group_array(${subscriptions.id}) FROM ${subscriptions} WHERE ${mine})`
  return db
    .insert(budgets)
    .values({ tenantId, customerId, version, members })
    .onConflictDoUpdate({
      target: [budgets.tenantId, budgets.customerId],
      set: { version, members: sql`excluded.members` },
    })
}

/** Counts up the terms of all who spend from a customer's budget. */
export function renewTerms(db: Database, tenantId: string, customerId: string, now: Instant): Statement {
  const next = {
    termsVersion: sql`${subscriptions.termsVersion} + 1`,
    version: sql`${subscriptions.version} + 1`,
  }
  return db
    .update(subscriptions)
    .set(next)
    .where(and(eq(subscriptions.tenantId, tenantId), payees(tenantId, customerId, now)))
}

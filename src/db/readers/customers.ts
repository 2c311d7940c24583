// Reads customers and their hierarchy, of one tenant.

import { and, asc, eq, inArray, ne, or, sql } from "drizzle-orm"
import type { AccountType } from "../../domain/customer.ts"
import type { Database } from "../database.ts"
import type { Read } from "../together.ts"
import { ask, reading, readingOne } from "../together.ts"
import type { CustomerRow } from "../rows.ts"
import { customers, invoices, subscriptions } from "../schema.ts"
import type { Page } from "./page.ts"
import { pageOf } from "./page.ts"

export type TreeSize = { readonly nodes: number; readonly levels: number }

export function customerReader(db: Database, tenantId: string) {
  const mine = eq(customers.tenantId, tenantId)

  function one(id: string): Read<CustomerRow | null> {
    return readingOne(
      db
        .select()
        .from(customers)
        .where(and(mine, eq(customers.id, id))),
    )
  }

  async function byId(id: string): Promise<CustomerRow | null> {
    return ask(db, one(id))
  }

  /** The customer's parent and everything above it, nearest first. */
  async function ancestors(parentId: string | null, maxLevels: number): Promise<CustomerRow[]> {
    const found: CustomerRow[] = []
    for (let id = parentId; id !== null && found.length <= maxLevels;) {
      const row: CustomerRow | null = await byId(id)
      if (row === null) break
      found.push(row)
      id = row.parentId
    }
    return found
  }

  /** Everything below a customer, level by level, oldest first within a level. */
  async function descendants(rootId: string, maxNodes: number): Promise<CustomerRow[][]> {
    const levels: CustomerRow[][] = []
    let total = 0
    for (let parents = [rootId]; parents.length > 0;) {
      const level: CustomerRow[] = []
      // D1 binds at most 100 parameters to a statement.
      for (let from = 0; from < parents.length; from += 80) {
        const some = parents.slice(from, from + 80)
        level.push(
          ...(await db
            .select()
            .from(customers)
            .where(and(mine, inArray(customers.parentId, some)))
            .orderBy(asc(customers.id))
            .limit(maxNodes + 1)),
        )
      }
      total += level.length
      if (level.length > 0) levels.push(level)
      if (total > maxNodes) break
      parents = level.map((row) => row.id)
    }
    return levels
  }

  /**
   * How many customers a tree has and how many levels, the root's own among them; counting stops above `maxNodes`.
   * The branch of `exceptId` is left out.
   */
  async function treeSize(rootId: string, exceptId: string | null, maxNodes: number): Promise<TreeSize> {
    const row = await db.get<TreeSize>(sql`
      WITH RECURSIVE tree (id, level) AS (
        SELECT ${rootId}, 1
        UNION ALL
        SELECT child.id, tree.level + 1 FROM tree
        JOIN customers AS child ON child.tenant_id = ${tenantId} AND child.parent_id = tree.id
        WHERE child.id IS NOT ${exceptId}
        LIMIT ${maxNodes + 1}
      )
      SELECT COUNT(*) AS nodes, MAX(level) AS levels FROM tree`)
    return { nodes: row.nodes, levels: row.levels }
  }

  /** Which account types hang directly under a customer, each once. */
  async function childTypes(id: string): Promise<AccountType[]> {
    const rows = await db
      .selectDistinct({ accountType: customers.accountType })
      .from(customers)
      .where(and(mine, eq(customers.parentId, id)))
    return rows.map((row) => row.accountType)
  }

  /** Whether any customer consolidates to this one. */
  function isConsolidated(id: string): Read<boolean> {
    const rows = db
      .select({ id: customers.id })
      .from(customers)
      .where(
        and(
          mine,
          ne(customers.status, "Closed"),
          eq(customers.parentId, id),
          eq(customers.consolidation, "ConsolidateToParent"),
        ),
      )
      .limit(1)
    return reading(rows, (found) => found.length > 0)
  }

  /** Those whose invoices go to a customer: its children that consolidate to it, and who names it in `bill_to_id`. Closed ones
   *  get no more. */
  function dependants(id: string): Promise<CustomerRow[]> {
    const consolidates = and(eq(customers.parentId, id), eq(customers.consolidation, "ConsolidateToParent"))
    return db
      .select()
      .from(customers)
      .where(and(mine, ne(customers.status, "Closed"), or(consolidates, eq(customers.billToId, id))))
  }

  /** Whether anything was ever agreed or billed in the customer's currency. */
  async function hasHistory(id: string): Promise<boolean> {
    const [subscription, invoice] = await Promise.all([
      db
        .select({ id: subscriptions.id })
        .from(subscriptions)
        .where(and(eq(subscriptions.tenantId, tenantId), eq(subscriptions.customerId, id)))
        .get(),
      db
        .select({ id: invoices.id })
        .from(invoices)
        .where(and(eq(invoices.tenantId, tenantId), eq(invoices.customerId, id)))
        .get(),
    ])
    return subscription !== undefined || invoice !== undefined
  }

  /** Whether a subscription runs. One that ended has its last bill drafted in the same commit. */
  async function hasOpenSubscription(customerId: string): Promise<boolean> {
    const runs = inArray(subscriptions.status, ["Trialing", "Active", "PastDue", "Paused"])
    const its = and(eq(subscriptions.tenantId, tenantId), eq(subscriptions.customerId, customerId))
    const open = await db.select({ id: subscriptions.id }).from(subscriptions).where(and(its, runs)).get()
    return open !== undefined
  }

  return {
    one,
    byId,
    ancestors,
    descendants,
    treeSize,
    childTypes,
    isConsolidated,
    dependants,
    hasHistory,
    hasOpenSubscription,
    list: (page: Page, externalId: string | undefined) =>
      pageOf(db, customers, tenantId, page, [
        externalId === undefined ? undefined : eq(customers.externalId, externalId),
      ]),
  }
}

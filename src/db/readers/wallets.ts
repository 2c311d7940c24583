// Reads wallets, their grants and entries, of one tenant.

import { and, asc, eq, gt, inArray, sql } from "drizzle-orm"
import type { SQL } from "drizzle-orm"
import type { SQLiteColumn } from "drizzle-orm/sqlite-core"
import type { Currency } from "../../domain/currency.ts"
import type { Grant } from "../../domain/wallet.ts"
import type { Database } from "../database.ts"
import type { Read } from "../together.ts"
import { allOf, ask, mapped, reading } from "../together.ts"
import type { WalletEntryRow, WalletGrantRow, WalletRow } from "../rows.ts"
import { walletEntries, walletGrants, wallets } from "../schema.ts"
import type { Page, Paged } from "./page.ts"
import { pageOf } from "./page.ts"

/** A grant in its wallet. */
export type HeldGrant = Grant & { readonly row: WalletGrantRow; readonly wallet: WalletRow }

export type EntryFilter = {
  readonly customerId: string
  readonly walletId?: string | undefined
  readonly invoiceId?: string | undefined
}

export function walletReader(db: Database, tenantId: string) {
  const own = eq(wallets.tenantId, tenantId)
  const granted = eq(walletGrants.tenantId, tenantId)

  /** Oldest first. */
  function ofCustomer(customerId: string): Promise<WalletRow[]> {
    const where = and(own, eq(wallets.customerId, customerId))
    return db.select().from(wallets).where(where).orderBy(asc(wallets.id))
  }

  async function grantsWhere(...filters: Parameters<typeof and>): Promise<HeldGrant[]> {
    const rows = await db
      .select({ row: walletGrants, wallet: wallets })
      .from(walletGrants)
      .innerJoin(wallets, and(own, eq(wallets.id, walletGrants.walletId)))
      .where(and(granted, ...filters))
      .orderBy(asc(walletGrants.id))
    return rows.map(({ row, wallet }) => heldGrant(row, wallet))
  }

  /** The customer's grants of which something is left, also those that have lapsed and are not taken out yet; oldest first.
   *  `currency` null: in all of them. */
  function held(customerId: string, currency: Currency | null): Read<HeldGrant[]> {
    const where = and(
      granted,
      eq(walletGrants.customerId, customerId),
      currency === null ? undefined : eq(walletGrants.currency, currency),
      gt(walletGrants.remainingMinor, sql`0`),
    )
    const grants = db.select().from(walletGrants).where(where).orderBy(asc(walletGrants.id))
    const its = db
      .select()
      .from(wallets)
      .where(and(own, eq(wallets.customerId, customerId)))
    const both = allOf([reading(grants, (rows) => rows), reading(its, (rows) => rows)])
    return mapped(both, ([rows, found]) => {
      const byId = new Map(found.map((wallet) => [wallet.id, wallet]))
      return rows.flatMap((row) => {
        const wallet = byId.get(row.walletId)
        return wallet === undefined ? [] : [heldGrant(row, wallet)]
      })
    })
  }

  return {
    ofCustomer,
    held,

    async byId(customerId: string, id: string): Promise<WalletRow | null> {
      const where = and(own, eq(wallets.customerId, customerId), eq(wallets.id, id))
      return (await db.select().from(wallets).where(where).get()) ?? null
    },

    /** Whosever it is. */
    async anyById(id: string): Promise<WalletRow | null> {
      return (
        (await db
          .select()
          .from(wallets)
          .where(and(own, eq(wallets.id, id)))
          .get()) ?? null
      )
    },

    /** Where a customer's credit goes that names no wallet. */
    async defaultOf(customerId: string, currency: Currency): Promise<WalletRow | null> {
      const where = and(
        own,
        eq(wallets.customerId, customerId),
        eq(wallets.currency, currency),
        sql`${wallets.isDefault} = 1`,
      )
      return (await db.select().from(wallets).where(where).get()) ?? null
    },

    heldBy: (customerId: string, currency: Currency | null): Promise<HeldGrant[]> =>
      ask(db, held(customerId, currency)),

    async grant(id: string): Promise<HeldGrant | null> {
      return (await grantsWhere(eq(walletGrants.id, id)))[0] ?? null
    },

    /** Whatever is left of them. */
    grants: (ids: readonly string[]): Promise<HeldGrant[]> =>
      ids.length === 0 ? Promise.resolve([]) : grantsWhere(isOneOf(walletGrants.id, ids)),

    /** What came of payments or of an invoice below zero. */
    grantsOf: (sourceIds: readonly string[]): Promise<HeldGrant[]> =>
      sourceIds.length === 0 ? Promise.resolve([]) : grantsWhere(isOneOf(walletGrants.sourceId, sourceIds)),

    /** What was drawn for an invoice and what went back of it, oldest first. */
    drawnFor(invoiceId: string): Promise<WalletEntryRow[]> {
      const where = and(
        eq(walletEntries.tenantId, tenantId),
        eq(walletEntries.invoiceId, invoiceId),
        inArray(walletEntries.kind, ["Drawn", "Returned"]),
      )
      return db.select().from(walletEntries).where(where).orderBy(asc(walletEntries.id))
    },

    entries: (page: Page, filter: EntryFilter): Promise<Paged<WalletEntryRow>> =>
      pageOf(db, walletEntries, tenantId, page, [
        eq(walletEntries.customerId, filter.customerId),
        filter.walletId === undefined ? undefined : eq(walletEntries.walletId, filter.walletId),
        filter.invoiceId === undefined ? undefined : eq(walletEntries.invoiceId, filter.invoiceId),
      ]),

    /** The tags of SKUs, as their products have them now. */
    async tagsOf(skuIds: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>> {
      const rows = await db.all<{ id: string; tags: string }>(sql`
        SELECT DISTINCT s.id, r.tags FROM skus AS s
        JOIN plans AS p ON p.tenant_id = s.tenant_id AND p.id = s.plan_id
        JOIN products AS r ON r.tenant_id = p.tenant_id AND r.id = p.product_id
        WHERE s.tenant_id = ${tenantId} AND s.id IN (SELECT value FROM json_each(${JSON.stringify(skuIds)}))`)
      return new Map(rows.map(({ id, tags }) => [id, JSON.parse(tags) as string[]]))
    },
  }
}

function isOneOf(column: SQLiteColumn, ids: readonly string[]): SQL {
  return sql`${column} IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`
}

function heldGrant(row: WalletGrantRow, wallet: WalletRow): HeldGrant {
  const { id, kind, remainingMinor, priority, scope, expiresAt, createdAt } = row
  return {
    row,
    wallet,
    id,
    kind,
    remainingMinor,
    priority,
    scope,
    expiresAt,
    createdAt,
    walletPriority: wallet.priority,
    walletScope: wallet.scope,
  }
}

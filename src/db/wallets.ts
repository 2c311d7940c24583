// What is written of wallets beside their rows.

import { and, eq, sql } from "drizzle-orm"
import type { Minor } from "../domain/money.ts"
import type { Database, Guarded, Statement } from "./database.ts"
import { insertAll } from "./insert-all.ts"
import type { WalletEntryRow } from "./rows.ts"
import { walletEntries, walletGrants, wallets } from "./schema.ts"

/** Counts a wallet's version up, whatever it is by then: credit that comes depends on nothing that is there, so many who give at once
 *  all get through, and whoever decides what to take decides anew. */
export function touchWallet(db: Database, tenantId: string, walletId: string): Guarded {
  const where = and(eq(wallets.tenantId, tenantId), eq(wallets.id, walletId))
  return {
    guard: db
      .update(wallets)
      .set({ version: sql`${wallets.version} + 1` })
      .where(where),
  }
}

/** What is left of grants, by their ids, and the entries that say why. In few statements however many there are: what a wallet that fills
 *  itself up has bought in a month is drawn by one invoice. */
export function moveGrants(
  db: Database,
  tenantId: string,
  left: ReadonlyMap<string, Minor>,
  entries: readonly WalletEntryRow[],
): Statement[] {
  if (left.size === 0) return []
  const amounts = JSON.stringify(Array.from(left, ([id, amount]) => [id, amount.toString()]))
  const update = db
    .update(walletGrants)
    .set({ remainingMinor: sql`CAST(j.value ->> 1 AS INTEGER)` })
    .from(sql`json_each(${amounts}) AS j`)
    .where(and(eq(walletGrants.tenantId, tenantId), sql`${walletGrants.id} = j.value ->> 0`))
  return [update, ...insertAll(db, walletEntries, entries)]
}

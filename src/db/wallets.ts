// What is written of wallets beside their rows.

import { and, eq, sql } from "drizzle-orm"
import type { Database, Guarded } from "./database.ts"
import { wallets } from "./schema.ts"

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

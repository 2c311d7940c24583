// Reads the recharges of wallets, of one tenant.

import { and, desc, eq, gte, or } from "drizzle-orm"
import type { Instant } from "../../domain/time.ts"
import type { Database } from "../database.ts"
import type { WalletRechargeRow } from "../rows.ts"
import { walletRecharges } from "../schema.ts"

export function rechargeReader(db: Database, tenantId: string) {
  const mine = eq(walletRecharges.tenantId, tenantId)

  return {
    /** A wallet's recharges since a time, the one that is under way, and the last one. */
    async since(walletId: string, since: Instant): Promise<WalletRechargeRow[]> {
      const own = and(mine, eq(walletRecharges.walletId, walletId))
      const late = or(gte(walletRecharges.createdAt, since), eq(walletRecharges.status, "Pending"))
      const [some, last] = await Promise.all([
        db.select().from(walletRecharges).where(and(own, late)),
        db.select().from(walletRecharges).where(own).orderBy(desc(walletRecharges.createdAt)).limit(1),
      ])
      return [...some, ...last.filter(({ id }) => some.every((one) => one.id !== id))]
    },

    async byId(id: string): Promise<WalletRechargeRow | null> {
      return (
        (await db
          .select()
          .from(walletRecharges)
          .where(and(mine, eq(walletRecharges.id, id)))
          .get()) ?? null
      )
    },

    /** Null: it tops up no wallet by itself. */
    async ofInvoice(invoiceId: string): Promise<WalletRechargeRow | null> {
      const where = and(mine, eq(walletRecharges.invoiceId, invoiceId))
      return (await db.select().from(walletRecharges).where(where).get()) ?? null
    },
  }
}

// Reads payment methods, of one tenant.

import { and, desc, eq, isNull } from "drizzle-orm"
import type { Database } from "../database.ts"
import type { PaymentMethodRow } from "../rows.ts"
import { paymentMethods } from "../schema.ts"
import type { Page } from "./page.ts"
import { pageOf } from "./page.ts"

export function paymentMethodReader(db: Database, tenantId: string) {
  const mine = eq(paymentMethods.tenantId, tenantId)
  const attached = and(mine, isNull(paymentMethods.detachedAt))

  return {
    /** One that its customer still has. */
    async byId(customerId: string, id: string): Promise<PaymentMethodRow | null> {
      const where = and(attached, eq(paymentMethods.customerId, customerId), eq(paymentMethods.id, id))
      return (await db.select().from(paymentMethods).where(where).get()) ?? null
    },

    async defaultOf(customerId: string): Promise<PaymentMethodRow | null> {
      const where = and(
        attached,
        eq(paymentMethods.customerId, customerId),
        eq(paymentMethods.isDefault, true),
      )
      return (await db.select().from(paymentMethods).where(where).get()) ?? null
    },

    /** The customer's name at a processor, if it ever had a method there. */
    async customerRef(customerId: string, processor: PaymentMethodRow["processor"]): Promise<string | null> {
      const where = and(
        mine,
        eq(paymentMethods.customerId, customerId),
        eq(paymentMethods.processor, processor),
      )
      const row = await db
        .select({ customerRef: paymentMethods.customerRef })
        .from(paymentMethods)
        .where(where)
        .orderBy(desc(paymentMethods.id))
        .limit(1)
        .get()
      return row?.customerRef ?? null
    },

    list: (page: Page, customerId: string) =>
      pageOf(db, paymentMethods, tenantId, page, [
        isNull(paymentMethods.detachedAt),
        eq(paymentMethods.customerId, customerId),
      ]),
  }
}

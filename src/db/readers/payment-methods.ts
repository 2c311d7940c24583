// Reads payment methods, of one tenant.

import { and, desc, eq, isNull, or, sql } from "drizzle-orm"
import type { Database } from "../database.ts"
import type { Read } from "../together.ts"
import { reading } from "../together.ts"
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

    /** Of the methods that a customer still has: those of these ids, and the default. */
    choices(customerId: string, ids: readonly string[]): Read<PaymentMethodRow[]> {
      const wanted = sql`(SELECT value FROM json_each(${JSON.stringify(ids)}))`
      const named = or(eq(paymentMethods.isDefault, true), sql`${paymentMethods.id} IN ${wanted}`)
      const where = and(attached, eq(paymentMethods.customerId, customerId), named)
      return reading(db.select().from(paymentMethods).where(where), (rows) => rows)
    },

    async defaultOf(customerId: string): Promise<PaymentMethodRow | null> {
      const where = and(
        attached,
        eq(paymentMethods.customerId, customerId),
        eq(paymentMethods.isDefault, true),
      )
      return (await db.select().from(paymentMethods).where(where).get()) ?? null
    },

    /** The customer's name at an account of a processor, if it ever had a method there. What was kept before accounts were told apart
     *  may be of this one. */
    async customerRef(
      customerId: string,
      processor: PaymentMethodRow["processor"],
      accountRef: string,
    ): Promise<string | null> {
      const where = and(
        mine,
        eq(paymentMethods.customerId, customerId),
        eq(paymentMethods.processor, processor),
        or(eq(paymentMethods.accountRef, accountRef), isNull(paymentMethods.accountRef)),
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

    /** The last one of a customer that was given under this name and that it still has. */
    async byGivenRef(
      customerId: string,
      processor: PaymentMethodRow["processor"],
      givenRef: string,
    ): Promise<PaymentMethodRow | null> {
      const where = and(
        attached,
        eq(paymentMethods.customerId, customerId),
        eq(paymentMethods.processor, processor),
        eq(paymentMethods.givenRef, givenRef),
      )
      const newest = db.select().from(paymentMethods).where(where).orderBy(desc(paymentMethods.id))
      return (await newest.limit(1).get()) ?? null
    },

    /** Also those that were taken away since. */
    async byIds(ids: readonly string[]): Promise<PaymentMethodRow[]> {
      if (ids.length === 0) return []
      const wanted = sql`(SELECT value FROM json_each(${JSON.stringify(ids)}))`
      return db
        .select()
        .from(paymentMethods)
        .where(and(mine, sql`${paymentMethods.id} IN ${wanted}`))
    },

    list: (page: Page, customerId: string) =>
      pageOf(db, paymentMethods, tenantId, page, [
        isNull(paymentMethods.detachedAt),
        eq(paymentMethods.customerId, customerId),
      ]),
  }
}

// Statement builders, bound to one tenant. They only build: nothing happens until `commit`.
// Law: every row gets the tenant's id here, and every update names it, so another tenant's row cannot be reached.

import type { SQL } from "drizzle-orm"
import { and, eq, isNull, sql } from "drizzle-orm"
import type { SQLiteColumn, SQLiteTable } from "drizzle-orm/sqlite-core"
import type { Database, Guarded, Statement } from "./database.ts"
import { insertAll } from "./insert-all.ts"
import {
  agenda,
  coupons,
  customers,
  invoices,
  payments,
  planVersions,
  skus,
  subscriptions,
  tenants,
} from "./schema.ts"
import type { Minor } from "../domain/money.ts"
import type { Instant } from "../domain/time.ts"
import type { Creditor } from "./owed.ts"
import { owedOn, owedTo, refundableOf } from "./owed.ts"

type TenantTable = SQLiteTable & { tenantId: SQLiteColumn }
type VersionedTable = TenantTable & { id: SQLiteColumn; version: SQLiteColumn }
type Row<T extends SQLiteTable> = Omit<T["$inferInsert"], "tenantId">
type Changes<T extends SQLiteTable> = Partial<Omit<T["$inferInsert"], "tenantId" | "id" | "version">>
type PlanVersionChanges = Partial<Pick<typeof planVersions.$inferInsert, "cadence" | "terms">>

export type Writer = ReturnType<typeof writerFor>
export type PlanVersionRow = typeof planVersions.$inferSelect

/** An amount as a whole number, which a parameter of D1 is not. */
function whole(amount: Minor): SQL {
  return sql`CAST(${amount.toString()} AS INTEGER)`
}

export function writerFor(db: Database, tenantId: string) {
  return {
    insert<T extends TenantTable>(table: T, row: Row<T>): Statement {
      return db.insert(table).values({ ...row, tenantId } as unknown as T["$inferInsert"])
    },

    insertAll<T extends TenantTable>(table: T, rows: readonly Row<T>[]): Statement[] {
      return insertAll(db, table, rows.map((row) => ({ ...row, tenantId })) as unknown as T["$inferInsert"][])
    },

    /** Changes one row that must still have the version that was read, and counts the version up. */
    update<T extends VersionedTable>(table: T, id: string, version: number, changes: Changes<T>): Guarded {
      const set = { ...changes, version: version + 1 } as unknown as T["$inferInsert"]
      const where = and(eq(table.tenantId, tenantId), eq(table.id, id), eq(table.version, version))
      return { guard: db.update(table).set(set).where(where) }
    },

    /** Changes a row that no guard protects, because another row of the same commit does. */
    change<T extends TenantTable & { id: SQLiteColumn }>(
      table: T,
      id: string,
      changes: Changes<T>,
    ): Statement {
      const set = changes as unknown as T["$inferInsert"]
      return db
        .update(table)
        .set(set)
        .where(and(eq(table.tenantId, tenantId), eq(table.id, id)))
    },

    /** Takes a row away that no guard protects, because another row of the same commit does. */
    remove<T extends TenantTable & { id: SQLiteColumn }>(table: T, id: string): Statement {
      return db.delete(table).where(and(eq(table.tenantId, tenantId), eq(table.id, id)))
    },

    updateTenant(
      version: number,
      changes: Partial<Omit<typeof tenants.$inferInsert, "id" | "version">>,
    ): Guarded {
      const where = and(eq(tenants.id, tenantId), eq(tenants.version, version))
      return {
        guard: db
          .update(tenants)
          .set({ ...changes, version: version + 1 })
          .where(where),
      }
    },

    /** Redeems a coupon once more, if it may be still. Its terms never change, so who redeems it at the same time is no conflict: many
     *  get through at once, and never one too many. */
    redeemCoupon(couponId: string, now: Instant): Guarded {
      const where = and(
        eq(coupons.tenantId, tenantId),
        eq(coupons.id, couponId),
        isNull(coupons.archivedAt),
        sql`(${coupons.expiresAt} IS NULL OR ${coupons.expiresAt} > ${now})`,
        sql`(${coupons.maxRedemptions} IS NULL OR ${coupons.timesRedeemed} < ${coupons.maxRedemptions})`,
      )
      const set = {
        timesRedeemed: sql`${coupons.timesRedeemed} + 1`,
        version: sql`${coupons.version} + 1`,
      }
      return { guard: db.update(coupons).set(set).where(where) }
    },

    /** Speaks for what is owed to a customer, if so much is owed and not on its way yet. Who asks at the same time is no conflict: all
     *  get through for whom there is enough. `isFree`: without what invoices that pay out wait for. */
    holdOwed(creditor: Creditor, amount: Minor, isFree: boolean): Guarded {
      const owed = owedTo(tenantId, creditor, isFree)
      const where = and(
        eq(customers.tenantId, tenantId),
        eq(customers.id, creditor.customerId),
        sql`${owed} >= ${whole(amount)}`,
      )
      return {
        guard: db
          .update(customers)
          .set({ version: sql`${customers.version} + 1` })
          .where(where),
      }
    },

    /** Pays out what is owed on an invoice, if so much is owed there. Who asks at the same time is no conflict, as of `holdOwed`. */
    payOutOn(invoiceId: string, amount: Minor): Guarded {
      const where = and(
        eq(invoices.tenantId, tenantId),
        eq(invoices.id, invoiceId),
        sql`${owedOn("invoices")} >= ${whole(amount)}`,
      )
      return {
        guard: db
          .update(invoices)
          .set({ version: sql`${invoices.version} + 1` })
          .where(where),
      }
    },

    /** Gives so much of a payment back by a payout, if so much of it is left. */
    payOutOf(paymentId: string, amount: Minor): Guarded {
      const where = and(
        eq(payments.tenantId, tenantId),
        eq(payments.id, paymentId),
        sql`${refundableOf("payments")} >= ${whole(amount)}`,
      )
      const set = {
        paidOutMinor: sql`COALESCE(${payments.paidOutMinor}, 0) + ${whole(amount)}`,
        version: sql`${payments.version} + 1`,
      }
      return { guard: db.update(payments).set(set).where(where) }
    },

    /** Counts up the terms of these subscriptions, whatever they are by then. */
    renewTerms(subscriptionIds: readonly string[]): Statement {
      const ids = sql`(SELECT value FROM json_each(${JSON.stringify(subscriptionIds)}))`
      return db
        .update(subscriptions)
        .set({
          termsVersion: sql`${subscriptions.termsVersion} + 1`,
          version: sql`${subscriptions.version} + 1`,
        })
        .where(and(eq(subscriptions.tenantId, tenantId), sql`${subscriptions.id} IN ${ids}`))
    },

    /** Ends the current terms of a SKU at a plan version. */
    retireSku(skuId: string, toVersion: number): Guarded {
      const where = and(eq(skus.tenantId, tenantId), eq(skus.id, skuId), isNull(skus.toVersion))
      return { guard: db.update(skus).set({ toVersion }).where(where) }
    },

    /** Changes the terms of a SKU that begin at a plan version, and no others of it. */
    changeSku(skuId: string, fromVersion: number, changes: Changes<typeof skus>): Guarded {
      const where = and(eq(skus.tenantId, tenantId), eq(skus.id, skuId), eq(skus.fromVersion, fromVersion))
      return { guard: db.update(skus).set(changes).where(where) }
    },

    /** Changes the terms of a plan version in place: only for a version that nobody has subscribed to. */
    changePlanVersion(planId: string, planVersion: number, changes: PlanVersionChanges): Guarded {
      const where = and(
        eq(planVersions.tenantId, tenantId),
        eq(planVersions.planId, planId),
        eq(planVersions.planVersion, planVersion),
      )
      return { guard: db.update(planVersions).set(changes).where(where) }
    },

    finishJob(agendaId: string, doneAt: Instant): Guarded {
      const where = and(
        eq(agenda.tenantId, tenantId),
        eq(agenda.id, agendaId),
        sql`${agenda.status} <> 'Done'`,
      )
      return { guard: db.update(agenda).set({ status: "Done", doneAt, leaseUntil: null }).where(where) }
    },
  }
}

// What Billy's lists show of subscriptions, invoices and the money that is asked for them, of one tenant: slices from an offset on,
// newest first.

import { and, asc, count, desc, eq, inArray, isNotNull, isNull, sql } from "drizzle-orm"
import type { SQL } from "drizzle-orm"
import type { Database } from "../database.ts"
import type {
  DunningRow,
  InvoiceLineRow,
  InvoiceRow,
  PaymentRow,
  PayoutRow,
  RefundRow,
  SkuRow,
  SubscriptionRow,
} from "../rows.ts"
import {
  dunnings,
  invoiceLines,
  invoices,
  paymentMethods,
  payments,
  payouts,
  refunds,
  skus,
  subscriptions,
} from "../schema.ts"
import type { Slice } from "./page.ts"
import { listed, sliceOf } from "./page.ts"

/** Whose: all of the tenant where nothing is named. `customerId` of invoices means those that are of no subscription. */
export type Whose = {
  readonly customerId?: string
  readonly planId?: string
  readonly subscriptionId?: string
  readonly invoiceId?: string
  /** The customer's name for an invoice. */
  readonly externalId?: string | undefined
}

/** All money of one invoice. Payments and payouts come oldest first. */
export type InvoiceMoney = {
  readonly payments: readonly PaymentRow[]
  readonly refunds: readonly RefundRow[]
  readonly payouts: readonly PayoutRow[]
  readonly dunning: DunningRow | null
}

export type TransactionRef = { readonly id: string; readonly invoiceId: string }

export function billyMoneyReader(db: Database, tenantId: string) {
  /** Which invoices are meant. */
  function invoicesOf({ customerId, planId, subscriptionId, invoiceId, externalId }: Whose): SQL | undefined {
    const ofPlan = sql`SELECT id FROM subscriptions WHERE tenant_id = ${tenantId} AND plan_id = ${planId ?? ""}`
    return and(
      eq(invoices.tenantId, tenantId),
      eq(invoices.type, "Standard"),
      customerId === undefined ? undefined : eq(invoices.customerId, customerId),
      customerId === undefined ? undefined : isNull(invoices.subscriptionId),
      planId === undefined ? undefined : sql`${invoices.subscriptionId} IN (${ofPlan})`,
      subscriptionId === undefined ? undefined : eq(invoices.subscriptionId, subscriptionId),
      invoiceId === undefined ? undefined : eq(invoices.id, invoiceId),
      externalId === undefined ? undefined : eq(invoices.customerExternalId, externalId),
    )
  }

  return {
    subscriptions: (slice: Slice, { customerId, planId }: Whose): Promise<SubscriptionRow[]> =>
      sliceOf(db, subscriptions, tenantId, slice, [
        customerId === undefined ? undefined : eq(subscriptions.customerId, customerId),
        planId === undefined ? undefined : eq(subscriptions.planId, planId),
      ]),

    subscriptionsById(ids: readonly string[]): Promise<SubscriptionRow[]> {
      const named = sql`${subscriptions.id} IN ${listed(ids)}`
      return db
        .select()
        .from(subscriptions)
        .where(and(eq(subscriptions.tenantId, tenantId), named))
    },

    /** How many invoices each subscription has. */
    async invoiceCounts(subscriptionIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
      const rows = await db
        .select({ id: invoices.subscriptionId, n: count() })
        .from(invoices)
        .where(and(invoicesOf({}), sql`${invoices.subscriptionId} IN ${listed(subscriptionIds)}`))
        .groupBy(invoices.subscriptionId)
      return new Map(rows.map(({ id, n }) => [id ?? "", n]))
    },

    /** The SKUs of plans, in all their versions. */
    skusOfPlans(planIds: readonly string[]): Promise<SkuRow[]> {
      const named = sql`${skus.planId} IN ${listed(planIds)}`
      return db
        .select()
        .from(skus)
        .where(and(eq(skus.tenantId, tenantId), named))
        .orderBy(asc(skus.id))
    },

    /** Those of a subscription or plan by when they were due, the others by when they were made. */
    invoices({ offset, limit }: Slice, whose: Whose): Promise<InvoiceRow[]> {
      const isScheduled = whose.planId !== undefined || whose.subscriptionId !== undefined
      const scheduledAt = sql`COALESCE((SELECT MAX(l.service_start) FROM invoice_lines l
        WHERE l.tenant_id = ${tenantId} AND l.invoice_id = ${invoices.id}), ${invoices.createdAt})`
      const order = isScheduled ? [desc(scheduledAt), desc(invoices.id)] : [desc(invoices.id)]
      const found = db.select().from(invoices).where(invoicesOf(whose))
      return found
        .orderBy(...order)
        .limit(limit)
        .offset(offset)
    },

    invoicesById(ids: readonly string[]): Promise<InvoiceRow[]> {
      return db
        .select()
        .from(invoices)
        .where(and(invoicesOf({}), sql`${invoices.id} IN ${listed(ids)}`))
    },

    linesOf(invoiceIds: readonly string[]): Promise<InvoiceLineRow[]> {
      const named = sql`${invoiceLines.invoiceId} IN ${listed(invoiceIds)}`
      return db
        .select()
        .from(invoiceLines)
        .where(and(eq(invoiceLines.tenantId, tenantId), named))
        .orderBy(asc(invoiceLines.invoiceId), asc(invoiceLines.position))
    },

    /** Of some customers, those who have a default method, with it. */
    async defaultMethods(customerIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
      const rows = await db
        .select({ id: paymentMethods.id, customerId: paymentMethods.customerId })
        .from(paymentMethods)
        .where(
          and(
            eq(paymentMethods.tenantId, tenantId),
            eq(paymentMethods.isDefault, true),
            isNull(paymentMethods.detachedAt),
            sql`${paymentMethods.customerId} IN ${listed(customerIds)}`,
          ),
        )
      return new Map(rows.map(({ id, customerId }) => [customerId, id]))
    },

    async moneyOf(invoiceIds: readonly string[]): Promise<ReadonlyMap<string, InvoiceMoney>> {
      const wanted = listed(invoiceIds)
      const [paid, given, out, dunned] = await Promise.all([
        db
          .select()
          .from(payments)
          .where(and(eq(payments.tenantId, tenantId), sql`${payments.invoiceId} IN ${wanted}`))
          .orderBy(asc(payments.id)),
        db
          .select()
          .from(refunds)
          .where(and(eq(refunds.tenantId, tenantId), sql`${refunds.invoiceId} IN ${wanted}`))
          .orderBy(asc(refunds.id)),
        db
          .select()
          .from(payouts)
          .where(and(eq(payouts.tenantId, tenantId), sql`${payouts.invoiceId} IN ${wanted}`))
          .orderBy(asc(payouts.id)),
        db
          .select()
          .from(dunnings)
          .where(and(eq(dunnings.tenantId, tenantId), sql`${dunnings.invoiceId} IN ${wanted}`))
          .orderBy(asc(dunnings.id)),
      ])
      const of = <T extends { readonly invoiceId: string | null }>(rows: readonly T[]) =>
        Map.groupBy(rows, ({ invoiceId }) => invoiceId)
      const [byPaid, byGiven, byOut, byDunned] = [of(paid), of(given), of(out), of(dunned)]
      return new Map(
        invoiceIds.map((id) => [
          id,
          {
            payments: byPaid.get(id) ?? [],
            refunds: byGiven.get(id) ?? [],
            payouts: byOut.get(id) ?? [],
            dunning: byDunned.get(id)?.at(-1) ?? null,
          },
        ]),
      )
    },

    /** Payments that begin a transaction, refunds and payouts of invoices, newest first. */
    async transactions({ offset, limit }: Slice, whose: Whose): Promise<TransactionRef[]> {
      const isAll = Object.values(whose).every((value) => value === undefined)
      const some = isAll ? undefined : db.select({ id: invoices.id }).from(invoices).where(invoicesOf(whose))
      const of = (table: typeof payments | typeof refunds | typeof payouts) =>
        and(
          eq(table.tenantId, tenantId),
          isNotNull(table.invoiceId),
          some === undefined ? undefined : inArray(table.invoiceId, some),
        )
      const ref = (table: typeof payments | typeof refunds | typeof payouts) => ({
        id: sql<string>`${table.id}`.as("id"),
        invoiceId: sql<string>`${table.invoiceId}`.as("invoice_id"),
      })
      return db
        .select(ref(payments))
        .from(payments)
        .where(and(of(payments), sql`NOT ${goesOn}`))
        .unionAll(db.select(ref(refunds)).from(refunds).where(of(refunds)))
        .unionAll(db.select(ref(payouts)).from(payouts).where(of(payouts)))
        .orderBy(sql`id DESC`)
        .limit(limit)
        .offset(offset)
    },

    /** The invoice of a payment, refund or payout. */
    async invoiceOf(id: string): Promise<string | null> {
      const found = await Promise.all(
        [payments, refunds, payouts].map((table) =>
          db
            .select({ invoiceId: table.invoiceId })
            .from(table)
            .where(and(eq(table.tenantId, tenantId), eq(table.id, id)))
            .get(),
        ),
      )
      return found.find((row) => row !== undefined)?.invoiceId ?? null
    },
  }
}

/** Whether a payment goes on with what the one before it began: `goesOn` of billy/series.ts, as SQL. */
const goesOn = sql`EXISTS (SELECT 1 FROM payments b WHERE b.id = (
    SELECT MAX(c.id) FROM payments c WHERE c.tenant_id = payments.tenant_id
      AND c.invoice_id = payments.invoice_id AND c.id < payments.id)
  AND b.status = 'Failed' AND COALESCE(b.is_hard_failure, 0) = 0 AND b.returned_at IS NULL
  AND b.kind = 'Processor' AND payments.kind = 'Processor' AND b.method_id IS payments.method_id
  AND payments.attempt_key NOT LIKE 'request:%')`

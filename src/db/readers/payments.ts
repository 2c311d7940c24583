// Reads payments, refunds, events of processors and dunning, of one tenant.

import { and, asc, desc, eq, gte, inArray, isNotNull, isNull, lt, ne, sql } from "drizzle-orm"
import type { Minor } from "../../domain/money.ts"
import { minor } from "../../domain/money.ts"
import type { PaymentStatus } from "../../domain/payment.ts"
import type { Instant } from "../../domain/time.ts"
import type { Database } from "../database.ts"
import type { DunningRow, PaymentRow, ProcessorEventRow, RefundRow, SubscriptionRow } from "../rows.ts"
import {
  dunnings,
  invoiceLines,
  invoices,
  payments,
  processorEvents,
  refunds,
  subscriptions,
} from "../schema.ts"
import type { Page } from "./page.ts"
import { pageOf } from "./page.ts"

export type PaymentFilter = {
  readonly customerId?: string | undefined
  readonly invoiceId?: string | undefined
  readonly status?: PaymentStatus | undefined
  readonly from?: Instant | undefined
  readonly to?: Instant | undefined
}

export function paymentReader(db: Database, tenantId: string) {
  const ofTenant = eq(payments.tenantId, tenantId)

  async function subscriptionsOf(invoiceId: string): Promise<SubscriptionRow[]> {
    const billed = sql`SELECT subscription_id FROM ${invoiceLines} WHERE tenant_id = ${tenantId} AND invoice_id = ${invoiceId}
      UNION SELECT subscription_id FROM ${invoices} WHERE tenant_id = ${tenantId} AND id = ${invoiceId}`
    return db
      .select()
      .from(subscriptions)
      .where(and(eq(subscriptions.tenantId, tenantId), sql`${subscriptions.id} IN (${billed})`))
  }

  return {
    async byId(id: string): Promise<PaymentRow | null> {
      const where = and(ofTenant, eq(payments.id, id))
      return (await db.select().from(payments).where(where).get()) ?? null
    },

    /** The last payment that a job or request of this name began, whatever it asked for. */
    async byAttempt(invoiceId: string, name: string): Promise<PaymentRow | null> {
      const begun = `${name}|`
      const where = and(
        ofTenant,
        eq(payments.invoiceId, invoiceId),
        sql`(${payments.attemptKey} = ${name} OR substr(${payments.attemptKey}, 1, ${begun.length}) = ${begun})`,
      )
      return (await db.select().from(payments).where(where).orderBy(desc(payments.id)).get()) ?? null
    },

    async byCharge(processor: string, chargeRef: string): Promise<PaymentRow | null> {
      const where = and(ofTenant, eq(payments.processor, processor), eq(payments.chargeRef, chargeRef))
      return (await db.select().from(payments).where(where).get()) ?? null
    },

    list: (page: Page, filter: PaymentFilter) =>
      pageOf(db, payments, tenantId, page, [
        filter.customerId === undefined ? undefined : eq(payments.customerId, filter.customerId),
        filter.invoiceId === undefined ? undefined : eq(payments.invoiceId, filter.invoiceId),
        filter.status === undefined ? undefined : eq(payments.status, filter.status),
        filter.from === undefined ? undefined : gte(payments.createdAt, filter.from),
        filter.to === undefined ? undefined : lt(payments.createdAt, filter.to),
      ]),

    /** Newest first. */
    ofInvoice(invoiceId: string, limit: number): Promise<PaymentRow[]> {
      const where = and(ofTenant, eq(payments.invoiceId, invoiceId))
      return db.select().from(payments).where(where).orderBy(desc(payments.id)).limit(limit)
    },

    /** Those that have no end yet, newest first. */
    underWayOf(invoiceId: string): Promise<PaymentRow[]> {
      const open = inArray(payments.status, ["Processing", "Pending", "RequiresAction"])
      const where = and(ofTenant, eq(payments.invoiceId, invoiceId), open)
      return db.select().from(payments).where(where).orderBy(desc(payments.id))
    },

    /** The last one that a method was declined for good with. */
    async hardFailureOf(invoiceId: string, methodId: string): Promise<PaymentRow | null> {
      const where = and(
        ofTenant,
        eq(payments.invoiceId, invoiceId),
        eq(payments.methodId, methodId),
        eq(payments.isHardFailure, true),
      )
      return (await db.select().from(payments).where(where).orderBy(desc(payments.id)).limit(1).get()) ?? null
    },

    /** Those that succeeded and are not given back in full, newest first, older than one. */
    leftOf(invoiceId: string, before: string | null, limit: number): Promise<PaymentRow[]> {
      const where = and(
        ofTenant,
        eq(payments.invoiceId, invoiceId),
        eq(payments.status, "Succeeded"),
        sql`${payments.amountMinor} > ${payments.refundedMinor} + COALESCE(${payments.paidOutMinor}, 0)`,
        before === null ? undefined : lt(payments.id, before),
      )
      return db.select().from(payments).where(where).orderBy(desc(payments.id)).limit(limit)
    },

    /** Those of an invoice that are or were disputed, oldest first. */
    disputedOf(invoiceId: string): Promise<PaymentRow[]> {
      const where = and(ofTenant, eq(payments.invoiceId, invoiceId), isNotNull(payments.disputeStatus))
      return db.select().from(payments).where(where).orderBy(asc(payments.id))
    },

    /** What of the payments that succeeded came beyond what was due, and is no credit. */
    async beyondDue(invoiceId: string): Promise<Minor> {
      const beyond = sql<string>`CAST(COALESCE(SUM(
        ${payments.amountMinor} - ${payments.appliedMinor} - ${payments.creditedMinor}
        - COALESCE(${payments.setOffMinor}, 0)), 0) AS TEXT)`
      const where = and(ofTenant, eq(payments.invoiceId, invoiceId), eq(payments.status, "Succeeded"))
      const row = await db.select({ beyond }).from(payments).where(where).get()
      return minor(BigInt(row?.beyond ?? "0"))
    },

    /** What of an invoice's payments left again by payouts, or is on its way by them. */
    async paidOutOf(invoiceId: string): Promise<Minor> {
      const out = sql<string>`CAST(COALESCE(SUM(${payments.paidOutMinor}), 0) AS TEXT)`
      const where = and(ofTenant, eq(payments.invoiceId, invoiceId))
      const row = await db.select({ out }).from(payments).where(where).get()
      return minor(BigInt(row?.out ?? "0"))
    },

    async refund(id: string): Promise<RefundRow | null> {
      const where = and(eq(refunds.tenantId, tenantId), eq(refunds.id, id))
      return (await db.select().from(refunds).where(where).get()) ?? null
    },

    /** Oldest first. */
    refundsOf(invoiceId: string): Promise<RefundRow[]> {
      const where = and(eq(refunds.tenantId, tenantId), eq(refunds.invoiceId, invoiceId))
      return db.select().from(refunds).where(where).orderBy(asc(refunds.id))
    },

    refundPage: (page: Page, paymentId: string) =>
      pageOf(db, refunds, tenantId, page, [eq(refunds.paymentId, paymentId)]),

    async refundByRef(refundRef: string): Promise<RefundRow | null> {
      const where = and(eq(refunds.tenantId, tenantId), eq(refunds.refundRef, refundRef))
      return (await db.select().from(refunds).where(where).get()) ?? null
    },

    async event(processor: string, eventId: string): Promise<ProcessorEventRow | null> {
      const where = and(
        eq(processorEvents.tenantId, tenantId),
        eq(processorEvents.processor, processor),
        eq(processorEvents.eventId, eventId),
      )
      return (await db.select().from(processorEvents).where(where).get()) ?? null
    },

    /** Events of a charge that came before it was known, in the order in which they came. */
    waitingEvents(processor: string, chargeRef: string, limit: number): Promise<ProcessorEventRow[]> {
      const where = and(
        eq(processorEvents.tenantId, tenantId),
        eq(processorEvents.chargeRef, chargeRef),
        eq(processorEvents.processor, processor),
        isNull(processorEvents.appliedAt),
      )
      return db.select().from(processorEvents).where(where).orderBy(asc(processorEvents.id)).limit(limit)
    },

    /** When the last event of a charge or payout happened, as far as the processor was asked; null: none is known. */
    async lastEventAt(
      processor: string,
      chargeRef: string,
      kinds: readonly string[],
    ): Promise<Instant | null> {
      const row = await db
        .select({ at: processorEvents.occurredAt })
        .from(processorEvents)
        .where(
          and(
            eq(processorEvents.tenantId, tenantId),
            eq(processorEvents.chargeRef, chargeRef),
            eq(processorEvents.processor, processor),
            inArray(processorEvents.kind, [...kinds]),
            isNotNull(processorEvents.occurredAt),
          ),
        )
        .orderBy(desc(processorEvents.occurredAt))
        .limit(1)
        .get()
      return row?.at ?? null
    },

    async dunning(id: string): Promise<DunningRow | null> {
      const where = and(eq(dunnings.tenantId, tenantId), eq(dunnings.id, id))
      return (await db.select().from(dunnings).where(where).get()) ?? null
    },

    /** The last one of an invoice. */
    async dunningOf(invoiceId: string): Promise<DunningRow | null> {
      const where = and(eq(dunnings.tenantId, tenantId), eq(dunnings.invoiceId, invoiceId))
      return (await db.select().from(dunnings).where(where).orderBy(desc(dunnings.id)).get()) ?? null
    },

    /** Those of a customer that no payment has ended. */
    unpaidDunnings(customerId: string): Promise<DunningRow[]> {
      const where = and(
        eq(dunnings.tenantId, tenantId),
        eq(dunnings.customerId, customerId),
        inArray(dunnings.status, ["Active", "Exhausted"]),
      )
      return db.select().from(dunnings).where(where).orderBy(asc(dunnings.id))
    },

    /** The subscriptions that an invoice charges. */
    subscriptionsOf,

    /** Other unpaid dunnings than this one whose invoices charge a subscription, oldest first. */
    async keepersOf(subscriptionId: string, exceptDunningId: string): Promise<DunningRow[]> {
      const charges = sql`(${invoices.subscriptionId} = ${subscriptionId} OR EXISTS (
        SELECT 1 FROM ${invoiceLines} l
        WHERE l.tenant_id = ${tenantId} AND l.invoice_id = ${invoices.id} AND l.subscription_id = ${subscriptionId}))`
      const rows = await db
        .select({ dunning: dunnings })
        .from(dunnings)
        .innerJoin(
          invoices,
          and(eq(invoices.tenantId, dunnings.tenantId), eq(invoices.id, dunnings.invoiceId)),
        )
        .where(
          and(
            eq(dunnings.tenantId, tenantId),
            inArray(dunnings.status, ["Active", "Exhausted"]),
            ne(dunnings.id, exceptDunningId),
            eq(invoices.status, "Open"),
            sql`${dunnings.customerId} = (SELECT customer_id FROM ${dunnings} WHERE tenant_id = ${tenantId} AND id = ${exceptDunningId})`,
            charges,
          ),
        )
        .orderBy(asc(dunnings.id))
      return rows.map(({ dunning }) => dunning)
    },

    /** Of some subscriptions, those that another invoice than this keeps behind. */
    async keptBehind(subscriptionIds: readonly string[], exceptInvoiceId: string): Promise<Set<string>> {
      const behind = new Set<string>()
      if (subscriptionIds.length === 0) return behind
      const wanted = sql`(SELECT value FROM json_each(${JSON.stringify(subscriptionIds)}))`
      const rows = await db
        .selectDistinct({ own: invoices.subscriptionId, line: invoiceLines.subscriptionId })
        .from(dunnings)
        .innerJoin(
          invoices,
          and(eq(invoices.tenantId, dunnings.tenantId), eq(invoices.id, dunnings.invoiceId)),
        )
        .leftJoin(
          invoiceLines,
          and(
            eq(invoiceLines.tenantId, dunnings.tenantId),
            eq(invoiceLines.invoiceId, dunnings.invoiceId),
            sql`${invoiceLines.subscriptionId} IN ${wanted}`,
          ),
        )
        .where(
          and(
            eq(dunnings.tenantId, tenantId),
            inArray(dunnings.status, ["Active", "Exhausted"]),
            ne(dunnings.invoiceId, exceptInvoiceId),
            eq(invoices.status, "Open"),
            sql`${dunnings.customerId} IN (SELECT customer_id FROM ${invoices} WHERE tenant_id = ${tenantId} AND id = ${exceptInvoiceId})`,
          ),
        )
      for (const { own, line } of rows) {
        for (const id of [own, line]) if (id !== null && subscriptionIds.includes(id)) behind.add(id)
      }
      return behind
    },
  }
}

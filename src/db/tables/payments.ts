// Payments, refunds, what processors told, and dunning.

import { sql } from "drizzle-orm"
import { index, integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core"
import type { DunningSettings, DunningStatus, DunningStep } from "../../domain/dunning.ts"
import type { Dispute } from "../../domain/dispute.ts"
import type {
  DisputeStatus,
  PaymentKind,
  PaymentStatus,
  RefundSource,
  RefundStatus,
} from "../../domain/payment.ts"
import { booleanColumn, currencyColumn, instantColumn, jsonColumn, minorColumn } from "../columns.ts"

export const payments = sqliteTable(
  "payments",
  {
    id: text("id").primaryKey(),
    tenantId: text("tenant_id").notNull(),
    customerId: text("customer_id").notNull(),
    invoiceId: text("invoice_id").notNull(),
    kind: text("kind").$type<PaymentKind>().notNull(),
    status: text("status").$type<PaymentStatus>().notNull(),
    currency: currencyColumn("currency").notNull(),
    amountMinor: minorColumn("amount_minor").notNull(),
    /** What of it settled the invoice. The rest came beyond what was due, and is owed to the customer. */
    appliedMinor: minorColumn("applied_minor")
      .notNull()
      .default(sql`0`),
    /** What of the rest became credit in the customer's wallet, and was not taken back out of it. */
    creditedMinor: minorColumn("credited_minor")
      .notNull()
      .default(sql`0`),
    /** What was given back of it or is on its way back. */
    refundedMinor: minorColumn("refunded_minor")
      .notNull()
      .default(sql`0`),
    /** What of it left again by payouts or is on its way by them. Null: nothing. */
    paidOutMinor: minorColumn("paid_out_minor"),
    /** Names the attempt: the same job or request that comes again finds it by this. */
    attemptKey: text("attempt_key").notNull(),
    /** What it is called on the statement of a card, where that was wished. */
    statementDescriptor: text("statement_descriptor"),
    /** Of a Processor payment: who was asked, with what. The key of the request is the payment's id. */
    processor: text("processor"),
    /** The account at the processor that was asked. Null: from before this was kept, or nobody was asked. */
    accountRef: text("account_ref"),
    methodId: text("method_id"),
    customerRef: text("customer_ref"),
    methodRef: text("method_ref"),
    chargeRef: text("charge_ref"),
    actionUrl: text("action_url"),
    failureCode: text("failure_code"),
    failureMessage: text("failure_message"),
    isHardFailure: booleanColumn("is_hard_failure"),
    /** Of a Manual payment: what its payer or bank calls it. */
    reference: text("reference"),
    disputeStatus: text("dispute_status").$type<DisputeStatus>(),
    /** What its disputes took: those that are open and those that were lost, or else those that were won. */
    disputedMinor: minorColumn("disputed_minor")
      .notNull()
      .default(sql`0`),
    /** What those took of it that are open. Null: as `dispute_status` and `disputed_minor` say. */
    disputingMinor: minorColumn("disputing_minor"),
    /** What of those that were lost was set off against what the customer was owed. Null: nothing. */
    setOffMinor: minorColumn("set_off_minor"),
    /** Each of them, oldest first. Null: none, or one from before they were kept. */
    disputes: jsonColumn<readonly Dispute[]>("disputes"),
    /** When it succeeded or failed. */
    settledAt: instantColumn("settled_at"),
    /** When it came back after it had succeeded. */
    returnedAt: instantColumn("returned_at"),
    version: integer("version").notNull(),
    createdAt: instantColumn("created_at").notNull(),
  },
  (t) => [
    index("payments_tenant").on(t.tenantId, t.id),
    index("payments_customer").on(t.tenantId, t.customerId, t.id),
    index("payments_invoice").on(t.tenantId, t.invoiceId, t.id),
    uniqueIndex("payments_charge").on(t.tenantId, t.processor, t.chargeRef),
  ],
)

export const refunds = sqliteTable(
  "refunds",
  {
    id: text("id").primaryKey(),
    tenantId: text("tenant_id").notNull(),
    customerId: text("customer_id").notNull(),
    invoiceId: text("invoice_id").notNull(),
    paymentId: text("payment_id").notNull(),
    /** What it pays out, where that was credited. */
    creditNoteId: text("credit_note_id"),
    status: text("status").$type<RefundStatus>().notNull(),
    currency: currencyColumn("currency").notNull(),
    amountMinor: minorColumn("amount_minor").notNull(),
    /** What of it was owed to the customer already. */
    owedMinor: minorColumn("owed_minor")
      .notNull()
      .default(sql`0`),
    attemptKey: text("attempt_key").notNull(),
    refundRef: text("refund_ref"),
    /** Who gave it back. Null: it was asked for here. */
    source: text("source").$type<RefundSource>(),
    reason: text("reason"),
    failureCode: text("failure_code"),
    failureMessage: text("failure_message"),
    settledAt: instantColumn("settled_at"),
    version: integer("version").notNull(),
    createdAt: instantColumn("created_at").notNull(),
  },
  (t) => [
    index("refunds_tenant").on(t.tenantId, t.id),
    index("refunds_payment").on(t.tenantId, t.paymentId, t.id),
    index("refunds_invoice").on(t.tenantId, t.invoiceId, t.id),
    index("refunds_ref").on(t.tenantId, t.refundRef),
    index("refunds_under_way")
      .on(t.tenantId, t.customerId, t.currency)
      .where(sql`status IN ('Processing', 'Pending')`),
  ],
)

/** What a processor told by itself, once each. One that came before we knew what it is about waits. */
export const processorEvents = sqliteTable(
  "processor_events",
  {
    id: text("id").primaryKey(),
    tenantId: text("tenant_id").notNull(),
    processor: text("processor").notNull(),
    eventId: text("event_id").notNull(),
    kind: text("kind").notNull(),
    chargeRef: text("charge_ref"),
    /** The event as JSON, amounts as text. */
    event: jsonColumn<unknown>("event").notNull(),
    appliedAt: instantColumn("applied_at"),
    /** Where the processor was asked when it happened: then. */
    occurredAt: instantColumn("occurred_at"),
    /** When somebody who called back has named it. */
    namedAt: instantColumn("named_at"),
    version: integer("version").notNull(),
    receivedAt: instantColumn("received_at").notNull(),
  },
  (t) => [
    uniqueIndex("processor_events_once").on(t.tenantId, t.processor, t.eventId),
    index("processor_events_charge").on(t.tenantId, t.chargeRef),
  ],
)

export const dunnings = sqliteTable(
  "dunnings",
  {
    id: text("id").primaryKey(),
    tenantId: text("tenant_id").notNull(),
    customerId: text("customer_id").notNull(),
    invoiceId: text("invoice_id").notNull(),
    status: text("status").$type<DunningStatus>().notNull(),
    /** The first failure, from which all days count. */
    failedAt: instantColumn("failed_at").notNull(),
    /** Frozen at the first failure. */
    settings: jsonColumn<DunningSettings>("settings").notNull(),
    steps: jsonColumn<readonly DunningStep[]>("steps").notNull(),
    nextAttemptAt: instantColumn("next_attempt_at"),
    /** Subscriptions that its end paused: a success resumes them. */
    paused: jsonColumn<readonly string[]>("paused").notNull(),
    endedAt: instantColumn("ended_at"),
    version: integer("version").notNull(),
    createdAt: instantColumn("created_at").notNull(),
  },
  (t) => [
    index("dunnings_invoice").on(t.tenantId, t.invoiceId, t.id),
    index("dunnings_customer").on(t.tenantId, t.customerId, t.status),
  ],
)

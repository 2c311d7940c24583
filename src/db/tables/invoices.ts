// Invoices, their lines, and the ledger.

import { sql } from "drizzle-orm"
import { index, integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core"
import type { SeqRange } from "../../domain/seq-ranges.ts"
import type {
  InvoiceDetails,
  InvoiceSection,
  InvoiceStatus,
  InvoiceType,
  LineKind,
  Recipient,
} from "../../domain/invoice.ts"
import type { InvoiceTax } from "../../domain/tax.ts"
import type { LedgerAccount, LedgerCause } from "../../domain/ledger.ts"
import type { LineBasis } from "../../domain/line-basis.ts"
import {
  booleanColumn,
  currencyColumn,
  instantColumn,
  jsonColumn,
  lineTaxesColumn,
  minorColumn,
} from "../columns.ts"
import type { Metadata } from "./metadata.ts"

export const invoices = sqliteTable(
  "invoices",
  {
    id: text("id").primaryKey(),
    tenantId: text("tenant_id").notNull(),
    externalId: text("external_id"),
    customerId: text("customer_id").notNull(),
    subscriptionId: text("subscription_id"),
    type: text("type").$type<InvoiceType>().notNull(),
    status: text("status").$type<InvoiceStatus>().notNull(),
    number: text("number"),
    currency: currencyColumn("currency").notNull(),
    totalMinor: minorColumn("total_minor").notNull(),
    /** The tax in the total, also that which the prices include. */
    taxMinor: minorColumn("tax_minor")
      .notNull()
      .default(sql`0`),
    periodStart: instantColumn("period_start"),
    periodEnd: instantColumn("period_end"),
    /** Of a credit note: the invoice that it takes back from. */
    appliesToInvoiceId: text("applies_to_invoice_id"),
    /** The void invoice in whose place this one stands. */
    replacesInvoiceId: text("replaces_invoice_id"),
    /** Of a void invoice: the one that stands in its place. */
    replacedByInvoiceId: text("replaced_by_invoice_id"),
    /** What credit notes took back of it; null: nothing. */
    creditedMinor: minorColumn("credited_minor"),
    /** What was paid of it, but for payments that came back. */
    paidMinor: minorColumn("paid_minor")
      .notNull()
      .default(sql`0`),
    /** What credit of wallets paid of it, but for what went back to them. */
    drawnMinor: minorColumn("drawn_minor")
      .notNull()
      .default(sql`0`),
    /** What payments are under way for: it is not asked for a second time. */
    pendingMinor: minorColumn("pending_minor")
      .notNull()
      .default(sql`0`),
    /** Whose lines it has, where that is not its customer alone. */
    sections: jsonColumn<readonly InvoiceSection[]>("sections"),
    /** A draft that takes the lines of several subscriptions: whose and in what. Null once it takes no more. */
    collects: text("collects"),
    /** How it was taxed. */
    tax: jsonColumn<InvoiceTax>("tax"),
    memo: text("memo"),
    /** A name that is unique among the invoices of its customer. */
    customerExternalId: text("customer_external_id"),
    /** Who is charged for it, or paid; null: its subscription's method, or else the customer's default. */
    paymentMethodId: text("payment_method_id"),
    /** What its charge is called on the statement of a card; null: as its subscription says. */
    statementDescriptor: text("statement_descriptor"),
    /** True: it is owed to the customer, and paid out. Null as false. */
    payout: booleanColumn("payout"),
    /** What its maker wants to read again, as it was given. */
    details: jsonColumn<InvoiceDetails>("details"),
    /** Frozen at finalization: who owes it and by when. */
    recipient: jsonColumn<Recipient>("recipient"),
    dueAt: instantColumn("due_at"),
    finalizedAt: instantColumn("finalized_at"),
    paidAt: instantColumn("paid_at"),
    voidedAt: instantColumn("voided_at"),
    voidedReason: text("voided_reason"),
    /** Of a void invoice: what it charged is not charged again. Null as false. */
    waived: booleanColumn("waived"),
    /** Whether it was paid after it had been given up: what comes back of it is given up again. */
    recovered: booleanColumn("recovered"),
    metadata: jsonColumn<Metadata>("metadata").notNull(),
    version: integer("version").notNull(),
    createdAt: instantColumn("created_at").notNull(),
  },
  (t) => [
    index("invoices_tenant").on(t.tenantId, t.id),
    index("invoices_customer").on(t.tenantId, t.customerId, t.id),
    index("invoices_subscription").on(t.tenantId, t.subscriptionId, t.id),
    uniqueIndex("invoices_number").on(t.tenantId, t.number),
    uniqueIndex("invoices_external").on(t.tenantId, t.externalId),
    uniqueIndex("invoices_customer_external").on(t.tenantId, t.customerId, t.customerExternalId),
    uniqueIndex("invoices_collects").on(t.tenantId, t.collects),
    index("invoices_applies_to").on(t.tenantId, t.appliesToInvoiceId),
    index("invoices_open")
      .on(t.tenantId, t.customerId, t.currency)
      .where(sql`status = 'Open'`),
    index("invoices_payout")
      .on(t.tenantId, t.customerId, t.currency)
      .where(sql`payout = 1`),
  ],
)

export const invoiceLines = sqliteTable(
  "invoice_lines",
  {
    id: text("id").primaryKey(),
    tenantId: text("tenant_id").notNull(),
    invoiceId: text("invoice_id").notNull(),
    position: integer("position").notNull(),
    /** Names the charge: the same key on several invoices is the same charge, billed in parts. */
    lineKey: text("line_key").notNull(),
    /** Null on lines from before there were several kinds: a charge. */
    kind: text("kind").$type<LineKind>(),
    /** What it comes from that is no SKU: a coupon's redemption, a contract's commitment, a tax rate, the line that is credited. */
    sourceId: text("source_id"),
    /** Whose line it is, where that is another than the invoice's customer. */
    customerId: text("customer_id"),
    subscriptionId: text("subscription_id"),
    skuId: text("sku_id"),
    description: text("description").notNull(),
    quantity: text("quantity").notNull(),
    unitAmountNanos: text("unit_amount_nanos"),
    /** This line's part of the charge before rounding, as nanos. */
    ratedNanos: text("rated_nanos").notNull(),
    amountMinor: minorColumn("amount_minor").notNull(),
    serviceStart: instantColumn("service_start"),
    serviceEnd: instantColumn("service_end"),
    isTax: booleanColumn("is_tax").notNull(),
    /** A tax that is in the prices already: it is shown, and adds nothing to the total. */
    isIncluded: booleanColumn("is_included"),
    /** This line's shares of the invoice's taxes. Null where there are none, and on the taxes themselves. */
    taxes: lineTaxesColumn("taxes"),
    /** Of a metered charge: the changes of the meter that this part of it bills. Null also on lines from before there were any. */
    usageRanges: jsonColumn<readonly SeqRange[]>("usage_ranges"),
    /** What it was computed from, so that it can be computed again; null on what is stated, and on lines from before it was kept. */
    basis: jsonColumn<LineBasis>("basis"),
  },
  (t) => [
    index("invoice_lines_invoice").on(t.tenantId, t.invoiceId, t.position),
    uniqueIndex("invoice_lines_key").on(t.tenantId, t.invoiceId, t.lineKey),
    index("invoice_lines_charge").on(t.tenantId, t.lineKey),
    index("invoice_lines_source").on(t.tenantId, t.sourceId),
    index("invoice_lines_subscription").on(t.tenantId, t.subscriptionId, t.invoiceId),
  ],
)

/** Double entry, append-only: the entries of one transaction sum to zero. Debits are positive. `ledger_days` sums them up. */
export const ledgerEntries = sqliteTable(
  "ledger_entries",
  {
    id: text("id").primaryKey(),
    tenantId: text("tenant_id").notNull(),
    transactionId: text("transaction_id").notNull(),
    account: text("account").$type<LedgerAccount>().notNull(),
    customerId: text("customer_id").notNull(),
    currency: currencyColumn("currency").notNull(),
    amountMinor: minorColumn("amount_minor").notNull(),
    cause: text("cause").$type<LedgerCause>().notNull(),
    causeId: text("cause_id").notNull(),
    bookedAt: instantColumn("booked_at").notNull(),
    /** Of an amount that is booked day by day: its days [from, to), counted from 1970. Zero: it is booked at once. */
    fromDay: integer("from_day").notNull().default(0),
    toDay: integer("to_day").notNull().default(0),
  },
  (t) => [
    index("ledger_tenant").on(t.tenantId, t.bookedAt, t.id),
    index("ledger_customer").on(t.tenantId, t.customerId, t.bookedAt, t.id),
    index("ledger_account").on(t.tenantId, t.account, t.bookedAt, t.id),
    index("ledger_cause").on(t.tenantId, t.cause, t.bookedAt, t.id),
    index("ledger_by_day")
      .on(t.tenantId, t.toDay)
      .where(sql`to_day > 0`),
    // What is owed to a customer is asked for with each payout.
    index("ledger_owed")
      .on(t.tenantId, t.customerId, t.currency, t.amountMinor)
      .where(sql`account = 'PayoutsPayable'`),
    uniqueIndex("ledger_once").on(
      t.tenantId,
      t.cause,
      t.causeId,
      t.account,
      t.customerId,
      t.fromDay,
      t.toDay,
    ),
  ],
)

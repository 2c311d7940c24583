// The tables of D1: the truth about money and terms. docs/storage.md explains each.
// Law: every row but a tenant's own belongs to a tenant, and the tenant comes first in every index.

import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core"
import type { SeqRange } from "../domain/seq-ranges.ts"
import type { AccountType, Consolidation, CustomerStatus } from "../domain/customer.ts"
import type { AlertType } from "../domain/alert.ts"
import type { AgendaKind, AgendaStatus } from "../domain/agenda.ts"
import type { InvoiceStatus, InvoiceType, Recipient } from "../domain/invoice.ts"
import type { LedgerAccount, LedgerCause } from "../domain/ledger.ts"
import type { PlanTerms, SkuTerms } from "../domain/catalog.ts"
import type { Cadence, Schedule } from "../domain/period.ts"
import type { Quantities, SubscriptionStatus } from "../domain/subscription.ts"
import type { KeyKind, Mode, Scope, TenantSettings } from "../domain/tenant.ts"
import { booleanColumn, currencyColumn, instantColumn, jsonColumn, minorColumn } from "./columns.ts"

export type Metadata = Readonly<Record<string, string>>

export const tenants = sqliteTable("tenants", {
  id: text("id").primaryKey(),
  name: text("name").notNull(),
  mode: text("mode").$type<Mode>().notNull(),
  settings: jsonColumn<TenantSettings>("settings").notNull(),
  /** Test tenants only: where the clock stands; null runs with the wall. */
  clockAt: instantColumn("clock_at"),
  /** While an advance of the clock runs, cron leaves the tenant's agenda alone. */
  advancingUntil: instantColumn("advancing_until"),
  nextInvoiceNumber: integer("next_invoice_number").notNull(),
  version: integer("version").notNull(),
  createdAt: instantColumn("created_at").notNull(),
})

export const apiKeys = sqliteTable(
  "api_keys",
  {
    id: text("id").primaryKey(),
    tenantId: text("tenant_id").notNull(),
    hash: text("hash").notNull(),
    kind: text("kind").$type<KeyKind>().notNull(),
    mode: text("mode").$type<Mode>().notNull(),
    name: text("name").notNull(),
    description: text("description"),
    hint: text("hint").notNull(),
    scopes: jsonColumn<readonly Scope[]>("scopes").notNull(),
    createdAt: instantColumn("created_at").notNull(),
    revokedAt: instantColumn("revoked_at"),
  },
  (t) => [uniqueIndex("api_keys_hash").on(t.hash), index("api_keys_tenant").on(t.tenantId, t.id)],
)

export const customers = sqliteTable(
  "customers",
  {
    id: text("id").primaryKey(),
    tenantId: text("tenant_id").notNull(),
    externalId: text("external_id"),
    displayName: text("display_name").notNull(),
    legalName: text("legal_name"),
    email: text("email").notNull(),
    accountType: text("account_type").$type<AccountType>().notNull(),
    status: text("status").$type<CustomerStatus>().notNull(),
    parentId: text("parent_id"),
    consolidation: text("consolidation").$type<Consolidation>().notNull(),
    billingCurrency: currencyColumn("billing_currency").notNull(),
    paymentTermsDays: integer("payment_terms_days").notNull(),
    taxId: text("tax_id"),
    metadata: jsonColumn<Metadata>("metadata").notNull(),
    version: integer("version").notNull(),
    createdAt: instantColumn("created_at").notNull(),
  },
  (t) => [
    index("customers_tenant").on(t.tenantId, t.id),
    index("customers_parent").on(t.tenantId, t.parentId),
    uniqueIndex("customers_external").on(t.tenantId, t.externalId),
  ],
)

export const products = sqliteTable(
  "products",
  {
    id: text("id").primaryKey(),
    tenantId: text("tenant_id").notNull(),
    name: text("name").notNull(),
    description: text("description"),
    tags: jsonColumn<readonly string[]>("tags").notNull(),
    archivedAt: instantColumn("archived_at"),
    version: integer("version").notNull(),
    createdAt: instantColumn("created_at").notNull(),
  },
  (t) => [index("products_tenant").on(t.tenantId, t.id)],
)

/** The head of a plan: what may change in place. `currentVersion` is what new subscriptions get. */
export const plans = sqliteTable(
  "plans",
  {
    id: text("id").primaryKey(),
    tenantId: text("tenant_id").notNull(),
    externalId: text("external_id"),
    productId: text("product_id"),
    name: text("name").notNull(),
    description: text("description"),
    metadata: jsonColumn<Metadata>("metadata").notNull(),
    currentVersion: integer("current_version").notNull(),
    /** Set by the first subscription to the current version: from then on an edit makes a new version. */
    currentInUse: booleanColumn("current_in_use").notNull(),
    archivedAt: instantColumn("archived_at"),
    version: integer("version").notNull(),
    createdAt: instantColumn("created_at").notNull(),
  },
  (t) => [
    index("plans_tenant").on(t.tenantId, t.id),
    uniqueIndex("plans_external").on(t.tenantId, t.externalId),
  ],
)

export const planVersions = sqliteTable(
  "plan_versions",
  {
    tenantId: text("tenant_id").notNull(),
    planId: text("plan_id").notNull(),
    planVersion: integer("plan_version").notNull(),
    cadence: text("cadence").$type<Cadence>().notNull(),
    terms: jsonColumn<PlanTerms>("terms").notNull(),
    createdAt: instantColumn("created_at").notNull(),
  },
  (t) => [primaryKey({ columns: [t.tenantId, t.planId, t.planVersion] })],
)

/** A SKU's terms from one plan version on, until another row of the same SKU or its retirement. */
export const skus = sqliteTable(
  "skus",
  {
    id: text("id").notNull(),
    tenantId: text("tenant_id").notNull(),
    planId: text("plan_id").notNull(),
    fromVersion: integer("from_version").notNull(),
    /** The first plan version without these terms; null while they are current. */
    toVersion: integer("to_version"),
    name: text("name").notNull(),
    currency: currencyColumn("currency").notNull(),
    terms: jsonColumn<SkuTerms>("terms").notNull(),
    /** Set on the last terms of a SKU that is sold no more; terms that newer ones replaced have only `toVersion`. */
    archivedAt: instantColumn("archived_at"),
    createdAt: instantColumn("created_at").notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.id, t.fromVersion] }),
    index("skus_plan").on(t.tenantId, t.planId, t.fromVersion),
  ],
)

export const subscriptions = sqliteTable(
  "subscriptions",
  {
    id: text("id").primaryKey(),
    tenantId: text("tenant_id").notNull(),
    externalId: text("external_id"),
    customerId: text("customer_id").notNull(),
    planId: text("plan_id").notNull(),
    planVersion: integer("plan_version").notNull(),
    status: text("status").$type<SubscriptionStatus>().notNull(),
    currency: currencyColumn("currency").notNull(),
    schedule: jsonColumn<Schedule>("schedule").notNull(),
    quantities: jsonColumn<Quantities>("quantities").notNull(),
    startedAt: instantColumn("started_at").notNull(),
    trialEndsAt: instantColumn("trial_ends_at"),
    /** The period that runs (or, once ended, the last one). Moved by the close only. */
    periodIndex: integer("period_index").notNull(),
    periodStart: instantColumn("period_start").notNull(),
    periodEnd: instantColumn("period_end").notNull(),
    cancelAt: instantColumn("cancel_at"),
    cancelledAt: instantColumn("cancelled_at"),
    endedAt: instantColumn("ended_at"),
    /** The first period whose charges may not all be on a non-void invoice. */
    billFromIndex: integer("bill_from_index").notNull(),
    /** How far the meter had been read when the last bill was made: later changes to older periods are found by it. */
    billedSeq: integer("billed_seq").notNull(),
    termsVersion: integer("terms_version").notNull(),
    metadata: jsonColumn<Metadata>("metadata").notNull(),
    version: integer("version").notNull(),
    createdAt: instantColumn("created_at").notNull(),
  },
  (t) => [
    index("subscriptions_tenant").on(t.tenantId, t.id),
    index("subscriptions_customer").on(t.tenantId, t.customerId, t.id),
    uniqueIndex("subscriptions_external").on(t.tenantId, t.externalId),
  ],
)

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
    periodStart: instantColumn("period_start"),
    periodEnd: instantColumn("period_end"),
    /** Frozen at finalization: who owes it and by when. */
    recipient: jsonColumn<Recipient>("recipient"),
    dueAt: instantColumn("due_at"),
    finalizedAt: instantColumn("finalized_at"),
    paidAt: instantColumn("paid_at"),
    voidedAt: instantColumn("voided_at"),
    voidedReason: text("voided_reason"),
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
    /** Of a metered charge: the changes of the meter that this part of it bills. Null also on lines from before there were any. */
    usageRanges: jsonColumn<readonly SeqRange[]>("usage_ranges"),
  },
  (t) => [
    index("invoice_lines_invoice").on(t.tenantId, t.invoiceId, t.position),
    uniqueIndex("invoice_lines_key").on(t.tenantId, t.invoiceId, t.lineKey),
    index("invoice_lines_charge").on(t.tenantId, t.lineKey),
  ],
)

/** Spend alerts. Their threshold never changes: another one is another alert. */
export const alerts = sqliteTable(
  "alerts",
  {
    id: text("id").primaryKey(),
    tenantId: text("tenant_id").notNull(),
    customerId: text("customer_id").notNull(),
    alertType: text("alert_type").$type<AlertType>().notNull(),
    thresholdNanos: text("threshold_nanos").notNull(),
    /** Counts the resets. */
    epoch: integer("epoch").notNull(),
    timesTriggered: integer("times_triggered").notNull(),
    /** Null since the last reset, if it was not triggered again. */
    triggeredAt: instantColumn("triggered_at"),
    resetAt: instantColumn("reset_at"),
    deletedAt: instantColumn("deleted_at"),
    version: integer("version").notNull(),
    createdAt: instantColumn("created_at").notNull(),
  },
  (t) => [
    index("alerts_tenant").on(t.tenantId, t.id),
    index("alerts_customer").on(t.tenantId, t.customerId, t.id),
  ],
)

/** Each time that an alert was triggered, once however often it is told. */
export const alertCrossings = sqliteTable(
  "alert_crossings",
  {
    tenantId: text("tenant_id").notNull(),
    alertId: text("alert_id").notNull(),
    epoch: integer("epoch").notNull(),
    crossing: integer("crossing").notNull(),
    subscriptionId: text("subscription_id").notNull(),
    spendNanos: text("spend_nanos").notNull(),
    at: instantColumn("at").notNull(),
  },
  (t) => [primaryKey({ columns: [t.tenantId, t.alertId, t.epoch, t.crossing] })],
)

/** The version of a customer's alerts, and who shared its budget when they last changed. */
export const budgets = sqliteTable(
  "budgets",
  {
    tenantId: text("tenant_id").notNull(),
    customerId: text("customer_id").notNull(),
    version: integer("version").notNull(),
    members: jsonColumn<readonly string[]>("members").notNull(),
  },
  (t) => [primaryKey({ columns: [t.tenantId, t.customerId] })],
)

/** Double entry, append-only: the entries of one transaction sum to zero. Debits are positive. */
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
  },
  (t) => [
    index("ledger_customer").on(t.tenantId, t.customerId, t.currency, t.account),
    uniqueIndex("ledger_once").on(t.tenantId, t.cause, t.causeId, t.account, t.customerId),
  ],
)

/** Everything that must happen later. */
export const agenda = sqliteTable(
  "agenda",
  {
    id: text("id").primaryKey(),
    tenantId: text("tenant_id").notNull(),
    dueAt: instantColumn("due_at").notNull(),
    kind: text("kind").$type<AgendaKind>().notNull(),
    subject: text("subject").notNull(),
    uniqueKey: text("unique_key").notNull(),
    status: text("status").$type<AgendaStatus>().notNull(),
    /** Queued rows: when the cron may queue them again. */
    leaseUntil: instantColumn("lease_until"),
    attempts: integer("attempts").notNull(),
    lastError: text("last_error"),
    createdAt: instantColumn("created_at").notNull(),
    doneAt: instantColumn("done_at"),
  },
  (t) => [
    index("agenda_due").on(t.status, t.dueAt),
    index("agenda_tenant").on(t.tenantId, t.status, t.dueAt),
    uniqueIndex("agenda_unique").on(t.tenantId, t.kind, t.subject, t.uniqueKey),
  ],
)

export const audit = sqliteTable(
  "audit",
  {
    id: text("id").primaryKey(),
    tenantId: text("tenant_id").notNull(),
    at: instantColumn("at").notNull(),
    actorType: text("actor_type").notNull(),
    actorId: text("actor_id").notNull(),
    action: text("action").notNull(),
    subjectType: text("subject_type").notNull(),
    subjectId: text("subject_id").notNull(),
    customerId: text("customer_id"),
    before: jsonColumn<unknown>("before"),
    after: jsonColumn<unknown>("after"),
    requestId: text("request_id").notNull(),
  },
  (t) => [
    index("audit_tenant").on(t.tenantId, t.id),
    index("audit_customer").on(t.tenantId, t.customerId, t.id),
    index("audit_subject").on(t.tenantId, t.subjectId, t.id),
  ],
)

/** A claimed or answered Idempotency-Key. The answer is written in the batch of its effect. */
export const idempotency = sqliteTable(
  "idempotency",
  {
    tenantId: text("tenant_id").notNull(),
    /** SHA-256 over method, path and key. */
    scope: text("scope").notNull(),
    requestHash: text("request_hash").notNull(),
    /** Whose claim it is: only the holder may store the answer. */
    claim: text("claim").notNull(),
    leaseUntil: instantColumn("lease_until").notNull(),
    expiresAt: instantColumn("expires_at").notNull(),
    status: integer("status"),
    body: text("body"),
    sealed: booleanColumn("sealed").notNull().default(false),
  },
  (t) => [primaryKey({ columns: [t.tenantId, t.scope] }), index("idempotency_expiry").on(t.expiresAt)],
)

/** One row whose NOT NULL column turns a missed guard into an error that rolls the whole batch back. */
export const commitGuard = sqliteTable("commit_guard", {
  id: integer("id").primaryKey(),
  hit: integer("hit").notNull(),
})

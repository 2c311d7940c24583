// Subscriptions, and the contracts that they are under.

import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core"
import type { Adoption, ContractStatus, ContractTerms } from "../../domain/contract.ts"
import type { BillingAnchor } from "../../domain/billing-anchor.ts"
import type { CancelTerms, Pause, Segment } from "../../domain/timeline.ts"
import type { Schedule } from "../../domain/period.ts"
import type { Quantities, SubscriptionStatus } from "../../domain/subscription.ts"
import { booleanColumn, currencyColumn, instantColumn, jsonColumn } from "../columns.ts"
import type { Metadata } from "./metadata.ts"

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
    /** As it was asked for; null where periods are counted from the start. */
    billingAnchor: jsonColumn<BillingAnchor>("billing_anchor"),
    /** What it was, is and will be sold under; null while nothing has ever changed. */
    segments: jsonColumn<readonly Segment[]>("segments"),
    pauses: jsonColumn<readonly Pause[]>("pauses"),
    quantities: jsonColumn<Quantities>("quantities").notNull(),
    startedAt: instantColumn("started_at").notNull(),
    trialEndsAt: instantColumn("trial_ends_at"),
    /** The period that runs (or, once ended, the last one). Moved by the close only. */
    periodIndex: integer("period_index").notNull(),
    periodStart: instantColumn("period_start").notNull(),
    periodEnd: instantColumn("period_end").notNull(),
    cancelAt: instantColumn("cancel_at"),
    /** How its cancellation was asked for; null where it was not. */
    cancelTerms: jsonColumn<CancelTerms>("cancel_terms"),
    /** The end that was agreed from the beginning: then it expires. */
    endAt: instantColumn("end_at"),
    /** Who is charged for it, or paid; null: the customer's default method. */
    paymentMethodId: text("payment_method_id"),
    /** True: it is of a plan that pays out. Null as false. */
    payout: booleanColumn("payout"),
    /** What its charges are called on the statement of a card. */
    statementDescriptor: text("statement_descriptor"),
    /** Bills at once whenever so much is used and not billed yet. */
    thresholdNanos: text("threshold_nanos"),
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

export const contracts = sqliteTable(
  "contracts",
  {
    id: text("id").primaryKey(),
    tenantId: text("tenant_id").notNull(),
    externalId: text("external_id"),
    customerId: text("customer_id").notNull(),
    name: text("name").notNull(),
    status: text("status").$type<ContractStatus>().notNull(),
    currency: currencyColumn("currency").notNull(),
    startAt: instantColumn("start_at").notNull(),
    endAt: instantColumn("end_at").notNull(),
    terms: jsonColumn<ContractTerms>("terms").notNull(),
    /** The contract that this one amends, and the first of the chain. */
    parentContractId: text("parent_contract_id"),
    rootContractId: text("root_contract_id").notNull(),
    activatedAt: instantColumn("activated_at"),
    /** When it was amended, terminated or expired. */
    endedAt: instantColumn("ended_at"),
    endedReason: text("ended_reason"),
    /** Whose commit last drew from its commitments: one commit may draw for several subscriptions. */
    drawToken: text("draw_token"),
    metadata: jsonColumn<Metadata>("metadata").notNull(),
    version: integer("version").notNull(),
    createdAt: instantColumn("created_at").notNull(),
  },
  (t) => [
    index("contracts_tenant").on(t.tenantId, t.id),
    index("contracts_customer").on(t.tenantId, t.customerId, t.id),
    index("contracts_root").on(t.tenantId, t.rootContractId, t.id),
    uniqueIndex("contracts_external").on(t.tenantId, t.externalId),
  ],
)

/** A subscription under the contracts of a chain, from an instant on, until it is under those of another. */
export const contractSubscriptions = sqliteTable(
  "contract_subscriptions",
  {
    tenantId: text("tenant_id").notNull(),
    rootContractId: text("root_contract_id").notNull(),
    subscriptionId: text("subscription_id").notNull(),
    adoption: text("adoption").$type<Adoption>().notNull(),
    /** From when on it has the contract's prices. */
    fromAt: instantColumn("from_at").notNull(),
    linkedAt: instantColumn("linked_at").notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.subscriptionId, t.rootContractId] }),
    index("contract_subscriptions_root").on(t.tenantId, t.rootContractId),
  ],
)

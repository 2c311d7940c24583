// What is sold: products, plans, prices, tax rates, coupons.

import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core"
import type { CouponTerms } from "../../domain/coupon.ts"
import type { PlanTerms, SkuTerms } from "../../domain/catalog.ts"
import type { Cadence } from "../../domain/period.ts"
import { booleanColumn, currencyColumn, instantColumn, jsonColumn } from "../columns.ts"
import type { Metadata } from "./metadata.ts"

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

/** What is charged as tax where. A rate is never changed: another one is another row. */
export const taxRates = sqliteTable(
  "tax_rates",
  {
    id: text("id").primaryKey(),
    tenantId: text("tenant_id").notNull(),
    name: text("name").notNull(),
    country: text("country").notNull(),
    /** Null: the whole country. */
    region: text("region"),
    /** Country and region as they are compared. */
    place: text("place").notNull(),
    /** A decimal: 9.975 % are 997.5. */
    rateBps: text("rate_bps").notNull(),
    isInclusive: booleanColumn("is_inclusive").notNull(),
    archivedAt: instantColumn("archived_at"),
    version: integer("version").notNull(),
    createdAt: instantColumn("created_at").notNull(),
  },
  (t) => [index("tax_rates_tenant").on(t.tenantId, t.id), index("tax_rates_place").on(t.tenantId, t.place)],
)

export const coupons = sqliteTable(
  "coupons",
  {
    id: text("id").primaryKey(),
    tenantId: text("tenant_id").notNull(),
    code: text("code").notNull(),
    name: text("name").notNull(),
    terms: jsonColumn<CouponTerms>("terms").notNull(),
    maxRedemptions: integer("max_redemptions"),
    timesRedeemed: integer("times_redeemed").notNull(),
    expiresAt: instantColumn("expires_at"),
    archivedAt: instantColumn("archived_at"),
    metadata: jsonColumn<Metadata>("metadata").notNull(),
    version: integer("version").notNull(),
    createdAt: instantColumn("created_at").notNull(),
  },
  (t) => [index("coupons_tenant").on(t.tenantId, t.id), uniqueIndex("coupons_code").on(t.tenantId, t.code)],
)

/** A coupon on a subscription, with its terms as they were then. */
export const couponRedemptions = sqliteTable(
  "coupon_redemptions",
  {
    id: text("id").primaryKey(),
    tenantId: text("tenant_id").notNull(),
    couponId: text("coupon_id").notNull(),
    customerId: text("customer_id").notNull(),
    subscriptionId: text("subscription_id").notNull(),
    code: text("code").notNull(),
    terms: jsonColumn<CouponTerms>("terms").notNull(),
    /** The first period that it takes something off. */
    fromIndex: integer("from_index").notNull(),
    redeemedAt: instantColumn("redeemed_at").notNull(),
    /** Taken off before its time: periods that begin later are not reduced. */
    removedAt: instantColumn("removed_at"),
    version: integer("version").notNull(),
  },
  (t) => [
    index("coupon_redemptions_subscription").on(t.tenantId, t.subscriptionId, t.id),
    index("coupon_redemptions_coupon").on(t.tenantId, t.couponId, t.id),
  ],
)

// Limits on spend.

import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core"
import type { AlertType } from "../../domain/alert.ts"
import { instantColumn, jsonColumn } from "../columns.ts"

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

// Customers.

import { index, integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core"
import type { AccountType, Consolidation, CustomerStatus } from "../../domain/customer.ts"
import type { Address } from "../../domain/address.ts"
import { currencyColumn, instantColumn, jsonColumn } from "../columns.ts"
import type { Metadata } from "./metadata.ts"

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
    /** Where it is taxed. */
    billingAddress: jsonColumn<Address>("billing_address"),
    /** Who gets its invoices, if not itself. */
    billToId: text("bill_to_id"),
    /** Its name at the payment processor, where that was given; null: one is made when it is needed. */
    processorRef: text("processor_ref"),
    metadata: jsonColumn<Metadata>("metadata").notNull(),
    version: integer("version").notNull(),
    createdAt: instantColumn("created_at").notNull(),
  },
  (t) => [
    index("customers_tenant").on(t.tenantId, t.id),
    index("customers_parent").on(t.tenantId, t.parentId),
    index("customers_bill_to").on(t.tenantId, t.billToId),
    index("customers_processor").on(t.tenantId, t.processorRef),
    uniqueIndex("customers_external").on(t.tenantId, t.externalId),
  ],
)

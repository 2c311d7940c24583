// The rows as they are read, under the names that the rest of the code uses.

import type * as schema from "./schema.ts"

export type TenantRow = typeof schema.tenants.$inferSelect
export type ApiKeyRow = typeof schema.apiKeys.$inferSelect
export type CustomerRow = typeof schema.customers.$inferSelect
export type CompanyRow = typeof schema.companies.$inferSelect
export type ProductRow = typeof schema.products.$inferSelect
export type PlanRow = typeof schema.plans.$inferSelect
export type PlanVersionRow = typeof schema.planVersions.$inferSelect
export type SkuRow = typeof schema.skus.$inferSelect
export type SubscriptionRow = typeof schema.subscriptions.$inferSelect
export type InvoiceRow = typeof schema.invoices.$inferSelect
export type InvoiceLineRow = typeof schema.invoiceLines.$inferSelect
export type PaymentMethodRow = typeof schema.paymentMethods.$inferSelect
export type SandboxObjectRow = typeof schema.sandboxObjects.$inferSelect
export type PaymentRow = typeof schema.payments.$inferSelect
export type PayoutRow = typeof schema.payouts.$inferSelect
export type RefundRow = typeof schema.refunds.$inferSelect
export type ProcessorEventRow = typeof schema.processorEvents.$inferSelect
export type DunningRow = typeof schema.dunnings.$inferSelect
export type LedgerEntryRow = typeof schema.ledgerEntries.$inferSelect
export type AlertRow = typeof schema.alerts.$inferSelect
export type AgendaRow = typeof schema.agenda.$inferSelect
export type AuditRow = typeof schema.audit.$inferSelect
export type TaxRateRow = typeof schema.taxRates.$inferSelect
export type CouponRow = typeof schema.coupons.$inferSelect
export type CouponRedemptionRow = typeof schema.couponRedemptions.$inferSelect
export type ContractRow = typeof schema.contracts.$inferSelect
export type ContractSubscriptionRow = typeof schema.contractSubscriptions.$inferSelect
export type WalletRow = typeof schema.wallets.$inferSelect
export type WalletGrantRow = typeof schema.walletGrants.$inferSelect
export type WalletEntryRow = typeof schema.walletEntries.$inferSelect
export type WalletRechargeRow = typeof schema.walletRecharges.$inferSelect
export type WebhookEndpointRow = typeof schema.webhookEndpoints.$inferSelect
export type WebhookEventRow = typeof schema.webhookEvents.$inferSelect
export type WebhookDeliveryRow = typeof schema.webhookDeliveries.$inferSelect

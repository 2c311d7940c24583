// The tables of D1: the truth about money and terms. docs/storage.md explains each.
// Law: every row but a tenant's own belongs to a tenant, and the tenant comes first in every index.

export * from "./tables/alerts.ts"
export * from "./tables/catalog.ts"
export * from "./tables/companies.ts"
export * from "./tables/customers.ts"
export * from "./tables/invoices.ts"
export * from "./tables/ledger.ts"
export * from "./tables/metadata.ts"
export * from "./tables/payment-methods.ts"
export * from "./tables/payments.ts"
export * from "./tables/payouts.ts"
export * from "./tables/records.ts"
export * from "./tables/subscriptions.ts"
export * from "./tables/tenants.ts"
export * from "./tables/wallet-budgets.ts"
export * from "./tables/wallets.ts"
export * from "./tables/webhooks.ts"

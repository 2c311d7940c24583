// The double-entry ledger: accounts, what every event of money posts, and when revenue is earned. docs/ledger.md argues each.

export * from "./ledger/accounts.ts"
export * from "./ledger/audit.ts"
export * from "./ledger/invoices.ts"
export * from "./ledger/payments.ts"
export * from "./ledger/recognition.ts"
export * from "./ledger/reports.ts"
export * from "./ledger/wallet.ts"

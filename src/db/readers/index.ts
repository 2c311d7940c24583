// Everything that can be read of one tenant. There is no reader without a tenant but those in ../system.ts.

import { eq } from "drizzle-orm"
import type { Database } from "../database.ts"
import type { TenantRow } from "../rows.ts"
import type { Read } from "../together.ts"
import { ask, readingOne, together } from "../together.ts"
import { tenants } from "../schema.ts"
import { billyMoneyReader } from "./billy-money.ts"
import { budgetReader } from "./budgets.ts"
import { catalogReader } from "./catalog.ts"
import { companyReader } from "./companies.ts"
import { couponReader } from "./coupons.ts"
import { contractReader } from "./contracts.ts"
import { customerReader } from "./customers.ts"
import { invoiceReader } from "./invoices.ts"
import { paymentMethodReader } from "./payment-methods.ts"
import { paymentReader } from "./payments.ts"
import { payoutReader } from "./payouts.ts"
import { ledgerAuditReader } from "./ledger-audit.ts"
import { ledgerReader } from "./ledger.ts"
import { rechargeReader } from "./recharges.ts"
import { recordReader } from "./records.ts"
import { subscriptionReader } from "./subscriptions.ts"
import { taxReader } from "./tax.ts"
import { walletReader } from "./wallets.ts"
import { walletBudgetReader } from "./wallet-budgets.ts"
import { webhookReader } from "./webhooks.ts"

export type Readers = ReturnType<typeof readersFor>

export function readersFor(db: Database, tenantId: string) {
  return {
    ask: <T>(read: Read<T>) => ask(db, read),
    /** The tenant as it is now; what an isolate remembers of it may be a minute old. */
    tenant: (): Read<TenantRow | null> =>
      readingOne(db.select().from(tenants).where(eq(tenants.id, tenantId))),
    together: <const R extends readonly Read<unknown>[]>(reads: R) => together(db, reads),
    billyMoney: billyMoneyReader(db, tenantId),
    budgets: budgetReader(db, tenantId),
    catalog: catalogReader(db, tenantId),
    companies: companyReader(db, tenantId),
    coupons: couponReader(db, tenantId),
    contracts: contractReader(db, tenantId),
    customers: customerReader(db, tenantId),
    invoices: invoiceReader(db, tenantId),
    paymentMethods: paymentMethodReader(db, tenantId),
    payments: paymentReader(db, tenantId),
    payouts: payoutReader(db, tenantId),
    ledger: ledgerReader(db, tenantId),
    ledgerAudit: ledgerAuditReader(db, tenantId),
    recharges: rechargeReader(db, tenantId),
    records: recordReader(db, tenantId),
    subscriptions: subscriptionReader(db, tenantId),
    tax: taxReader(db, tenantId),
    wallets: walletReader(db, tenantId),
    walletBudgets: walletBudgetReader(db, tenantId),
    webhooks: webhookReader(db, tenantId),
  }
}

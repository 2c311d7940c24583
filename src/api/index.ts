// The whole native API, operation by operation. The order here is the order of the OpenAPI document.

import type { Api } from "./app.ts"
import { newApi, newBareApi, requestIdOf } from "./app.ts"
import { register as alerts } from "./alerts/alerts.ts"
import { register as migrate } from "./catalog/migrate.ts"
import { register as plans } from "./catalog/plans.ts"
import { register as preview } from "./catalog/preview.ts"
import { register as products } from "./catalog/products.ts"
import { register as skus } from "./catalog/skus.ts"
import { register as contracts } from "./contracts/contracts.ts"
import { register as contractMoves } from "./contracts/moves.ts"
import { register as contractSubscriptions } from "./contracts/subscriptions.ts"
import { register as coupons } from "./coupons/coupons.ts"
import { register as redemptions } from "./coupons/redemptions.ts"
import { register as customerView } from "./customers/customer-view.ts"
import { register as customers } from "./customers/customers.ts"
import { register as hierarchy } from "./customers/hierarchy.ts"
import { register as tokens } from "./customers/tokens.ts"
import { register as batch } from "./events/batch.ts"
import { register as event } from "./events/event.ts"
import { register as applyCredit } from "./invoices/apply-credit.ts"
import { register as bill } from "./invoices/bill.ts"
import { register as calculateTax } from "./invoices/calculate-tax.ts"
import { register as creditNotes } from "./invoices/credit-notes.ts"
import { register as finalize } from "./invoices/finalize.ts"
import { register as invoices } from "./invoices/invoices.ts"
import { register as lineEvents } from "./invoices/line-events.ts"
import { register as invoiceLines } from "./invoices/lines.ts"
import { register as proForma } from "./invoices/pro-forma.ts"
import { register as proof } from "./invoices/proof.ts"
import { register as refresh } from "./invoices/refresh.ts"
import { register as reissue } from "./invoices/reissue.ts"
import { register as jobs } from "./jobs/jobs.ts"
import { register as dunning } from "./payments/dunning.ts"
import { register as paymentCancel } from "./payments/cancel.ts"
import { register as payments } from "./payments/payments.ts"
import { register as payouts } from "./payments/payouts.ts"
import { register as refunds } from "./payments/refunds.ts"
import { register as audit } from "./records/audit.ts"
import { register as paymentMethods } from "./payments/methods.ts"
import { register as methodSetup } from "./payments/setup.ts"
import { register as processorWebhooks } from "./payments/webhooks.ts"
import { register as service } from "./service.ts"
import type { Ctx, Door, Enter } from "./shared/door.ts"
import { register as archives } from "./subscriptions/archives.ts"
import { register as cancel } from "./subscriptions/cancel.ts"
import { register as change } from "./subscriptions/change.ts"
import { register as amendEvent } from "./subscriptions/amend-event.ts"
import { register as events } from "./subscriptions/events.ts"
import { register as getEvent } from "./subscriptions/get-event.ts"
import { register as holds } from "./subscriptions/holds.ts"
import { register as pause } from "./subscriptions/pause.ts"
import { register as scheduled } from "./subscriptions/scheduled.ts"
import { register as schedule } from "./subscriptions/schedule.ts"
import { register as simulate } from "./subscriptions/simulate.ts"
import { register as subscriptions } from "./subscriptions/subscriptions.ts"
import { register as usageStream } from "./subscriptions/usage-stream.ts"
import { register as usage } from "./subscriptions/usage.ts"
import { register as voidEvent } from "./subscriptions/void-event.ts"
import { register as ledgerBalances } from "./ledger/balances.ts"
import { register as ledgerEntries } from "./ledger/entries.ts"
import { register as ledgerReports } from "./ledger/reports.ts"
import { register as taxRates } from "./tax/tax-rates.ts"
import { register as apiKeys } from "./tenants/api-keys.ts"
import { register as createTenant } from "./tenants/create-tenant.ts"
import { register as tenant } from "./tenants/tenant.ts"
import { register as testClock } from "./tenants/test-clock.ts"
import { register as credits } from "./wallets/credits.ts"
import { register as wallets } from "./wallets/wallets.ts"
import { register as deliveries } from "./webhooks/deliveries.ts"
import { register as webhooks } from "./webhooks/webhooks.ts"

const OPERATIONS = [
  createTenant,
  tenant,
  apiKeys,
  testClock,
  customers,
  customerView,
  hierarchy,
  tokens,
  paymentMethods,
  methodSetup,
  alerts,
  products,
  plans,
  migrate,
  skus,
  preview,
  coupons,
  subscriptions,
  redemptions,
  change,
  cancel,
  pause,
  scheduled,
  schedule,
  simulate,
  contracts,
  contractMoves,
  contractSubscriptions,
  event,
  batch,
  holds,
  usage,
  usageStream,
  events,
  getEvent,
  voidEvent,
  amendEvent,
  archives,
  bill,
  invoices,
  invoiceLines,
  lineEvents,
  proof,
  taxRates,
  calculateTax,
  refresh,
  applyCredit,
  finalize,
  reissue,
  proForma,
  creditNotes,
  payments,
  paymentCancel,
  refunds,
  credits,
  wallets,
  payouts,
  dunning,
  webhooks,
  deliveries,
  ledgerBalances,
  ledgerEntries,
  ledgerReports,
  jobs,
  audit,
  processorWebhooks,
  service,
]

export function nativeApi(door: ((c: Ctx) => Door) | null): Api {
  const api = newApi(door)
  for (const register of OPERATIONS) register(api)
  return api
}

/** The operations below `/v1/events` alone: what surrounds the others would cost an event more than its own work. */
export function eventsApi(door: (c: Ctx) => Door): Api {
  const enter: Enter = (c) => {
    c.set("requestId", requestIdOf(c))
    c.set("door", door(c))
  }
  const api = newBareApi(enter)
  event(api, enter)
  batch(api, enter)
  return api
}

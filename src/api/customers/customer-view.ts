// GET /admin/v1/customers/{id}: the 360 view.

import { createRoute, z } from "@hono/zod-openapi"
import { findCustomer } from "../../actions/find.ts"
import type { Scope } from "../../actions/scope.ts"
import type { CustomerRow, InvoiceRow, SubscriptionRow } from "../../db/rows.ts"
import type { AccountBalance } from "../../domain/ledger.ts"
import { dayOf, LEDGER_ACCOUNTS } from "../../domain/ledger.ts"
import { formatNanos, minorToNanos } from "../../domain/money.ts"
import { limits } from "../../limits.ts"
import type { Api } from "../app.ts"
import { InvoiceSummarySchema, invoiceSummaryToApi } from "../invoices/schemas.ts"
import { AuditEntrySchema, auditEntryToApi } from "../records/schemas.ts"
import { reads } from "../shared/access.ts"
import { IdParam, json, problems, unwrap } from "../shared/door.ts"
import { AmountNanos, CurrencyText } from "../shared/fields.ts"
import { SubscriptionSchema, subscriptionToApi } from "../subscriptions/subscription-schemas.ts"
import { heldToApi, HeldWalletSchema } from "../wallets/schemas.ts"
import { CustomerSchema, customerToApi } from "./schemas.ts"

const CustomerSubscriptionSchema = SubscriptionSchema.pick({
  id: true,
  plan_id: true,
  status: true,
  currency: true,
  period_start: true,
  period_end: true,
}).openapi("CustomerSubscription")

const CustomerInvoiceSchema = InvoiceSummarySchema.pick({
  id: true,
  invoice_number: true,
  invoice_type: true,
  status: true,
  currency: true,
  total_nanos: true,
  period_start: true,
  period_end: true,
  due_date: true,
  created_at: true,
}).openapi("CustomerInvoice")

const CustomerWalletBalanceSchema = HeldWalletSchema.pick({
  id: true,
  name: true,
  currency: true,
  is_default: true,
  balance_nanos: true,
}).openapi("CustomerWalletBalance")

const BalanceSchema = z
  .object({
    account: z.enum(LEDGER_ACCOUNTS).openapi({ example: "AccountsReceivable" }),
    currency: CurrencyText,
    amount_nanos: AmountNanos.openapi({
      description: "Debits are positive: what the customer owes stands positive in AccountsReceivable.",
      example: "10000000000",
    }),
  })
  .openapi("Balance")

const recent = `the ${limits.recentEntries} most recent`

const CustomerViewSchema = CustomerSchema.extend({
  subscriptions: z
    .array(CustomerSubscriptionSchema)
    .openapi({ description: `Its subscriptions, ${recent}.` }),
  invoices: z
    .array(CustomerInvoiceSchema)
    .openapi({ description: `Its invoices, ${recent}, drafts among them.` }),
  balances: z.array(BalanceSchema).openapi({ description: "What its accounts in the ledger stand at." }),
  wallets: z.array(CustomerWalletBalanceSchema).openapi({ description: "What its wallets hold." }),
  audit: z.array(AuditEntrySchema).openapi({ description: `What was done with it, ${recent} entries.` }),
}).openapi("CustomerView")

const route = createRoute({
  method: "get",
  path: "/admin/v1/customers/{id}",
  operationId: "getCustomer",
  tags: ["Customers"],
  summary: "Get a customer with all that belongs to it",
  description:
    "The customer, its subscriptions, invoices, ledger balances, wallets and recent audit history in one call.",
  ...reads("customers:read"),
  request: { params: IdParam },
  responses: { 200: json(CustomerViewSchema, "The customer."), ...problems(404) },
})

export function register(api: Api): void {
  api.openapi(route, async (c) => {
    const scope = c.get("scope")
    const row = unwrap(await findCustomer(scope, c.req.valid("param").id))
    return c.json(await viewOf(scope, row), 200)
  })
}

async function viewOf({ read, now }: Scope, row: CustomerRow): Promise<z.infer<typeof CustomerViewSchema>> {
  const page = { limit: limits.recentEntries, before: null }
  const filter = { customerId: row.id }
  const [subscriptions, invoices, balances, wallets, held, audit] = await Promise.all([
    read.subscriptions.list(page, filter),
    read.invoices.list(page, filter),
    read.ledger.balancesOf(row.id, dayOf(now)),
    read.wallets.ofCustomer(row.id),
    read.wallets.heldBy(row.id, null),
    read.records.audit(page, filter),
  ])
  return {
    ...customerToApi(row),
    subscriptions: subscriptions.rows.map(subscriptionOf),
    invoices: invoices.rows.map(invoiceOf),
    balances: balances.map(balanceOf),
    wallets: wallets.map((wallet) => walletOf(wallet, held, now)),
    audit: audit.rows.map(auditEntryToApi),
  }
}

function walletOf(...wallet: Parameters<typeof heldToApi>): z.infer<typeof CustomerWalletBalanceSchema> {
  const { id, name, currency, is_default, balance_nanos } = heldToApi(...wallet)
  return { id, name, currency, is_default, balance_nanos }
}

function subscriptionOf(row: SubscriptionRow): z.infer<typeof CustomerSubscriptionSchema> {
  const { id, plan_id, status, currency, period_start, period_end } = subscriptionToApi(row)
  return { id, plan_id, status, currency, period_start, period_end }
}

function invoiceOf(row: InvoiceRow): z.infer<typeof CustomerInvoiceSchema> {
  const { id, invoice_number, invoice_type, status, currency, total_nanos, ...rest } =
    invoiceSummaryToApi(row)
  const { period_start, period_end, due_date, created_at } = rest
  const own = { id, invoice_number, invoice_type, status, currency, total_nanos }
  return { ...own, period_start, period_end, due_date, created_at }
}

function balanceOf({ account, currency, amount }: AccountBalance): z.infer<typeof BalanceSchema> {
  return { account, currency, amount_nanos: formatNanos(minorToNanos(amount, currency)) }
}

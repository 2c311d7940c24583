// All that is to be known of some invoices to tell of them in Billy's words, read together: a page of a list costs as many
// queries as one invoice.

import type { Scope } from "../actions/scope.ts"
import type { InvoiceMoney } from "../db/readers/billy-money.ts"
import type { InvoiceLineRow, InvoiceRow, PaymentMethodRow, SubscriptionRow } from "../db/rows.ts"

export type Facts = {
  readonly invoice: InvoiceRow
  readonly lines: readonly InvoiceLineRow[]
  readonly subscription: SubscriptionRow | null
  readonly money: InvoiceMoney
  /** Whether there is anything that it could be charged or paid with. */
  readonly hasMethod: boolean
  /** What somebody named to settle it with: the invoice's own or else its subscription's method. */
  readonly named: PaymentMethodRow | null
  /** The methods of its payments and payouts as well, by their ids. */
  readonly methods: ReadonlyMap<string, PaymentMethodRow>
}

export async function factsOf({ read }: Scope, invoices: readonly InvoiceRow[]): Promise<Facts[]> {
  if (invoices.length === 0) return []
  const { billyMoney } = read
  const ids = invoices.map(({ id }) => id)
  const [lines, money, subscriptions, defaults] = await Promise.all([
    billyMoney.linesOf(ids),
    billyMoney.moneyOf(ids),
    billyMoney.subscriptionsById(present(invoices.map(({ subscriptionId }) => subscriptionId))),
    billyMoney.defaultMethods(invoices.map(({ customerId }) => customerId)),
  ])
  const methods = await methodsOf(read, invoices, [...money.values()], subscriptions)
  const byInvoice = Map.groupBy(lines, ({ invoiceId }) => invoiceId)
  return invoices.map((invoice) => {
    const subscription = subscriptions.find(({ id }) => id === invoice.subscriptionId) ?? null
    const named = methods.get(invoice.paymentMethodId ?? subscription?.paymentMethodId ?? "") ?? null
    return {
      invoice,
      lines: byInvoice.get(invoice.id) ?? [],
      subscription,
      money: money.get(invoice.id) ?? NO_MONEY,
      hasMethod: (named !== null && named.detachedAt === null) || defaults.has(invoice.customerId),
      named,
      methods,
    }
  })
}

const NO_MONEY: InvoiceMoney = { payments: [], refunds: [], payouts: [], dunning: null }

async function methodsOf(
  read: Scope["read"],
  invoices: readonly InvoiceRow[],
  money: readonly InvoiceMoney[],
  subscriptions: readonly SubscriptionRow[],
): Promise<ReadonlyMap<string, PaymentMethodRow>> {
  const ids = [
    ...[...invoices, ...subscriptions].map(({ paymentMethodId }) => paymentMethodId),
    ...money.flatMap(({ payments, payouts }) => [...payments, ...payouts].map(({ methodId }) => methodId)),
  ]
  const rows = await read.paymentMethods.byIds(present(ids))
  return new Map(rows.map((row) => [row.id, row]))
}

function present(ids: readonly (string | null)[]): string[] {
  return [...new Set(ids.filter((id) => id !== null))]
}

/** What a method was called by who gave it. */
export function uriOf(method: PaymentMethodRow | null | undefined): string | null {
  return method?.givenRef ?? method?.methodRef ?? null
}

// Invoices as they are shown. One that was made elsewhere has its lines for items. Pure.

import type { InvoiceLineRow, InvoiceRow, PaymentRow, PayoutRow } from "../db/rows.ts"
import type { Instant } from "../domain/time.ts"
import type { Facts } from "./facts.ts"
import { uriOf } from "./facts.ts"
import { guidOf } from "./guid.ts"
import type { BillyStatus } from "./invoice-state.ts"
import { isCredit, statusOfInvoice } from "./invoice-state.ts"
import type { Json } from "./print.ts"
import { isoDate } from "./print.ts"
import type { Attempt } from "./series.ts"
import { ASKED_FOR, seriesOf } from "./series.ts"
import { latest } from "./transaction-json.ts"

export function billyStatusOf({ invoice, money, hasMethod }: Facts): BillyStatus {
  const { payments, payouts, dunning } = money
  return statusOfInvoice({ invoice, payments, payouts, dunning: dunning?.status ?? null, hasMethod })
}

/** What is charged or paid, in cents. */
export function effectiveAmountOf(invoice: Pick<InvoiceRow, "payout" | "totalMinor">): number {
  return Number(isCredit(invoice) ? -invoice.totalMinor : invoice.totalMinor)
}

/** When the invoice of a subscription was due. */
export function scheduledAtOf({ invoice, lines }: Pick<Facts, "invoice" | "lines">): Instant {
  const starts = lines.flatMap(({ serviceStart }) => (serviceStart === null ? [] : [serviceStart]))
  return starts.length === 0 ? invoice.createdAt : latest(starts)
}

export function invoiceJson(facts: Facts): Json {
  const { invoice, subscription } = facts
  const { items, adjustments } = invoice.details ?? { items: itemsOf(facts), adjustments: [] }
  const adjusted = adjustments.reduce((sum, { amount }) => sum + Number(amount ?? 0), 0)
  const effective = effectiveAmountOf(invoice)
  return {
    ...(subscription === null ? ofCustomer(invoice) : ofSubscription(facts, subscription.id)),
    guid: guidOf("invoice", invoice.id),
    transaction_type: isCredit(invoice) ? "credit" : "debit",
    status: billyStatusOf(facts),
    amount: effective - adjusted,
    effective_amount: effective,
    total_adjustment_amount: adjusted,
    title: invoice.memo,
    appears_on_statement_as: invoice.statementDescriptor ?? subscription?.statementDescriptor ?? null,
    funding_instrument_uri: instrumentOf(facts),
    items,
    adjustments,
    created_at: isoDate(invoice.createdAt),
    updated_at: isoDate(updatedAtOf(facts)),
  }
}

function ofCustomer({ customerId, customerExternalId }: InvoiceRow) {
  return {
    invoice_type: "customer",
    customer_guid: guidOf("customer", customerId),
    external_id: customerExternalId,
  }
}

function ofSubscription(facts: Facts, subscriptionId: string) {
  return {
    invoice_type: "subscription",
    subscription_guid: guidOf("subscription", subscriptionId),
    scheduled_at: isoDate(scheduledAtOf(facts)),
  }
}

/** Who was named, or else who was asked last. */
function instrumentOf({ named, money, methods }: Facts): string | null {
  const { methodId = null } = money.payments.at(-1) ?? money.payouts.at(-1) ?? {}
  return uriOf(named) ?? uriOf(methods.get(methodId ?? ""))
}

function itemsOf({ lines, subscription }: Facts): Readonly<Record<string, string | number | null>>[] {
  return subscription === null ? lines.filter(({ isTax }) => !isTax).map(itemOf) : []
}

function itemOf({ description, amountMinor, quantity }: InvoiceLineRow) {
  const none = { type: null, volume: null, unit: null }
  return { ...none, name: description, amount: Number(amountMinor), quantity }
}

/** Another instrument and each word of the processor change it; a refusal that is tried again does not. */
function updatedAtOf({ invoice, money }: Facts): Instant {
  const heads = seriesOf(money.payments).flatMap(([first]) => first ?? [])
  const named = [
    ...heads.filter((head, at) => at > 0 || isAskedFor(head)),
    ...money.payouts.filter(isAskedFor),
  ]
  return latest([
    invoice.createdAt,
    ...(invoice.details?.updatedAt === undefined ? [] : [invoice.details.updatedAt]),
    ...named.map(({ createdAt }) => createdAt),
    ...money.payments.filter(isWord).flatMap(({ settledAt, returnedAt }) => [settledAt, returnedAt]),
    ...money.payouts.flatMap(wordsOf),
  ])
}

/** Whether somebody named an instrument, and not the schedule. */
function isAskedFor({ attemptKey }: Pick<Attempt, "attemptKey">): boolean {
  return attemptKey.startsWith(ASKED_FOR)
}

/** When the processor said something of a payout that ends it. */
function wordsOf({ status, settledAt, returnedAt, failures }: PayoutRow): (Instant | null)[] {
  const last = failures.at(-1)
  return [status === "Succeeded" ? settledAt : null, last?.isHard === true ? last.at : null, returnedAt]
}

function isWord({ status, isHardFailure, returnedAt }: PaymentRow): boolean {
  return status === "Succeeded" || isHardFailure === true || returnedAt !== null
}

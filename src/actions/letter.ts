// What a letter about an event says, gathered as things stand when it is written.

import type { InvoiceWithLines } from "../db/readers/invoices.ts"
import type { CustomerRow, WebhookEventRow } from "../db/rows.ts"
import { amountDue } from "../domain/invoice.ts"
import type { Letter, Money } from "../domain/mail.ts"
import type { Minor } from "../domain/money.ts"
import { limits } from "../limits.ts"
import { methodPage, newMethodLink } from "./method-link.ts"
import type { Scope } from "./scope.ts"

/** Null where there is nothing left to be told. */
export async function letterOf(
  scope: Scope,
  { type, subjectId }: WebhookEventRow,
  customer: CustomerRow,
): Promise<Letter | null> {
  switch (type) {
    case "invoice.finalized":
      return invoiceLetter(await scope.read.invoices.byId(subjectId))
    case "payment.succeeded":
      return receipt(scope, subjectId)
    case "payment.failed":
      return failure(scope, subjectId, customer)
    case "subscription.trial_will_end":
      return trialLetter(scope, subjectId)
    default:
      return null
  }
}

function invoiceLetter(found: InvoiceWithLines | null): Letter | null {
  // A draft again, or taken back meanwhile: then there is no bill to tell of.
  if (found === null || found.invoice.number === null || found.invoice.status === "Void") return null
  const { invoice, lines } = found
  const money = (minor: Minor): Money => ({ minor, currency: invoice.currency })
  const told = lines.slice(0, limits.mailLines)
  return {
    kind: "Invoice",
    number: invoice.number ?? "",
    total: money(invoice.totalMinor),
    due: money(amountDue(invoice)),
    dueAt: invoice.dueAt,
    lines: told.map(({ description, amountMinor }) => ({ text: description, amount: money(amountMinor) })),
    moreLines: lines.length - told.length,
  }
}

async function receipt({ read }: Scope, paymentId: string): Promise<Letter | null> {
  const payment = await read.payments.byId(paymentId)
  const found = payment === null ? null : await read.invoices.byId(payment.invoiceId)
  if (payment === null || found === null || payment.status !== "Succeeded") return null
  const { currency, amountMinor, settledAt, createdAt } = payment
  return {
    kind: "Receipt",
    number: found.invoice.number ?? "",
    amount: { minor: amountMinor, currency },
    paidAt: settledAt ?? createdAt,
    left: { minor: amountDue(found.invoice), currency },
  }
}

async function failure(scope: Scope, paymentId: string, customer: CustomerRow): Promise<Letter | null> {
  const { read } = scope
  const payment = await read.payments.byId(paymentId)
  const found = payment === null ? null : await read.invoices.byId(payment.invoiceId)
  // Paid by another way meanwhile, it is nothing to worry anybody with.
  if (payment === null || found === null || amountDue(found.invoice) <= 0n) return null
  const dunning = await read.payments.dunningOf(payment.invoiceId)
  return {
    kind: "PaymentFailed",
    number: found.invoice.number ?? "",
    amount: { minor: payment.amountMinor, currency: payment.currency },
    reason: payment.failureMessage,
    nextAttemptAt: dunning?.nextAttemptAt ?? null,
    methodUrl: await methodPage(scope.platform, newMethodLink(scope, customer.id, limits.mailLinkMs, null)),
  }
}

async function trialLetter({ read }: Scope, subscriptionId: string): Promise<Letter | null> {
  const subscription = await read.subscriptions.byId(subscriptionId)
  if (subscription?.status !== "Trialing" || subscription.trialEndsAt === null) return null
  const plan = await read.catalog.plan(subscription.planId)
  return { kind: "TrialEnding", plan: plan?.plan.name ?? "your plan", endsAt: subscription.trialEndsAt }
}

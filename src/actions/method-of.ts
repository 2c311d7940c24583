// Whom an invoice is collected from, or paid out to: the method that is asked for, or else the invoice's, its subscription's, or the
// customer's default. What was taken away since, and what another processor knows, is none.

import type { InvoiceRow, PaymentMethodRow, SubscriptionRow } from "../db/rows.ts"
import { err, ok } from "../domain/result.ts"
import type { Outcome } from "./act.ts"
import { foreignMethod } from "./own-account.ts"
import { missing, refusal } from "./refusal.ts"
import type { Scope } from "./scope.ts"
import { currentTenant } from "./update-tenant.ts"

export const NO_METHOD = refusal("invalid_state", "The customer has no default payment method.")

type Collected = Pick<InvoiceRow, "customerId" | "subscriptionId" | "paymentMethodId">

/** `wanted`: a method of the customer's; null: as the invoice says. */
export async function methodOf(
  scope: Scope,
  invoice: Collected,
  wanted: string | null,
): Promise<Outcome<PaymentMethodRow>> {
  const method = wanted === null ? await ownMethod(scope, invoice) : await named(scope, invoice, wanted)
  if (wanted !== null && method === null) return err(missing("payment_method_id", "payment method"))
  const tenant = await currentTenant(scope)
  if (!tenant.ok) return tenant
  if (method === null) return err(NO_METHOD)
  const foreign = await foreignMethod(scope.platform.processorOf(tenant.value), method)
  return foreign === null ? ok(method) : err(foreign)
}

/** Null: nobody is named, and there is no default. */
async function ownMethod({ read }: Scope, invoice: Collected): Promise<PaymentMethodRow | null> {
  const { subscriptionId, customerId } = invoice
  const subscription = subscriptionId === null ? null : await read.subscriptions.byId(subscriptionId)
  const ids = methodIds(invoice, subscription)
  return firstMethod(ids, await read.ask(read.paymentMethods.choices(customerId, ids)))
}

/** The methods that are named for an invoice, first of all the one that is asked first. `subscription`: the one that it is of. */
export function methodIds(invoice: Collected, subscription: Billed | null): string[] {
  return [invoice.paymentMethodId, subscription?.paymentMethodId ?? null].filter((id) => id !== null)
}

type Billed = Pick<SubscriptionRow, "paymentMethodId">

/** Of the invoice's customer's methods the one that is named first, or else the default. */
export function firstMethod(
  ids: readonly string[],
  methods: readonly PaymentMethodRow[],
): PaymentMethodRow | null {
  const named = ids.flatMap((id) => methods.find((method) => method.id === id) ?? [])
  return named[0] ?? methods.find(({ isDefault }) => isDefault) ?? null
}

/** Of the invoice's own customer: nobody is charged for another. */
async function named(scope: Scope, { customerId }: Collected, id: string | null) {
  return id === null ? null : scope.read.paymentMethods.byId(customerId, id)
}

/** That a customer's subscription or invoice may name the method. */
export async function checkMethod(
  scope: Scope,
  customerId: string,
  id: string | null | undefined,
): Promise<Outcome<null>> {
  if (id === null || id === undefined) return ok(null)
  const method = await scope.read.paymentMethods.byId(customerId, id)
  return method === null ? err(missing("payment_method_id", "payment method of the customer")) : ok(null)
}

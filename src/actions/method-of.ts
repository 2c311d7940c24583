// Whom an invoice is collected from, or paid out to: the method that is asked for, or else the invoice's, its subscription's, or the
// customer's default. What was taken away since, and what another processor knows, is none.

import type { InvoiceRow, PaymentMethodRow } from "../db/rows.ts"
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
export async function ownMethod(scope: Scope, invoice: Collected): Promise<PaymentMethodRow | null> {
  const own = await named(scope, invoice, invoice.paymentMethodId)
  if (own !== null) return own
  const { subscriptionId, customerId } = invoice
  const subscription = subscriptionId === null ? null : await scope.read.subscriptions.byId(subscriptionId)
  const its = await named(scope, invoice, subscription?.paymentMethodId ?? null)
  return its ?? scope.read.paymentMethods.defaultOf(customerId)
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

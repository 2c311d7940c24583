// Attaches a payment method to a customer. The processor is asked first: what it refuses leaves nothing here, and what is lost
// behind it is a method that nobody charges.

import type { CustomerRow, PaymentMethodRow } from "../db/rows.ts"
import { paymentMethods } from "../db/schema.ts"
import type { Result } from "../domain/result.ts"
import { err, ok } from "../domain/result.ts"
import { limits } from "../limits.ts"
import type { Processor } from "../payments/port.ts"
import type { Decided, Outcome, Reply } from "./act.ts"
import { act } from "./act.ts"
import { retryItems } from "./default-payment-method.ts"
import { findCustomer } from "./find.ts"
import { alone, methodState, methodSubject, noDefault } from "./payment-method-state.ts"
import type { Refusal } from "./refusal.ts"
import { invalid, refusal } from "./refusal.ts"
import type { Scope } from "./scope.ts"
import { currentTenant } from "./update-tenant.ts"

export type NewPaymentMethod = { readonly methodRef: string; readonly isDefault: boolean }

export async function attachPaymentMethod(
  scope: Scope,
  customerId: string,
  input: NewPaymentMethod,
  reply: Reply<PaymentMethodRow>,
): Promise<Outcome<PaymentMethodRow>> {
  const customer = await findCustomer(scope, customerId)
  if (!customer.ok) return customer
  // As it is now: a method that is attached at another processor than the one that charges is worth nothing.
  const tenant = await currentTenant(scope)
  if (!tenant.ok) return tenant
  const processor = scope.platform.processorOf(tenant.value)
  const fault = await attachFault(scope, customer.value, processor)
  if (fault !== null) return err(fault)
  const attached = await attachAtProcessor(scope, customer.value, processor, input.methodRef)
  if (!attached.ok) return attached
  return act(scope, () => decide(scope, customerId, attached.value, input.isDefault), reply)
}

async function attachFault(
  scope: Scope,
  customer: CustomerRow,
  { capabilities }: Processor,
): Promise<Refusal | null> {
  if (customer.status === "Closed") return refusal("invalid_state", "The customer is closed.")
  if (!capabilities.offSession) {
    return refusal("invalid_state", "This tenant has no payment processor: set its key of Stripe first.")
  }
  const { rows, next } = await scope.read.paymentMethods.list(
    { limit: limits.paymentMethodsPerCustomer, before: null },
    customer.id,
  )
  if (next === null && rows.length < limits.paymentMethodsPerCustomer) return null
  return refusal(
    "invalid_state",
    `A customer has at most ${limits.paymentMethodsPerCustomer} payment methods.`,
  )
}

async function attachAtProcessor(
  scope: Scope,
  customer: CustomerRow,
  processor: Processor,
  methodRef: string,
): Promise<Result<PaymentMethodRow, Refusal>> {
  const id = scope.newId()
  const customerRef = await customerAt(scope, processor, customer)
  const attached = await processor.attachMethod({ key: `method:${id}`, customerRef, methodRef })
  if (!attached.ok) return err(invalid("payment_method", attached.error.message))
  const { ref, ...details } = attached.value
  return ok({
    ...details,
    id,
    tenantId: scope.tenant.id,
    customerId: customer.id,
    processor: processor.name,
    customerRef,
    methodRef: ref,
    isDefault: false,
    detachedAt: null,
    version: 1,
    createdAt: scope.now,
  })
}

async function customerAt(scope: Scope, processor: Processor, { id, displayName, email }: CustomerRow) {
  const known = await scope.read.paymentMethods.customerRef(id, processor.name)
  if (known !== null) return known
  return (await processor.createCustomer({ key: `customer:${id}`, name: displayName, email })).ref
}

async function decide(
  scope: Scope,
  customerId: string,
  attached: PaymentMethodRow,
  wanted: boolean,
): Promise<Outcome<Decided<PaymentMethodRow>>> {
  const customer = await findCustomer(scope, customerId)
  if (!customer.ok) return customer
  const before = await scope.read.paymentMethods.defaultOf(customerId)
  // The first one is the default without being asked for.
  const isDefault = wanted || before === null
  const row = { ...attached, isDefault }
  return ok({
    value: row,
    commit: {
      guards: [alone(scope, customer.value)],
      writes: [...(isDefault ? noDefault(scope, before) : []), scope.write.insert(paymentMethods, row)],
      agenda: isDefault ? await retryItems(scope, row) : [],
      audit: [{ action: "payment_method.attached", ...methodSubject(row), after: methodState(row) }],
    },
  })
}

// Attaches a payment method to a customer. The processor is asked first: what it refuses leaves nothing here, and what is lost
// behind it is a method that nobody charges.

import type { CustomerRow, PaymentMethodRow } from "../db/rows.ts"
import { paymentMethods } from "../db/schema.ts"
import type { Result } from "../domain/result.ts"
import { err, ok } from "../domain/result.ts"
import { limits } from "../limits.ts"
import type { AttachFault, MethodDetails, Processor } from "../payments/port.ts"
import type { Decided, Outcome, Reply } from "./act.ts"
import { act } from "./act.ts"
import { retryItems } from "./default-payment-method.ts"
import { findCustomer } from "./find.ts"
import { orRefused } from "./own-account.ts"
import { alone, methodState, methodSubject, noDefault } from "./payment-method-state.ts"
import type { Refusal } from "./refusal.ts"
import { invalid, refusal } from "./refusal.ts"
import type { Scope } from "./scope.ts"
import { currentTenant } from "./update-tenant.ts"

export type NewPaymentMethod = {
  readonly methodRef: string
  readonly isDefault: boolean
  /** It is for what names it alone, and not the default even where it is the first one. */
  readonly isNamedOnly?: boolean
  /** The customer of the processor's who has it already; null or absent: the one that is known, or a new one. */
  readonly customerRef?: string | null
}

export async function attachPaymentMethod(
  scope: Scope,
  customerId: string,
  input: NewPaymentMethod,
  reply: Reply<PaymentMethodRow> | null,
): Promise<Outcome<PaymentMethodRow>> {
  const customer = await findCustomer(scope, customerId)
  if (!customer.ok) return customer
  // As it is now: a method that is attached at another processor than the one that charges is worth nothing.
  const tenant = await currentTenant(scope)
  if (!tenant.ok) return tenant
  const processor = scope.platform.processorOf(tenant.value)
  const fault = await attachFault(scope, customer.value, processor)
  if (fault !== null) return err(fault)
  const attached = await attachAtProcessor(scope, customer.value, processor, input)
  if (!attached.ok) return attached
  return act(scope, () => decide(scope, customerId, attached.value, input), reply)
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
  { methodRef, customerRef: heldBy = null }: NewPaymentMethod,
): Promise<Result<PaymentMethodRow, Refusal>> {
  const id = scope.newId()
  return orRefused(async () => {
    const accountRef = await processor.accountRef()
    const attached = await attachTo(scope, { customer, processor, accountRef, methodRef, heldBy, id })
    if (!attached.ok) return err(attached.error)
    const { ref, customerRef, ...details } = attached.value
    return ok({
      ...details,
      id,
      tenantId: scope.tenant.id,
      customerId: customer.id,
      processor: processor.name,
      accountRef,
      customerRef,
      methodRef: ref,
      givenRef: methodRef,
      isDefault: false,
      detachedAt: null,
      version: 1,
      createdAt: scope.now,
    })
  })
}

type Attached = MethodDetails & { readonly customerRef: string }

type Attaching = {
  readonly customer: CustomerRow
  readonly processor: Processor
  readonly accountRef: string
  readonly methodRef: string
  readonly heldBy: string | null
  readonly id: string
}

/** A customer whom the processor does not know any more, because it was deleted there, is made anew. */
async function attachTo(scope: Scope, at: Attaching): Promise<Result<Attached, Refusal>> {
  const { customer, processor, accountRef, methodRef, heldBy, id } = at
  const given = heldBy ?? customer.processorRef
  const known =
    given ?? (await scope.read.paymentMethods.customerRef(customer.id, processor.name, accountRef))
  const customerRef = known ?? (await newCustomer(processor, customer, `customer:${customer.id}`))
  const attached = await processor.attachMethod({ key: `method:${id}`, customerRef, methodRef })
  if (attached.ok) return ok({ ...attached.value, customerRef })
  if (attached.error.code !== "customer_missing") return err(refusedMethod(attached.error))
  if (given !== null) return err(refusal("invalid_state", `The processor has no customer ${given}.`))
  const anew = await newCustomer(processor, customer, `customer:${customer.id}:${id}`)
  const again = await processor.attachMethod({ key: `method:${id}:again`, customerRef: anew, methodRef })
  return again.ok ? ok({ ...again.value, customerRef: anew }) : err(refusedMethod(again.error))
}

function refusedMethod({ message }: AttachFault): Refusal {
  return invalid("payment_method", message)
}

async function newCustomer(
  processor: Processor,
  { displayName, email }: CustomerRow,
  key: string,
): Promise<string> {
  return (await processor.createCustomer({ key, name: displayName, email })).ref
}

async function decide(
  scope: Scope,
  customerId: string,
  attached: PaymentMethodRow,
  { isDefault: wanted, isNamedOnly = false }: NewPaymentMethod,
): Promise<Outcome<Decided<PaymentMethodRow>>> {
  const customer = await findCustomer(scope, customerId)
  if (!customer.ok) return customer
  const before = await scope.read.paymentMethods.defaultOf(customerId)
  // The first one is the default without being asked for.
  const isDefault = wanted || (before === null && !isNamedOnly)
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

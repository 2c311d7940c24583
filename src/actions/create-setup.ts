// Leads a customer to a page on which it gives a payment method: the sandbox's is ours, Stripe's is its Checkout.
// Law: nothing is attached here; what the customer gives is attached when it comes back, or when the processor tells of it, once for each
// link.

import type { CustomerRow, TenantRow } from "../db/rows.ts"
import type { MethodLink } from "../domain/method-link.ts"
import { returnUrl as readReturnUrl } from "../domain/method-link.ts"
import type { Result } from "../domain/result.ts"
import { err, ok } from "../domain/result.ts"
import { limits } from "../limits.ts"
import type { GivenSetup, Processor, SetupRequest } from "../payments/port.ts"
import type { Outcome, Reply } from "./act.ts"
import { act } from "./act.ts"
import { findCustomer } from "./find.ts"
import type { Visit } from "./give-method.ts"
import { giveMethod } from "./give-method.ts"
import { methodPage, newMethodLink, signedLink } from "./method-link.ts"
import { orRefused } from "./own-account.ts"
import type { Refusal } from "./refusal.ts"
import { invalid, refusal } from "./refusal.ts"
import type { Scope } from "./scope.ts"
import { currentTenant } from "./update-tenant.ts"

export type Setup = { readonly url: string }

export async function createSetup(
  scope: Scope,
  customerId: string,
  returnUrl: string | null,
  reply: Reply<Setup>,
): Promise<Outcome<Setup>> {
  const customer = await findCustomer(scope, customerId)
  if (!customer.ok) return customer
  const back = returnUrl === null ? ok(null) : readReturnUrl(returnUrl)
  if (!back.ok) return err(invalid("return_url", back.error))
  const tenant = await currentTenant(scope)
  if (!tenant.ok) return tenant
  const link = newMethodLink(scope, customerId, limits.methodLinkMs, back.value)
  const url = await setupPage(scope, tenant.value, customer.value, link)
  if (!url.ok) return url
  const audit = [
    {
      action: "payment_method.asked_for",
      subjectType: "Customer",
      subjectId: customerId,
      customerId,
      after: { return_url: back.value },
    },
  ]
  return act(scope, async () => ok({ value: { url: url.value }, commit: { audit } }), reply)
}

/** Where the customer of a link gives its method: our page, or that of the tenant's processor. */
export async function setupPage(
  scope: Scope,
  tenant: TenantRow,
  customer: CustomerRow,
  link: MethodLink,
): Promise<Outcome<string>> {
  const processor = scope.platform.processorOf(tenant)
  const fault = setupFault(customer, processor)
  if (fault !== null) return err(fault)
  if (processor.name === "sandbox") return ok(await methodPage(scope.platform, link))
  const { publicUrl } = scope.platform
  const back = `${publicUrl}${SETUP_RETURN}?link=${await signedLink(scope.platform, link)}&setup=${SETUP_REF}`
  return orRefused(async () => {
    const page = await processorPage(scope, processor, customer, {
      // A page that is asked for again an hour later may be over, and is another one.
      key: setupKey(link, Math.floor(scope.platform.wallNow() / HOUR_MS)),
      currency: customer.billingCurrency,
      returnUrl: back,
      metadata: { tenant_id: tenant.id, customer_id: customer.id },
    })
    return page.ok ? ok(page.value.url) : err(refusal("invalid_state", page.error))
  })
}

/** A customer whom the processor does not know any more, because it was deleted there, is made anew. */
async function processorPage(
  scope: Scope,
  processor: Processor,
  customer: CustomerRow,
  request: Omit<SetupRequest, "customerRef">,
): Promise<Result<{ readonly url: string }, string>> {
  const { key } = request
  const { id, displayName: name, email, processorRef: given } = customer
  const customerRef = await customerAt(scope, processor, customer)
  const page = await processor.createSetup({ ...request, customerRef })
  if (page.ok) return page
  if (page.error.code !== MISSING) return err(page.error.message)
  if (given !== null) return err(`The processor has no customer ${given}.`)
  const { ref } = await processor.createCustomer({ key: `customer:${id}:${key}`, name, email })
  const again = await processor.createSetup({ ...request, key: `${key}:again`, customerRef: ref })
  return again.ok ? again : err(again.error.message)
}

const MISSING = "customer_missing"

/** A customer that comes back from the processor's page has given a method there, or not. False: not. */
export async function comeBack(visit: Visit, setupRef: string): Promise<Outcome<boolean>> {
  const { scope, tenant, customer } = visit
  const processor = scope.platform.processorOf(tenant)
  const asked =
    setupRef === SETUP_REF ? ok(null) : await orRefused(async () => ok(await processor.findSetup(setupRef)))
  if (!asked.ok) return asked
  const found = asked.value
  if (found === null || !isPageOf(found, customer)) return ok(false)
  const given = await giveMethod(visit, found)
  return given.ok ? ok(true) : given
}

/** Whether a page was made for this customer: its own name at the processor may be another one by now. */
export function isPageOf({ metadata }: GivenSetup, { id, tenantId }: CustomerRow): boolean {
  return metadata["customer_id"] === id && metadata["tenant_id"] === tenantId
}

const SETUP = "setup"

function setupKey({ id }: MethodLink, hour: number): string {
  return [SETUP, id, hour].join(":")
}

/** The link whose page was asked for under this key; null: none. */
export function linkOfSetup(key: string | null): string | null {
  const [what, id] = (key ?? "").split(":")
  return what === SETUP && id !== undefined ? id : null
}

const HOUR_MS = 3_600_000

/** Where the processor's page leads back to, with the name that it has for what was given there. */
export const SETUP_RETURN = "/pay/method/given"
const SETUP_REF = "{CHECKOUT_SESSION_ID}"

function setupFault({ status }: CustomerRow, { capabilities }: Processor): Refusal | null {
  if (status === "Closed") return refusal("invalid_state", "The customer is closed.")
  if (capabilities.offSession) return null
  return refusal("invalid_state", "This tenant has no payment processor: set its key of Stripe first.")
}

/** As attaching finds or makes it, under the same key. */
async function customerAt(scope: Scope, processor: Processor, customer: CustomerRow): Promise<string> {
  const { id, displayName, email, processorRef } = customer
  const account = await processor.accountRef()
  const known = processorRef ?? (await scope.read.paymentMethods.customerRef(id, processor.name, account))
  if (known !== null) return known
  return (await processor.createCustomer({ key: `customer:${id}`, name: displayName, email })).ref
}

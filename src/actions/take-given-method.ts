// Takes a payment method that a customer gave on the processor's page, when the processor tells of it: whoever closes that page before it
// leads back has given it all the same.
// What a repeat means: the link of the page is claimed once, whether the customer comes back or the processor is quicker.

import { err, ok } from "../domain/result.ts"
import { log } from "../runtime/log.ts"
import type { Outcome } from "./act.ts"
import { isPageOf, linkOfSetup } from "./create-setup.ts"
import { giveMethod } from "./give-method.ts"
import type { RefusalCode } from "./refusal.ts"
import type { Scope } from "./scope.ts"

const PASSES: ReadonlySet<RefusalCode> = new Set(["conflict", "processor_unavailable"])

export async function takeGivenMethod(scope: Scope, setupRef: string): Promise<Outcome<null>> {
  const { platform, tenant } = scope
  const given = await platform.processorOf(tenant).findSetup(setupRef)
  const linkId = linkOfSetup(given?.key ?? null)
  if (given === null || linkId === null) return ok(null)
  const customer = await scope.read.customers.byId(given.metadata["customer_id"] ?? "")
  if (customer === null || !isPageOf(given, customer)) return ok(null)
  const taken = await giveMethod({ link: { id: linkId, customerId: customer.id }, tenant, scope }, given)
  if (taken.ok) return ok(null)
  // What passes is told again. What is refused would be refused again, however often it is told.
  if (PASSES.has(taken.error.code)) return err(taken.error)
  log.warn("a method that was given is not taken", { customer_id: customer.id, reason: taken.error.detail })
  return ok(null)
}

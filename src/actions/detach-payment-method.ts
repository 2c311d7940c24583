// Takes a payment method away. First here, so that nothing charges it any more, then at the processor: what is lost between the
// two is a method there that nobody here knows.

import type { PaymentMethodRow } from "../db/rows.ts"
import { paymentMethods } from "../db/schema.ts"
import { err, ok } from "../domain/result.ts"
import { log } from "../runtime/log.ts"
import type { Outcome, Reply } from "./act.ts"
import { act } from "./act.ts"
import type { MethodIds } from "./default-payment-method.ts"
import { findCustomer } from "./find.ts"
import { isOwnAccount } from "./own-account.ts"
import { alone, methodState, methodSubject } from "./payment-method-state.ts"
import { notFound } from "./refusal.ts"
import type { Scope } from "./scope.ts"
import { currentTenant } from "./update-tenant.ts"

export async function detachPaymentMethod(
  scope: Scope,
  { customerId, methodId }: MethodIds,
  reply: Reply<PaymentMethodRow>,
): Promise<Outcome<PaymentMethodRow>> {
  const detached = await act(
    scope,
    async () => {
      const customer = await findCustomer(scope, customerId)
      if (!customer.ok) return customer
      const before = await scope.read.paymentMethods.byId(customerId, methodId)
      if (before === null) return err(notFound("payment method"))
      const changes = { detachedAt: scope.now, isDefault: false }
      return ok({
        value: { ...before, ...changes, version: before.version + 1 },
        commit: {
          guards: [
            alone(scope, customer.value),
            scope.write.update(paymentMethods, methodId, before.version, changes),
          ],
          audit: [
            { action: "payment_method.detached", ...methodSubject(before), before: methodState(before) },
          ],
        },
      })
    },
    reply,
  )
  if (detached.ok) await atProcessor(scope, detached.value)
  return detached
}

async function atProcessor(scope: Scope, method: PaymentMethodRow): Promise<void> {
  const { id, methodRef } = method
  const tenant = await currentTenant(scope)
  if (!tenant.ok) return
  const processor = scope.platform.processorOf(tenant.value)
  try {
    if (await isOwnAccount(processor, method)) await processor.detachMethod(methodRef)
  } catch (error) {
    log.error("a payment method stays attached at its processor", error, { payment_method_id: id })
  }
}

// Makes a payment method the one that is charged, or takes one away.
// Law: a customer has at most one default, and what failed with the old one is tried with the new one at once.

import type { PaymentMethodRow } from "../db/rows.ts"
import { paymentMethods } from "../db/schema.ts"
import type { AgendaItem } from "../domain/agenda.ts"
import { err, ok } from "../domain/result.ts"
import { limits } from "../limits.ts"
import type { Outcome, Reply } from "./act.ts"
import { act } from "./act.ts"
import { findCustomer } from "./find.ts"
import { alone, methodState, methodSubject, noDefault } from "./payment-method-state.ts"
import { payOutItem } from "./pay-out-invoice.ts"
import { notFound } from "./refusal.ts"
import type { Scope } from "./scope.ts"

export type MethodIds = { readonly customerId: string; readonly methodId: string }

/** What a new default has to be tried with, if anything. */
export async function retryItems(
  scope: Scope,
  { id, customerId, version }: PaymentMethodRow,
): Promise<AgendaItem[]> {
  const [unpaid, waiting] = await Promise.all([
    scope.read.payments.unpaidDunnings(customerId),
    scope.read.payouts.waitingInvoices(customerId, limits.payoutsAtOnce),
  ])
  const uniqueKey = `${id}:${version}`
  const retries = { kind: "retry-dunnings" as const, subject: customerId, uniqueKey, dueAt: scope.now }
  return [
    ...(unpaid.length === 0 ? [] : [retries]),
    ...waiting.map((invoiceId) => payOutItem(scope, { id: invoiceId }, `method:${uniqueKey}`)),
  ]
}

export async function makeDefault(
  scope: Scope,
  { customerId, methodId }: MethodIds,
  reply: Reply<PaymentMethodRow>,
): Promise<Outcome<PaymentMethodRow>> {
  return act(
    scope,
    async () => {
      const customer = await findCustomer(scope, customerId)
      if (!customer.ok) return customer
      const before = await scope.read.paymentMethods.byId(customerId, methodId)
      if (before === null) return err(notFound("payment method"))
      const old = await scope.read.paymentMethods.defaultOf(customerId)
      const after = { ...before, isDefault: true, version: before.version + 1 }
      return ok({
        value: after,
        commit: {
          guards: [
            alone(scope, customer.value),
            scope.write.update(paymentMethods, methodId, before.version, { isDefault: true }),
          ],
          writes: old?.id === methodId ? [] : noDefault(scope, old),
          agenda: await retryItems(scope, after),
          audit: [
            {
              action: "payment_method.made_default",
              ...methodSubject(after),
              before: methodState(before),
              after: methodState(after),
            },
          ],
        },
      })
    },
    reply,
  )
}

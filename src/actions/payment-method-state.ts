// A payment method as the audit trail keeps it, and what changing one must not meet.

import type { CustomerRow, PaymentMethodRow } from "../db/rows.ts"
import { customers, paymentMethods } from "../db/schema.ts"
import type { Guarded, Statement } from "../db/database.ts"
import type { Scope } from "./scope.ts"

export function methodState({ processor, kind, brand, last4, expiresOn, isDefault }: PaymentMethodRow) {
  return { processor, kind, brand, last4, expires_on: expiresOn, is_default: isDefault }
}

export function methodSubject({ id, customerId }: Pick<PaymentMethodRow, "id" | "customerId">) {
  return { subjectType: "PaymentMethod", subjectId: id, customerId }
}

/** One change of a customer's methods at a time: it has one default. */
export function alone(scope: Scope, { id, version }: CustomerRow): Guarded {
  return scope.write.update(customers, id, version, {})
}

export function noDefault(scope: Scope, before: PaymentMethodRow | null): Statement[] {
  return before === null ? [] : [scope.write.change(paymentMethods, before.id, { isDefault: false })]
}

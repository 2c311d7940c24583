// What the tenant's processor knows of customers, asked while somebody waits for the answer.

import type { CustomerRow } from "../db/rows.ts"
import { ok } from "../domain/result.ts"
import type { Processor } from "../payments/port.ts"
import type { Outcome } from "./act.ts"
import { orRefused } from "./own-account.ts"
import type { Scope } from "./scope.ts"

/** The name of a customer that is made there now, or was before for the same id. */
export function customerAtProcessor(
  scope: Scope,
  { id, displayName, email }: Pick<CustomerRow, "id" | "displayName" | "email">,
): Promise<Outcome<string>> {
  return asked(scope, async (processor) => {
    const request = { key: `customer:${id}`, name: displayName, email }
    return (await processor.createCustomer(request)).ref
  })
}

export function knowsCustomer(scope: Scope, customerRef: string): Promise<Outcome<boolean>> {
  return asked(scope, (processor) => processor.customerExists(customerRef))
}

function asked<T>(
  { platform, tenant }: Scope,
  ask: (processor: Processor) => Promise<T>,
): Promise<Outcome<T>> {
  return orRefused(async () => ok(await ask(platform.processorOf(tenant))))
}

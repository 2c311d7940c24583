// Changes a customer: its details, its place in the hierarchy, its status.

import type { CustomerRow } from "../db/rows.ts"
import { customers } from "../db/schema.ts"
import { checkChildren, mayMove } from "../domain/customer.ts"
import { err, ok } from "../domain/result.ts"
import type { Outcome, Reply } from "./act.ts"
import { act } from "./act.ts"
import type { ChangesOf } from "./changes.ts"
import { given } from "./changes.ts"
import { movedBudgets } from "./move-budgets.ts"
import type { NewCustomer } from "./create-customer.ts"
import { customerState } from "./create-customer.ts"
import { findCustomer } from "./find.ts"
import { placeCustomer } from "./place-customer.ts"
import { redirectCustomer, touched } from "./redirect-customer.ts"
import type { Refusal } from "./refusal.ts"
import { invalid, refusal } from "./refusal.ts"
import type { Scope } from "./scope.ts"

export type CustomerChanges = ChangesOf<Omit<NewCustomer, "id"> & Pick<CustomerRow, "status">>

export async function updateCustomer(
  scope: Scope,
  id: string,
  changes: CustomerChanges,
  reply: Reply<CustomerRow> | null,
): Promise<Outcome<CustomerRow>> {
  const values = given(changes)
  return act(
    scope,
    async () => {
      const found = await findCustomer(scope, id)
      if (!found.ok) return found
      const before = found.value
      const after: CustomerRow = { ...before, ...values, version: before.version + 1 }
      const refused =
        (await refuseStatus(scope, before, after)) ?? (await refuseCurrency(scope, before, after))
      if (refused !== null) return err(refused)
      const placed = await replaced(scope, before, after)
      if (!placed.ok) return placed
      const redirected = await billedAnew(scope, before, after)
      if (!redirected.ok) return redirected
      const moved = await movedBudgets(scope, before, after)
      const subject = { subjectType: "Customer", subjectId: id, customerId: id }
      return ok({
        value: after,
        commit: {
          guards: [
            scope.write.update(customers, id, before.version, values),
            ...touched(scope, [...placed.value, ...redirected.value]),
          ],
          writes: moved.writes,
          agenda: moved.agenda,
          audit: [
            {
              action: "customer.updated",
              ...subject,
              before: customerState(before),
              after: customerState(after),
            },
          ],
        },
      })
    },
    reply,
  )
}

async function refuseStatus(scope: Scope, before: CustomerRow, after: CustomerRow): Promise<Refusal | null> {
  if (!mayMove(before.status, after.status))
    return refusal("invalid_state", "The customer is Closed, and that is final.")
  if (after.status !== "Closed" || before.status === "Closed") return null
  if (await scope.read.customers.hasOpenSubscription(after.id)) {
    return refusal("invalid_state", "The customer has a subscription that has not ended: cancel it first.")
  }
  if (await scope.read.invoices.owes(after.id)) {
    return refusal("invalid_state", "The customer has invoices that are neither paid nor void.")
  }
  if ((await scope.read.customers.dependants(after.id)).length > 0) {
    return refusal(
      "invalid_state",
      "Others are billed to the customer: direct their invoices elsewhere first.",
    )
  }
  return null
}

async function refuseCurrency(
  scope: Scope,
  before: CustomerRow,
  after: CustomerRow,
): Promise<Refusal | null> {
  if (before.billingCurrency === after.billingCurrency) return null
  const dependants = await scope.read.customers.dependants(after.id)
  if (dependants.some(({ billingCurrency }) => billingCurrency !== after.billingCurrency)) {
    return refusal(
      "invalid_state",
      "The currency can't be changed: others who are billed to it have another.",
    )
  }
  if (!(await scope.read.customers.hasHistory(after.id))) return null
  return refusal(
    "invalid_state",
    "The currency can't be changed: the customer has subscriptions or invoices in it.",
  )
}

/** Looks at the hierarchy when something in it changes, and only then: what is not touched was right before. */
async function replaced(
  scope: Scope,
  before: CustomerRow,
  after: CustomerRow,
): Promise<Outcome<CustomerRow[]>> {
  const retyped = before.accountType !== after.accountType
  if (!retyped && before.parentId === after.parentId) return ok([])
  if (retyped) {
    const checked = checkChildren(after.accountType, await scope.read.customers.childTypes(after.id))
    if (!checked.ok) return err(invalid(checked.error.path, checked.error.message))
  }
  return placeCustomer(scope, after, false)
}

/** As `replaced`, for whose invoice its charges go onto. */
async function billedAnew(
  scope: Scope,
  before: CustomerRow,
  after: CustomerRow,
): Promise<Outcome<CustomerRow[]>> {
  const same =
    before.parentId === after.parentId &&
    before.consolidation === after.consolidation &&
    before.billToId === after.billToId &&
    before.billingCurrency === after.billingCurrency
  return same ? ok([]) : redirectCustomer(scope, after)
}

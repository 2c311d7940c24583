// A customer: a billing entity, perhaps part of a hierarchy.
// Laws: an Individual has no children, a Subsidiary hangs under an Organization, and the tree has no cycle. What is on one
// invoice is in one currency.

import type { Currency } from "./currency.ts"
import type { Result } from "./result.ts"
import { err, ok } from "./result.ts"

export type AccountType = "Organization" | "Individual" | "Subsidiary"
export type CustomerStatus = "Active" | "Suspended" | "Closed"
export type Consolidation = "Standalone" | "ConsolidateToParent"

export type Kin = {
  readonly id: string
  readonly accountType: AccountType
  readonly parentId: string | null
  readonly status: CustomerStatus
}

export type HierarchyFault = { readonly path: string; readonly message: string }

/**
 * Whether `child` may hang under its parent. `ancestors` are the parent and everything above it, nearest first;
 * `levelsBelow` is the height of the child's own tree (0 without children).
 */
export function checkParent(
  child: Pick<Kin, "id" | "accountType">,
  ancestors: readonly Kin[],
  levelsBelow: number,
  maxLevels: number,
): Result<null, HierarchyFault> {
  const parent = ancestors[0]
  if (child.accountType === "Subsidiary" && parent === undefined) {
    return fault("parent_id", "A Subsidiary needs the parent_id of an Organization.")
  }
  if (parent === undefined) return ok(null)
  if (ancestors.some((ancestor) => ancestor.id === child.id)) {
    return fault("parent_id", "The parent is this customer itself or one of its own descendants: a cycle.")
  }
  if (parent.accountType === "Individual") {
    return fault("parent_id", "The parent is an Individual, and an Individual has no children.")
  }
  if (child.accountType === "Subsidiary" && parent.accountType !== "Organization") {
    return fault("parent_id", "A Subsidiary hangs under an Organization, and this parent is none.")
  }
  if (parent.status === "Closed") return fault("parent_id", "The parent is Closed.")
  if (ancestors.length + 1 + levelsBelow > maxLevels) {
    return fault("parent_id", `A hierarchy has at most ${maxLevels} levels.`)
  }
  return ok(null)
}

/** Whether an account may be of a type, given what hangs directly under it. */
export function checkChildren(
  accountType: AccountType,
  children: readonly AccountType[],
): Result<null, HierarchyFault> {
  if (accountType === "Individual" && children.length > 0) {
    return fault("account_type", "The customer has children, and an Individual has none.")
  }
  if (accountType !== "Organization" && children.includes("Subsidiary")) {
    return fault(
      "account_type",
      "The customer has a Subsidiary, and a Subsidiary hangs under an Organization.",
    )
  }
  return ok(null)
}

/** What says whose invoice a customer's charges are on, and who receives it. */
export type Billed = {
  readonly id: string
  readonly parentId: string | null
  readonly consolidation: Consolidation
  readonly billToId: string | null
  readonly billingCurrency: Currency
  readonly status: CustomerStatus
}

export type BillingFault = HierarchyFault & { readonly code: "invalid_request" | "currency_mismatch" }

/**
 * Whether a customer's charges can go where its row says. `billTo` is who receives its invoices and everybody whom that one
 * redirects to in turn: nobody is led back to itself.
 */
export function checkBilling(
  customer: Billed,
  parent: Billed | null,
  billTo: readonly Billed[],
): Result<null, BillingFault> {
  const { consolidation, billToId, billingCurrency } = customer
  if (consolidation === "ConsolidateToParent") {
    if (parent === null)
      return billing("consolidation", "Without a parent there is nothing to consolidate to.")
    if (billToId !== null) {
      return billing(
        "bill_to_id",
        "What is consolidated goes to the parent; only a Standalone customer has one.",
      )
    }
    return inCurrency(parent, billingCurrency, "consolidation", "parent")
  }
  const recipient = billTo[0]
  if (billToId === customer.id || billTo.some(({ id }) => id === customer.id)) {
    return billing("bill_to_id", "The invoices would come back to this customer itself.")
  }
  if (recipient === undefined) return ok(null)
  if (recipient.status === "Closed") return billing("bill_to_id", "The customer to bill is Closed.")
  return inCurrency(recipient, billingCurrency, "bill_to_id", "customer to bill")
}

function inCurrency(
  other: Billed,
  currency: Currency,
  path: string,
  who: string,
): Result<null, BillingFault> {
  if (other.billingCurrency === currency) return ok(null)
  const message = `The ${who} is billed in ${other.billingCurrency}, this customer in ${currency}.`
  return err({ code: "currency_mismatch", path, message })
}

function billing(path: string, message: string): Result<null, BillingFault> {
  return err({ code: "invalid_request", path, message })
}

/** A customer is suspended and taken back at will; Closed is final. */
export function mayMove(from: CustomerStatus, to: CustomerStatus): boolean {
  return from === to || from !== "Closed"
}

function fault(path: string, message: string): Result<null, HierarchyFault> {
  return err({ path, message })
}

export type Tree<T extends Kin> = T & { readonly children: readonly Tree<T>[] }

/** The tree below `root`, children in the order given. */
export function treeOf<T extends Kin>(root: T, descendants: readonly T[]): Tree<T> {
  const children = descendants.filter((node) => node.parentId === root.id)
  return { ...root, children: children.map((child) => treeOf(child, descendants)) }
}

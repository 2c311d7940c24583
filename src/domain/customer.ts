// A customer: a billing entity, perhaps part of a hierarchy.
// Laws: an Individual has no children, a Subsidiary hangs under an Organization, and the tree has no cycle.

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

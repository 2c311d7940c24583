// Where a customer hangs in the hierarchy, and what keeps the decision true until it is committed.
// Law: a customer that gets a new parent touches every row above it. So the version of a row speaks for all that hangs
// below it, and two changes that together would break the tree can't both be committed.

import type { CustomerRow } from "../db/rows.ts"
import { checkParent } from "../domain/customer.ts"
import { err, ok } from "../domain/result.ts"
import { limits } from "../limits.ts"
import type { Outcome } from "./act.ts"
import { invalid, missing } from "./refusal.ts"
import type { Scope } from "./scope.ts"

/**
 * The rows to touch so that `child` may hang where its row says, or why it may not. The child's own row must have been
 * read before, and be guarded beside these, because its version stands for the tree below it.
 */
export async function placeCustomer(
  scope: Scope,
  child: CustomerRow,
  isNew: boolean,
): Promise<Outcome<CustomerRow[]>> {
  const { hierarchyLevels, hierarchyNodes } = limits
  const ancestors = await scope.read.customers.ancestors(child.parentId, hierarchyLevels)
  const root = ancestors.at(-1)
  if (child.parentId !== null && root === undefined) return err(missing("parent_id", "customer"))
  const below =
    isNew || root === undefined ? LEAF : await scope.read.customers.treeSize(child.id, null, hierarchyNodes)
  const checked = checkParent(child, ancestors, below.levels - 1, hierarchyLevels)
  if (!checked.ok) return err(invalid(checked.error.path, checked.error.message))
  if (root === undefined) return ok([])
  const rest = await scope.read.customers.treeSize(root.id, child.id, hierarchyNodes)
  if (rest.nodes + below.nodes > hierarchyNodes) {
    return err(invalid("parent_id", `A hierarchy has at most ${hierarchyNodes} customers.`))
  }
  return ok(ancestors)
}

const LEAF = { nodes: 1, levels: 1 }

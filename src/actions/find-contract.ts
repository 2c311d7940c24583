// Finds a contract, and what belongs to its chain.

import type { ContractMember } from "../db/readers/contracts.ts"
import type { ContractRow } from "../db/rows.ts"
import { assert } from "../domain/assert.ts"
import { err, ok } from "../domain/result.ts"
import { limits } from "../limits.ts"
import type { Outcome } from "./act.ts"
import { notFound } from "./refusal.ts"
import type { Scope } from "./scope.ts"

export async function findContract(scope: Scope, id: string): Promise<Outcome<ContractRow>> {
  const row = await scope.read.contracts.byId(id)
  return row === null ? err(notFound("contract")) : ok(row)
}

/** The newest contract of a chain that was activated; null while its first one is a draft. */
export async function currentOf(scope: Scope, rootContractId: string): Promise<ContractRow | null> {
  const chain = await scope.read.contracts.chain(rootContractId)
  return chain.findLast(({ activatedAt }) => activatedAt !== null) ?? null
}

/** All subscriptions that came to a chain; there are never more than were let in. */
export async function membersOf(scope: Scope, rootContractId: string): Promise<ContractMember[]> {
  const { subscriptionsPerContract } = limits
  const members = await scope.read.contracts.members(rootContractId, subscriptionsPerContract + 1)
  assert(members.length <= subscriptionsPerContract, "a contract has no more subscriptions than it may")
  return members
}

/** Whom an audit entry is about. */
export function contractSubject({ id, customerId }: Pick<ContractRow, "id" | "customerId">) {
  return { subjectType: "Contract", subjectId: id, customerId }
}

// What has become of a contract's commitments: what counts for each, what was drawn from it, what is left.

import type { ContractRow } from "../db/rows.ts"
import { NO_POOL } from "../db/readers/contracts.ts"
import { partsOf, type PhasePart } from "../domain/contract-due.ts"
import type { Minor } from "../domain/money.ts"
import { minor } from "../domain/money.ts"
import { ok } from "../domain/result.ts"
import type { Outcome } from "./act.ts"
import { spentOf } from "./contract-usage.ts"
import { currentOf, findContract } from "./find-contract.ts"
import type { Scope } from "./scope.ts"

export type CommitmentState = {
  readonly part: PhasePart
  /** The usage that counts for it, at most the commitment. */
  readonly used: Minor
  readonly remaining: Minor
  /** By the contract's own invoices, and what usage drew from that. */
  readonly invoiced: Minor
  readonly drawn: Minor
}

export type ContractState = { readonly contract: ContractRow; readonly states: readonly CommitmentState[] }

/** Of the newest contract of the chain, which goes on with what was drawn under those before it. */
export async function contractCommitments(scope: Scope, contractId: string): Promise<Outcome<ContractState>> {
  const found = await findContract(scope, contractId)
  if (!found.ok) return found
  const contract = (await currentOf(scope, found.value.rootContractId)) ?? found.value
  const parts = partsOf(contract, contract.currency)
  const sourceIds = parts.map(({ sourceId }) => sourceId)
  const pools = await scope.read.contracts.pools(sourceIds, [], null)
  const states: CommitmentState[] = []
  for (const some of Map.groupBy(parts, ({ phase }) => phase).values()) {
    const used = await spentOf(scope, contract.rootContractId, some)
    for (const part of some) {
      const spent = used.get(part.sourceId) ?? minor(0n)
      const remaining = minor(part.committed - spent)
      states.push({ part, used: spent, remaining, ...(pools.get(part.sourceId) ?? NO_POOL) })
    }
  }
  return ok({ contract, states })
}

// Terminates a contract before its time: from now on it gives no prices and takes no usage. What is still owed of the running
// phase's commitment is invoiced when the bills of its subscriptions are made.

import type { ContractMember } from "../db/readers/contracts.ts"
import type { ContractRow } from "../db/rows.ts"
import { contracts } from "../db/schema.ts"
import type { TrueUp } from "../domain/contract.ts"
import { moveContract } from "../domain/contract.ts"
import { err, ok } from "../domain/result.ts"
import type { Outcome, Reply } from "./act.ts"
import { act } from "./act.ts"
import { advanceItem } from "./activate-contract.ts"
import { changeMembers, tellMembers } from "./contract-members.ts"
import { contractSubject, findContract, membersOf } from "./find-contract.ts"
import { refusal } from "./refusal.ts"
import type { Scope } from "./scope.ts"

export type Termination = { readonly reason: string | null; readonly trueUp: TrueUp }

export async function terminateContract(
  scope: Scope,
  contractId: string,
  { reason, trueUp }: Termination,
  reply: Reply<ContractRow>,
): Promise<Outcome<ContractRow>> {
  let members: readonly ContractMember[] = []
  const outcome = await act(
    scope,
    async () => {
      const found = await findContract(scope, contractId)
      if (!found.ok) return found
      const before = found.value
      const status = moveContract(before.status, "terminate")
      if (!status.ok) return err(refusal("invalid_state", status.error))
      members = await membersOf(scope, before.rootContractId)
      const change = {
        status: status.value,
        endedAt: scope.now,
        endedReason: reason,
        terms: { ...before.terms, trueUp },
      }
      const after: ContractRow = { ...before, ...change, version: before.version + 1 }
      const moved = changeMembers(scope, before, members, scope.now)
      return ok({
        value: after,
        commit: {
          guards: [scope.write.update(contracts, before.id, before.version, change), ...moved.guards],
          agenda: [advanceItem(after, scope.now), ...moved.agenda],
          audit: [
            {
              action: "contract.terminated",
              ...contractSubject(before),
              before: { status: before.status },
              after: { status: after.status, reason, true_up: trueUp },
            },
          ],
        },
      })
    },
    reply,
  )
  if (outcome.ok) await tellMembers(scope, members)
  return outcome
}

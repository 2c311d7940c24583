// Amends a contract: what it becomes is a new contract of the same chain, in force from now on. What was drawn stays drawn.

import type { ContractMember } from "../db/readers/contracts.ts"
import type { ContractRow } from "../db/rows.ts"
import { contracts } from "../db/schema.ts"
import type { ContractTerms, Escalation } from "../domain/contract.ts"
import { moveContract } from "../domain/contract.ts"
import { amendmentFaults, withEnd } from "../domain/contract-amendment.ts"
import { err, ok } from "../domain/result.ts"
import type { Instant } from "../domain/time.ts"
import type { Outcome, Reply } from "./act.ts"
import { act } from "./act.ts"
import { advanceItems } from "./activate-contract.ts"
import { changeMembers, tellMembers } from "./contract-members.ts"
import { contractState, refuseTerms } from "./create-contract.ts"
import { contractSubject, findContract, membersOf } from "./find-contract.ts"
import type { Refusal } from "./refusal.ts"
import { invalidFields, refusal } from "./refusal.ts"
import type { Scope } from "./scope.ts"

/** What is undefined stays as it is. */
export type Amendment = {
  readonly name: string | undefined
  readonly endAt: Instant | undefined
  readonly phases: ContractTerms["phases"] | undefined
  readonly escalation: Escalation | null | undefined
  readonly metadata: Readonly<Record<string, string>> | undefined
  /** Of the new contract: the amended one keeps its own. */
  readonly externalId: string | null
}

export async function amendContract(
  scope: Scope,
  contractId: string,
  input: Amendment,
  reply: Reply<ContractRow>,
): Promise<Outcome<ContractRow>> {
  const id = scope.newId()
  let members: readonly ContractMember[] = []
  const outcome = await act(
    scope,
    async () => {
      const found = await findContract(scope, contractId)
      if (!found.ok) return found
      const before = found.value
      const status = moveContract(before.status, "amend")
      if (!status.ok) return err(refusal("invalid_state", status.error))
      const row = amended(scope, id, before, input)
      const fault = await refuse(scope, before, row)
      if (fault !== null) return err(fault)
      members = await membersOf(scope, before.rootContractId)
      const moved = changeMembers(scope, before, members, row.endAt)
      const change = { status: status.value, endedAt: scope.now }
      return ok({
        value: row,
        commit: {
          guards: [scope.write.update(contracts, before.id, before.version, change), ...moved.guards],
          writes: [scope.write.insert(contracts, row)],
          agenda: [...advanceItems(row, scope.now), ...moved.agenda],
          audit: [
            {
              action: "contract.amended",
              ...contractSubject(row),
              before: { id: before.id, ...contractState(before) },
              after: contractState(row),
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

function amended(scope: Scope, id: string, before: ContractRow, input: Amendment): ContractRow {
  const endAt = input.endAt ?? before.endAt
  const terms = {
    phases: input.phases ?? withEnd(before.terms, endAt).phases,
    escalation: input.escalation === undefined ? before.terms.escalation : input.escalation,
  }
  return {
    ...before,
    id,
    externalId: input.externalId,
    name: input.name ?? before.name,
    endAt,
    terms,
    parentContractId: before.id,
    activatedAt: scope.now,
    drawToken: null,
    metadata: input.metadata ?? before.metadata,
    version: 1,
    createdAt: scope.now,
  }
}

async function refuse(scope: Scope, before: ContractRow, row: ContractRow): Promise<Refusal | null> {
  if (before.endAt <= scope.now) return refusal("invalid_state", "The contract's last day has passed.")
  const fault = await refuseTerms(scope, row, row.currency)
  if (fault !== null) return fault
  const faults = amendmentFaults(before.terms, row, scope.now)
  return faults.length === 0 ? null : invalidFields(faults)
}

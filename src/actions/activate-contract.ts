// Activates a draft of a contract: from its first day on it holds, also where that has passed.

import type { ContractRow } from "../db/rows.ts"
import { contracts } from "../db/schema.ts"
import type { AgendaItem } from "../domain/agenda.ts"
import { lastDateBefore, moveContract } from "../domain/contract.ts"
import { dueTimes } from "../domain/contract-due.ts"
import { err, ok } from "../domain/result.ts"
import type { Instant } from "../domain/time.ts"
import type { Outcome, Reply } from "./act.ts"
import { act } from "./act.ts"
import { contractSubject, findContract } from "./find-contract.ts"
import { refusal } from "./refusal.ts"
import type { Scope } from "./scope.ts"

export async function activateContract(
  scope: Scope,
  contractId: string,
  reply: Reply<ContractRow>,
): Promise<Outcome<ContractRow>> {
  return act(
    scope,
    async () => {
      const found = await findContract(scope, contractId)
      if (!found.ok) return found
      const before = found.value
      const status = moveContract(before.status, "activate")
      if (!status.ok) return err(refusal("invalid_state", status.error))
      if (before.endAt <= scope.now) {
        const day = lastDateBefore(before.endAt)
        return err(refusal("invalid_state", `The contract's last day, ${day}, has passed.`))
      }
      const change = { status: status.value, activatedAt: scope.now }
      const after: ContractRow = { ...before, ...change, version: before.version + 1 }
      return ok({
        value: after,
        commit: {
          guards: [scope.write.update(contracts, before.id, before.version, change)],
          agenda: advanceItems(after, scope.now),
          audit: [
            {
              action: "contract.activated",
              ...contractSubject(before),
              before: { status: before.status },
              after: { status: after.status },
            },
          ],
        },
      })
    },
    reply,
  )
}

/** The agenda rows by which a contract comes to where it stands: one for all that is due, and one for each time to come. */
export function advanceItems(contract: ContractRow, now: Instant): AgendaItem[] {
  const times = dueTimes(contract)
  const due = times.some((at) => at <= now) ? [now] : []
  return [...due, ...times.filter((at) => at > now)].map((at) => advanceItem(contract, at))
}

export function advanceItem({ id, rootContractId }: ContractRow, dueAt: Instant): AgendaItem {
  return { kind: "advance-contract", subject: rootContractId, uniqueKey: `${id}:${dueAt}`, dueAt }
}

// What a change of a contract does to the subscriptions under it: each gets new terms, and those that end with it a new end.
// It only builds; the rows that it changes must be as they were read.

import type { ContractMember } from "../db/readers/contracts.ts"
import type { Guarded } from "../db/database.ts"
import type { ContractRow, SubscriptionRow } from "../db/rows.ts"
import { subscriptions } from "../db/schema.ts"
import type { AgendaItem } from "../domain/agenda.ts"
import { cotermEnd } from "../domain/coterm.ts"
import { hasEnded } from "../domain/subscription.ts"
import type { Instant } from "../domain/time.ts"
import { movedClose } from "./changed-row.ts"
import type { Scope } from "./scope.ts"
import { tellMeter } from "./sync-terms.ts"

export type MemberChange = { readonly guards: readonly Guarded[]; readonly agenda: readonly AgendaItem[] }

/** `endAt`: where the contract ends now. */
export function changeMembers(
  scope: Scope,
  contract: ContractRow,
  members: readonly ContractMember[],
  endAt: Instant,
): MemberChange {
  const changes = members
    .filter(({ subscription }) => !hasEnded(subscription.status))
    .map((member) => changeOf(scope, member.subscription, newEnd(member, contract, endAt)))
  return {
    guards: changes.flatMap(({ guards }) => guards),
    agenda: changes.flatMap(({ agenda }) => agenda),
  }
}

/** An end that the contract gave moves with it; one that was agreed apart from it stays. */
function newEnd(
  { link, subscription }: ContractMember,
  contract: ContractRow,
  endAt: Instant,
): Instant | null {
  const { startedAt } = subscription
  const isContracts = link.adoption === "Coterm" && subscription.endAt === contract.endAt
  if (!isContracts) return subscription.endAt
  return endAt < startedAt ? startedAt : endAt
}

function changeOf(scope: Scope, before: SubscriptionRow, endAt: Instant | null): MemberChange {
  const change = { endAt, termsVersion: before.termsVersion + 1 }
  return {
    guards: [scope.write.update(subscriptions, before.id, before.version, change)],
    agenda: [syncItem(before, scope.now), ...movedClose(before, { ...before, ...change })],
  }
}

function syncItem({ id, termsVersion }: SubscriptionRow, dueAt: Instant): AgendaItem {
  return { kind: "sync-terms", subject: id, uniqueKey: String(termsVersion + 1), dueAt }
}

/** A subscription that comes under a contract, with what it then is. Whoever comes from another contract doesn't end with that. */
export function joining(
  scope: Scope,
  before: SubscriptionRow,
  contract: ContractRow,
  { isCoterm, leaves }: { readonly isCoterm: boolean; readonly leaves: ContractRow | null },
): MemberChange & { readonly after: SubscriptionRow } {
  const own = leaves !== null && before.endAt === leaves.endAt ? null : before.endAt
  const endAt = isCoterm ? cotermEnd(own, contract.endAt) : own
  const after = { ...before, endAt, termsVersion: before.termsVersion + 1, version: before.version + 1 }
  return { ...changeOf(scope, before, endAt), after }
}

/** So that the very next event is judged by the new terms; what this misses, the agenda does. */
export async function tellMembers(scope: Scope, members: readonly ContractMember[]): Promise<void> {
  await Promise.all(members.map(({ subscription }) => tellMeter(scope, subscription.id)))
}

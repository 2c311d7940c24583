// Brings a contract to where it stands now: invoices commitments that are paid upfront and what is missing to phases that have
// ended, and lets it expire. Runs from the agenda, at each time at which something falls due.
// What a repeat means: nothing. A commitment that was invoiced is not invoiced again, and the contract's version guards the commit.

import type { ContractMember } from "../db/readers/contracts.ts"
import type { ContractRow, SubscriptionRow } from "../db/rows.ts"
import { contracts } from "../db/schema.ts"
import { closeDueAt } from "../domain/close.ts"
import { moveContract } from "../domain/contract.ts"
import type { ContractCharge, PhasePart } from "../domain/contract-due.ts"
import { isOver, partsOf, shortfalls, trueUpKey, upfrontCharges } from "../domain/contract-due.ts"
import { minor } from "../domain/money.ts"
import { periodAt } from "../domain/period.ts"
import { ok } from "../domain/result.ts"
import type { Instant } from "../domain/time.ts"
import { instant } from "../domain/time.ts"
import { limits } from "../limits.ts"
import type { Decided, Outcome } from "./act.ts"
import { act } from "./act.ts"
import { advanceItem } from "./activate-contract.ts"
import { NO_BILL } from "./bill.ts"
import type { ContractBilled } from "./contract-invoice.ts"
import { contractBill } from "./contract-invoice.ts"
import { spentOf } from "./contract-usage.ts"
import type { Draft } from "./draft-invoice.ts"
import { contractSubject, currentOf, membersOf } from "./find-contract.ts"
import type { Scope } from "./scope.ts"

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** The draft that was made, or null when nothing was to be invoiced. */
export async function advanceContract(scope: Scope, rootContractId: string): Promise<Outcome<Draft | null>> {
  return act(
    scope,
    async () => {
      const contract = await currentOf(scope, rootContractId)
      return contract === null ? ok({ value: null, commit: { audit: [] } }) : decide(scope, contract)
    },
    null,
  )
}

async function decide(scope: Scope, contract: ContractRow): Promise<Outcome<Decided<Draft | null>>> {
  const parts = partsOf(contract, contract.currency)
  const missing = await missingTo(scope, contract, parts)
  const billed = await notInvoiced(scope, [...upfrontCharges(parts, scope.now), ...missing.charges])
  const bill = billed.length === 0 ? ok(NO_BILL) : await contractBill(scope, contract, billed)
  if (!bill.ok) return bill
  const { draft, guards, writes, agenda, audit } = bill.value
  const expiry = expiryOf(scope, contract)
  return ok({
    value: draft,
    commit: {
      guards: [scope.write.update(contracts, contract.id, contract.version, expiry ?? {}), ...guards],
      writes,
      agenda: [...agenda, ...(missing.again === null ? [] : [advanceItem(contract, missing.again)])],
      audit: [
        ...(expiry === null
          ? []
          : [
              {
                action: "contract.expired",
                ...contractSubject(contract),
                before: { status: contract.status },
                after: { status: expiry.status },
              },
            ]),
        ...audit,
      ],
    },
  })
}

function expiryOf({ now }: Scope, { status, endAt }: ContractRow) {
  const expired = moveContract(status, "expire")
  return expired.ok && endAt <= now ? { status: expired.value, endedAt: endAt } : null
}

/** `again`: when to look again, because bills of the time of a commitment are still to be made. */
type Missing = { readonly charges: readonly ContractCharge[]; readonly again: Instant | null }

async function missingTo(
  scope: Scope,
  { rootContractId }: ContractRow,
  parts: readonly PhasePart[],
): Promise<Missing> {
  const over = parts.filter((part) => isOver(part, scope.now))
  const invoiced = await scope.read.ask(scope.read.invoices.was(over.map(trueUpKey), null))
  const open = over.filter((part) => !invoiced.has(trueUpKey(part)))
  if (open.length === 0) return { charges: [], again: null }
  const members = await membersOf(scope, rootContractId)
  const charges: ContractCharge[] = []
  const waits: Instant[] = []
  for (const [phase, some] of Map.groupBy(over, (part) => part.phase)) {
    if (!open.some((part) => part.phase === phase)) continue
    const wait = await waitFor(scope, rootContractId, members, some)
    if (wait === null) charges.push(...shortfalls(some, await spentOf(scope, rootContractId, some)))
    else waits.push(wait)
  }
  const again = waits.length === 0 ? null : waits.reduce((least, at) => (at < least ? at : least))
  return { charges: charges.filter(({ lineKey }) => !invoiced.has(lineKey)), again }
}

/** When to look again, because the last bills of the time of these parts are still to be made, or may still change; null: they are
 *  final. */
async function waitFor(
  { now, tenant, read }: Scope,
  rootContractId: string,
  members: readonly ContractMember[],
  parts: readonly PhasePart[],
): Promise<Instant | null> {
  const within = parts[0]?.within
  if (within === undefined) return null
  const { end } = within
  const late = members.filter(({ link, subscription }) => link.fromAt < end && !isBilledTo(subscription, end))
  if (late.length > 0) {
    const soon = now + limits.contractWaitMs
    return instant(Math.max(soon, ...late.map(({ subscription }) => closeDueAt(subscription))))
  }
  if (!(await read.contracts.hasDraftUsage(rootContractId, within))) return null
  // Drafts that are finalized by hand are looked for once a day.
  const { autoFinalize, draftGraceHours } = tenant.settings
  const grace = autoFinalize ? draftGraceHours * HOUR_MS : DAY_MS
  return instant(now + grace + limits.contractWaitMs)
}

function isBilledTo(subscription: SubscriptionRow, end: Instant): boolean {
  const { startedAt, schedule, billFromIndex, periodIndex, endedAt } = subscription
  if (startedAt >= end) return true
  if (endedAt !== null && billFromIndex > periodIndex) return true
  return periodAt(schedule, billFromIndex).start >= end
}

/** What of the charges is not on an invoice yet. An amendment can add to what was; nothing is given back here. */
async function notInvoiced(scope: Scope, charges: readonly ContractCharge[]): Promise<ContractBilled[]> {
  const keys = charges.map(({ lineKey }) => lineKey)
  const was = await scope.read.ask(scope.read.invoices.was(keys, null))
  return charges.flatMap((charge) => {
    const amount = minor(charge.should - (was.get(charge.lineKey)?.amount ?? 0n))
    return amount > 0n ? [{ charge, amount }] : []
  })
}

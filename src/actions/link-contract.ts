// Puts a subscription under a contract: from the running period on it has the contract's prices, and its usage counts for the
// contract's commitments.

import type { LinkedContract } from "../db/readers/contracts.ts"
import type { SubscriptionTerms } from "../db/readers/subscriptions.ts"
import type { ContractRow, ContractSubscriptionRow, SubscriptionRow } from "../db/rows.ts"
import { contracts, contractSubscriptions } from "../db/schema.ts"
import type { Adoption } from "../domain/contract.ts"
import { lastDateBefore } from "../domain/contract.ts"
import { endOfForce } from "../domain/contract-spans.ts"
import { isOneTime } from "../domain/coterm.ts"
import { err, ok } from "../domain/result.ts"
import { hasEnded } from "../domain/subscription.ts"
import type { Instant } from "../domain/time.ts"
import { formatInstant } from "../domain/time.ts"
import { limits } from "../limits.ts"
import type { Decided, Outcome, Reply } from "./act.ts"
import { act } from "./act.ts"
import type { Bill } from "./bill.ts"
import { NO_BILL } from "./bill.ts"
import { oneTimeFee } from "./contract-fee.ts"
import { joining } from "./contract-members.ts"
import { findSubscriptionTerms } from "./find.ts"
import { contractSubject, findContract } from "./find-contract.ts"
import type { Refusal } from "./refusal.ts"
import { invalid, missing, refusal } from "./refusal.ts"
import type { Scope } from "./scope.ts"
import { tellMeter } from "./sync-terms.ts"

export type NewLink = { readonly subscriptionId: string; readonly adoption: Adoption }

/** `invoiceId`: the draft of the one-time fee, where there is one. */
export type Linked = {
  readonly link: ContractSubscriptionRow
  readonly contract: ContractRow
  readonly invoiceId: string | null
}

export async function linkContract(
  scope: Scope,
  contractId: string,
  input: NewLink,
  reply: Reply<Linked>,
): Promise<Outcome<Linked>> {
  const outcome = await act(scope, () => decideLink(scope, contractId, input), reply)
  if (outcome.ok) await tellMeter(scope, input.subscriptionId)
  return outcome
}

async function decideLink(
  scope: Scope,
  contractId: string,
  input: NewLink,
): Promise<Outcome<Decided<Linked>>> {
  const found = await findContract(scope, contractId)
  if (!found.ok) return found
  const contract = found.value
  const terms = await findSubscriptionTerms(scope, input.subscriptionId)
  if (!terms.ok) return err(missing("subscription_id", "subscription"))
  const refused = await refuse(scope, contract, terms.value, input)
  if (refused !== null) return err(refused)
  const leaves = runningLink(terms.value.contracts, scope.now)?.current ?? null
  const fromAt = startOf(scope.now, contract, terms.value, input.adoption)
  const link = { ...linkRow(scope, contract, input), fromAt }
  const isCoterm = input.adoption === "Coterm"
  const joined = joining(scope, terms.value.subscription, contract, { isCoterm, leaves })
  const isAtOnce = isCoterm && isOneTime(scope.now, contract.endAt)
  const fee = isAtOnce ? await feeOf(scope, joined.after, contract, fromAt) : ok(NO_BILL)
  if (!fee.ok) return fee
  const bill = fee.value
  return ok({
    value: { link, contract, invoiceId: bill.draft?.invoice.id ?? null },
    commit: {
      // The contract's row guards how many subscriptions it has.
      guards: [
        scope.write.update(contracts, contract.id, contract.version, {}),
        ...joined.guards,
        ...bill.guards,
      ],
      writes: [scope.write.insert(contractSubscriptions, link), ...bill.writes],
      agenda: [...joined.agenda, ...bill.agenda],
      audit: [
        {
          action: "contract.subscription_linked",
          ...contractSubject(contract),
          after: {
            subscription_id: link.subscriptionId,
            adoption: link.adoption,
            from: formatInstant(fromAt),
          },
        },
        ...bill.audit,
      ],
    },
  })
}

function linkRow(scope: Scope, contract: ContractRow, { subscriptionId, adoption }: NewLink) {
  const { rootContractId } = contract
  return { tenantId: scope.tenant.id, rootContractId, subscriptionId, adoption, linkedAt: scope.now }
}

async function feeOf(
  scope: Scope,
  after: SubscriptionRow,
  contract: ContractRow,
  fromAt: Instant,
): Promise<Outcome<Bill>> {
  const chain = await scope.read.contracts.chain(contract.rootContractId)
  return oneTimeFee(scope, after, { fromAt, chain, current: contract }, after.endAt ?? contract.endAt)
}

async function refuse(
  scope: Scope,
  contract: ContractRow,
  { subscription, contracts: links }: SubscriptionTerms,
  { adoption }: NewLink,
): Promise<Refusal | null> {
  if (contract.status !== "Active" || contract.endAt <= scope.now) {
    return refusal(
      "invalid_state",
      `The contract is ${contract.status}: only one that runs takes subscriptions.`,
    )
  }
  if (subscription.customerId !== contract.customerId) {
    return invalid("subscription_id", "The subscription is another customer's.")
  }
  if (hasEnded(subscription.status)) {
    return refusal("invalid_state", `The subscription is ${subscription.status}.`)
  }
  if (subscription.payout === true) {
    return refusal("invalid_state", "The subscription pays out: contracts are of what is charged.")
  }
  if (links.some(({ current }) => current.rootContractId === contract.rootContractId)) {
    return refusal("invalid_state", "The subscription is under this contract already.")
  }
  const { subscriptionsPerContract: most } = limits
  const members = await scope.read.contracts.members(contract.rootContractId, most)
  if (members.length >= most) return refusal("invalid_state", `A contract has at most ${most} subscriptions.`)
  return refuseAdoption(subscription, runningLink(links, scope.now), adoption)
}

/** Whoever is under a contract leaves it by a Recontract only, and nobody else can. */
function refuseAdoption(
  { id }: SubscriptionRow,
  running: LinkedContract | null,
  adoption: Adoption,
): Refusal | null {
  if (running === null) {
    if (adoption !== "Recontract") return null
    return invalid("adoption", `Subscription ${id} is under no other contract: use PLG or Coterm.`)
  }
  if (adoption === "Recontract") return null
  const day = lastDateBefore(running.current.endAt)
  const message = `The subscription is under the contract ${running.current.name} until ${day}: use Recontract.`
  return refusal("invalid_state", message, [{ path: "adoption", message }])
}

/** The contract that holds a subscription now, or will. */
function runningLink(links: readonly LinkedContract[], now: Instant): LinkedContract | null {
  const last = links.at(-1)
  if (last === undefined || endOf(last.current) <= now) return null
  return last
}

function endOf(contract: ContractRow): Instant {
  const stop = endOfForce(contract)
  return stop < contract.endAt ? stop : contract.endAt
}

/** With the contract, but not back into periods that are closed, nor into the time of the contract before. */
function startOf(
  now: Instant,
  contract: ContractRow,
  { subscription, contracts: links }: SubscriptionTerms,
  adoption: Adoption,
): Instant {
  const last = links.at(-1)
  const before = last === undefined ? null : endOf(last.current)
  const open = adoption === "Recontract" ? now : subscription.periodStart
  const free = before !== null && adoption !== "Recontract" && before > open ? before : open
  return contract.startAt > free ? contract.startAt : free
}

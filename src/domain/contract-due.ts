// What a contract itself owes or is owed as of now: commitments that are paid upfront, and what is missing when a phase has ended.
// Laws: an Upfront commitment is invoiced once, and again only by what an amendment adds to it; what is missing is invoiced once,
// and usage that comes later draws from it. Pure.

import { commitmentsIn } from "./commitment.ts"
import type { ContractPhase, PhaseCommitment } from "./contract.ts"
import { commitmentId } from "./contract.ts"
import type { ContractVersion } from "./contract-spans.ts"
import { endOfForce } from "./contract-spans.ts"
import type { Currency } from "./currency.ts"
import type { Minor } from "./money.ts"
import { minor, roundToMinor } from "./money.ts"
import type { Interval } from "./proration.ts"
import { shareOf } from "./proration.ts"
import { multiplyRatio, ratio } from "./ratio.ts"
import type { Instant } from "./time.ts"

/** One commitment of one phase, with the time in which usage counts for it. */
export type PhasePart = {
  readonly sourceId: string
  readonly phase: ContractPhase
  readonly commitment: PhaseCommitment
  readonly within: Interval
  /** What the customer owes of it: all, or what is left of it after a termination. */
  readonly committed: Minor
}

/** The commitments of a contract in force: phase by phase, and in their order. A phase that a termination came before has none. */
export function partsOf(contract: ContractVersion, currency: Currency): PhasePart[] {
  return contract.terms.phases.flatMap((phase) => {
    const within = { start: phase.startAt, end: endOf(contract, phase) }
    if (within.end <= within.start) return []
    return commitmentsIn(phase).map((commitment) => ({
      sourceId: commitmentId(contract.rootContractId, phase.phase, commitment.productTag),
      phase,
      commitment,
      within,
      committed: committedIn(contract, phase, commitment, currency),
    }))
  })
}

function endOf(contract: ContractVersion, { endAt }: ContractPhase): Instant {
  const stop = contract.status === "Terminated" ? endOfForce(contract) : endAt
  return stop < endAt ? stop : endAt
}

/** Money that was paid upfront stays paid when a contract is terminated. */
function committedIn(
  contract: ContractVersion,
  phase: ContractPhase,
  { amountNanos }: PhaseCommitment,
  currency: Currency,
): Minor {
  const whole = ratio(BigInt(amountNanos))
  const end = endOf(contract, phase)
  const isFull = end === phase.endAt || phase.billing === "Upfront" || contract.terms.trueUp === "Full"
  if (isFull) return roundToMinor(whole, currency)
  const time = { start: phase.startAt, end: phase.endAt }
  return roundToMinor(multiplyRatio(whole, shareOf({ start: phase.startAt, end }, time)), currency)
}

/** What a line of a contract's own invoice is for. */
export type ContractCharge = {
  readonly lineKey: string
  readonly part: PhasePart
  readonly description: string
  readonly should: Minor
}

/** Begins the keys of lines by which a contract is invoiced itself, apart from those by which usage draws from it. */
export const CONTRACT_LINE = "contract:"

/** The charges of commitments that are paid upfront, of phases that have begun. */
export function upfrontCharges(parts: readonly PhasePart[], now: Instant): ContractCharge[] {
  const begun = parts.filter(({ phase, within }) => phase.billing === "Upfront" && within.start <= now)
  return begun.map((part) => ({
    lineKey: `${CONTRACT_LINE}${part.sourceId}:upfront`,
    part,
    description: `Commitment of phase ${labelOf(part)}`,
    should: part.committed,
  }))
}

/** Whether what is missing to it is to be looked at: its time is over. */
export function isOver({ phase, within }: PhasePart, now: Instant): boolean {
  return phase.billing === "TrueUp" && within.end <= now
}

export function trueUpKey({ sourceId }: Pick<PhasePart, "sourceId">): string {
  return `${CONTRACT_LINE}${sourceId}:true-up`
}

/** What is missing to commitments, given what was spent on each. Nothing where nothing is. */
export function shortfalls(parts: readonly PhasePart[], spent: ReadonlyMap<string, Minor>): ContractCharge[] {
  return parts.flatMap((part) => {
    const should = minor(part.committed - (spent.get(part.sourceId) ?? 0n))
    if (should <= 0n) return []
    const description = `Commitment shortfall of phase ${labelOf(part)}`
    return [{ lineKey: trueUpKey(part), part, description, should }]
  })
}

function labelOf({ phase, commitment }: Pick<PhasePart, "phase" | "commitment">): string {
  const name = phase.description === null ? String(phase.phase) : `${phase.phase} (${phase.description})`
  return commitment.productTag === null ? name : `${name}, ${commitment.productTag}`
}

/** When a contract has to be looked at: where upfront commitments begin, where phases end, and where the contract does. */
export function dueTimes({ terms, endAt }: Pick<ContractVersion, "terms" | "endAt">): Instant[] {
  const times = terms.phases.flatMap((phase) => {
    if (commitmentsIn(phase).length === 0) return []
    return [phase.billing === "Upfront" ? phase.startAt : phase.endAt]
  })
  return [...new Set([...times, endAt])].toSorted((a, b) => a - b)
}

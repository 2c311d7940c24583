// A contract: what a customer and the business agreed on for a time, in phases. Draft → Active → Amended | Expired | Terminated.
// Laws: days are days of UTC, from midnight to midnight; the phases of a contract tile its time, without gap or overlap; an
// amendment is a contract of its own in the same chain, and what was agreed before it stays as it was.

import type { Result } from "./result.ts"
import { err, ok } from "./result.ts"
import type { Instant } from "./time.ts"
import { formatInstant, instant, parseInstant } from "./time.ts"

export const CONTRACT_STATUSES = ["Draft", "Active", "Amended", "Expired", "Terminated"] as const
export type ContractStatus = (typeof CONTRACT_STATUSES)[number]
export type ContractMove = "activate" | "amend" | "expire" | "terminate"

/** PLG: the subscription keeps its own calendar and outlives the contract. Coterm: it ends with the contract. Recontract: it
 *  comes from another contract, which it leaves. */
export const ADOPTIONS = ["PLG", "Coterm", "Recontract"] as const
export type Adoption = (typeof ADOPTIONS)[number]

/** Upfront: invoiced when the phase begins, and drawn down by usage. TrueUp: usage is billed as it comes, and what is missing
 *  is invoiced when the phase has ended and its bills are final. */
export const COMMITMENT_BILLINGS = ["Upfront", "TrueUp"] as const
export type CommitmentBilling = (typeof COMMITMENT_BILLINGS)[number]

/** What of a running phase's commitment is still owed when the contract is terminated. */
export const TRUE_UPS = ["Prorated", "Full"] as const
export type TrueUp = (typeof TRUE_UPS)[number]

/** A discount of a phase for a product tag or a SKU; exactly one of them is given. */
export type RateOverride = {
  readonly productTag: string | null
  readonly skuId: string | null
  readonly discountBps: number
}

/** Whole minor units. Null: usage of every product counts. The lowest priority is drawn first. */
export type PhaseCommitment = {
  readonly productTag: string | null
  readonly priority: number
  readonly amountNanos: string
}

export type ContractPhase = {
  readonly phase: number
  readonly startAt: Instant
  /** Where its last day ends. */
  readonly endAt: Instant
  readonly description: string | null
  readonly billing: CommitmentBilling
  readonly discountBps: number
  readonly overrides: readonly RateOverride[]
  /** The phase's own first, then those beside it; each has another product tag. */
  readonly commitments: readonly PhaseCommitment[]
}

/** Prices rise with each year of the contract, or with each phase after the first: by a share of themselves, compounding, or
 *  by an amount per unit. Of the prices of a product tag, of one SKU, or (both null) of all. */
export type Escalation = {
  readonly every: "Year" | "Phase"
  readonly productTag: string | null
  readonly skuId: string | null
} & (
  | { readonly type: "Percent"; readonly bps: number }
  | { readonly type: "Fixed"; readonly amountNanos: string }
)

export type ContractTerms = {
  readonly phases: readonly ContractPhase[]
  readonly escalation: Escalation | null
  /** Of a terminated contract. */
  readonly trueUp?: TrueUp
}

const MOVES: Readonly<Record<ContractMove, Partial<Record<ContractStatus, ContractStatus>>>> = {
  activate: { Draft: "Active" },
  amend: { Active: "Amended" },
  expire: { Active: "Expired" },
  terminate: { Draft: "Terminated", Active: "Terminated" },
}

/** The status after a move, or why the move is refused. */
export function moveContract(from: ContractStatus, move: ContractMove): Result<ContractStatus, string> {
  const to = MOVES[move][from]
  if (to !== undefined) return ok(to)
  const allowed = Object.keys(MOVES[move]).join(" or ")
  return err(`The contract is ${from}; to ${move} it, it must be ${allowed}.`)
}

const DAY_MS = 86_400_000
const PLAIN_DATE = /^\d{4}-\d{2}-\d{2}$/

/** The midnight at which a plain date begins, in UTC. */
export function startOfDate(text: string): Result<Instant, "not_a_date"> {
  const parsed = PLAIN_DATE.test(text) ? parseInstant(`${text}T00:00:00Z`) : err("not_a_date")
  return parsed.ok ? parsed : err("not_a_date")
}

/** The midnight at which the day after a plain date begins: an end date is the last day. */
export function nextDay(start: Instant): Instant {
  return instant(start + DAY_MS)
}

/** The plain date of a midnight. */
export function dateOf(at: Instant): string {
  return formatInstant(at).slice(0, 10)
}

/** The plain date of the day that ends at a midnight. */
export function lastDateBefore(at: Instant): string {
  return dateOf(instant(at - DAY_MS))
}

/** What a commitment is told by on invoice lines: the chain's first contract and the phase's number, so that an amendment goes
 *  on with what was drawn; and the tag, since each of a phase has another. */
export function commitmentId(rootContractId: string, phase: number, productTag: string | null): string {
  return `${rootContractId}:${phase}${productTag === null ? "" : `:${productTag}`}`
}

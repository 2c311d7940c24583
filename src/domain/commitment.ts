// Commitments: what a customer promised to spend on usage in a phase of a contract. Pure.
//
// A commitment has a pool: the money that was invoiced for it. Of an Upfront one that is all of it, from the phase's beginning on;
// of a TrueUp one nothing until the phase has ended, and then what was missing. Usage beyond what was paid as it came draws
// from the pool, as negative charges beside the usage. So with U the usage of the phase, C the commitment and P the pool:
// * what is drawn is min(P, max(0, P + U − C)): never more than the pool, and never what it isn't for;
// * P + U − drawn = max(C, U) once the phase is settled, whoever pays when, and however late usage comes;
// * of several commitments the lowest priority takes usage first, and usage counts for one of them only.

import type { AdjustedPeriod, Item } from "./adjustments.ts"
import { exactly } from "./adjustments.ts"
import type { Charge } from "./charges.ts"
import type { ContractPhase, PhaseCommitment } from "./contract.ts"
import { ONE } from "./decimal.ts"
import { minor, type Minor } from "./money.ts"
import type { Interval } from "./proration.ts"
import { ratio } from "./ratio.ts"
import type { Instant } from "./time.ts"
import { formatInstant } from "./time.ts"

/** A commitment as a bill sees it. */
export type Commitment = {
  readonly sourceId: string
  readonly description: string
  /** Usage whose time begins in here counts. */
  readonly within: Interval
  /** Null: usage of every SKU counts. */
  readonly skuIds: ReadonlySet<string> | null
  /** What other usage has left of what is paid as it comes: usage fills that before it draws. */
  readonly unpaid: Minor
  /** What other usage has left in the pool. */
  readonly left: Minor
}

/** Of a phase's commitments which takes usage first: by priority; at the same one, money that pays little goes before money that
 *  pays all. */
export function inOrder<T extends Pick<PhaseCommitment, "priority" | "productTag">>(
  commitments: readonly T[],
): T[] {
  const width = ({ productTag }: T) => (productTag === null ? 1 : 0)
  return commitments.toSorted((a, b) => a.priority - b.priority || width(a) - width(b))
}

/** The commitments of a phase that are about money, in their order. */
export function commitmentsIn({ commitments }: Pick<ContractPhase, "commitments">): PhaseCommitment[] {
  return inOrder(commitments.filter(({ amountNanos }) => amountNanos !== "0"))
}

export type DrawnDown = {
  /** A charge for each commitment that this period's usage counts for, also where it draws nothing. */
  readonly items: readonly Item[]
  /** The commitments as this period leaves them, for the next one of the same bill. */
  readonly commitments: readonly Commitment[]
}

/** What a period's usage draws. `commitments` are in their order, without what this period itself drew before. */
export function drawDown(adjusted: AdjustedPeriod, commitments: readonly Commitment[]): DrawnDown {
  const open = new Map(
    adjusted.items
      .filter(({ charge, amount }) => charge.metered && amount > 0n)
      .map(({ charge, amount }): [Charge, Minor] => [charge, amount]),
  )
  const items: Item[] = []
  const after = commitments.map((commitment): Commitment => {
    const { unpaid, left } = commitment
    const mine = [...open.keys()].filter((charge) => counts(commitment, charge))
    const fill = take(open, mine, unpaid)
    const unfilled = new Map(open)
    const drawn = take(open, mine, left)
    const pays = new Map(mine.map((charge) => [charge.lineKey, taken(unfilled, open, charge)]))
    if (touches(commitment, adjusted)) items.push({ ...drawnCharge(adjusted, commitment, drawn), pays })
    return { ...commitment, unpaid: minor(unpaid - fill), left: minor(left - drawn) }
  })
  return { items, commitments: after }
}

function counts({ within, skuIds }: Commitment, { service, skuId }: Charge): boolean {
  const isInTime = within.start <= service.start && service.start < within.end
  return isInTime && (skuIds === null || (skuId !== null && skuIds.has(skuId)))
}

function touches({ within }: Commitment, { period }: AdjustedPeriod): boolean {
  return within.start < period.end && period.start < within.end
}

/** Takes up to `most` of these charges, and says how much it was. */
function take(open: Map<Charge, Minor>, charges: readonly Charge[], most: Minor): Minor {
  let taken = 0n
  for (const charge of charges) {
    const amount = open.get(charge) ?? 0n
    const rest = most - taken
    const part = amount < rest ? amount : rest
    if (part <= 0n) continue
    taken += part
    open.set(charge, minor(amount - part))
  }
  return minor(taken)
}

function taken(before: ReadonlyMap<Charge, Minor>, after: ReadonlyMap<Charge, Minor>, charge: Charge): Minor {
  return minor((before.get(charge) ?? 0n) - (after.get(charge) ?? 0n))
}

/** The key of what a period of a subscription draws from a commitment. */
export function drawKey(subscriptionId: string, sourceId: string, periodStart: Instant): string {
  return `${subscriptionId}:commitment:${sourceId}:${formatInstant(periodStart)}`
}

function drawnCharge(
  { subscriptionId, currency, period }: AdjustedPeriod,
  { sourceId, description, within }: Commitment,
  drawn: Minor,
): Item {
  const amount = minor(-drawn)
  const charge: Charge = {
    lineKey: drawKey(subscriptionId, sourceId, period.start),
    kind: "Commitment",
    sourceId,
    subscriptionId,
    skuId: null,
    planId: null,
    periodIndex: period.index,
    description,
    metered: false,
    quantity: ONE,
    unitAmountNanos: null,
    should: exactly(amount, currency),
    share: ratio(1n),
    service: {
      start: within.start > period.start ? within.start : period.start,
      end: within.end < period.end ? within.end : period.end,
    },
    due: true,
    silent: true,
  }
  return { charge, amount }
}

/** Usage of a SKU in the time of a commitment. */
export type UsageAmount = { readonly skuId: string; readonly amount: Minor }

export type Claim = {
  readonly sourceId: string
  readonly committed: Minor
  readonly skuIds: ReadonlySet<string> | null
}

/** How much of the usage counts for each commitment, at most what was committed; in their order, and none of it twice. */
export function spentOn(claims: readonly Claim[], usage: readonly UsageAmount[]): Map<string, Minor> {
  const rest = usage.map(({ skuId, amount }) => ({ skuId, amount: amount > 0n ? amount : 0n }))
  const spent = new Map<string, Minor>()
  for (const { sourceId, committed, skuIds } of claims) {
    let open: bigint = committed
    for (const one of rest) {
      if (skuIds !== null && !skuIds.has(one.skuId)) continue
      const part = one.amount < open ? one.amount : open
      one.amount -= part
      open -= part
    }
    spent.set(sourceId, minor(committed - open))
  }
  return spent
}

// The budget of a customer: who may spend how much of what its alerts allow.
// Law: at every instant the leases together stay within the lowest threshold that is not crossed; one that is lower than
// what has been spent already allows nothing more. A SoftLimit that is crossed allows all from there on, a HardLimit is never
// crossed: what would cross it is refused, and so is everything after it, until the alert is reset or a period of those that
// spent ends. What fits but for what others hold is refused too, and nothing after it: holds come free again. A lease is lowered only by what its meter says, which has lowered it first; so whatever answer is lost, a meter
// never has more than is written here. Pure.

import { assert } from "./assert.ts"
import type { AlertType, BudgetTerms, Crossing, Prepaid } from "./alert.ts"
import type { Lease, Reached, Span } from "./leases.ts"
import { counted, holds, isSame, leaseOf, momentIn, peak, replaced, sumOf, withoutHolds } from "./leases.ts"
import { nanos, type Nanos } from "./money.ts"
import { isTooOld, takenIn } from "./prepaid.ts"
import type { Instant } from "./time.ts"

export type Limit = {
  readonly alertId: string
  readonly type: AlertType
  readonly threshold: Nanos
  readonly epoch: number
}

export type Budget = {
  readonly version: number
  readonly limits: readonly Limit[]
  /** Counts what was decided. A meter that hears of a later decision takes no earlier one. */
  readonly turn: number
  /** Who has not spoken since the limits changed, with the alerts that were reset: they count from what it will say. */
  readonly unheard: Readonly<Record<string, readonly string[]>>
  readonly leases: readonly Lease[]
  readonly reached: readonly Reached[]
  /** Of a budget that is credit: time makes no difference to it, and of each lease only what is not paid yet counts. */
  readonly prepaid?: Prepaid
}

export const NO_BUDGET: Budget = { version: 0, limits: [], turn: 0, unheard: {}, leases: [], reached: [] }

/** What a lease comes to that nothing limits: more than anything that can be charged. */
export const UNLIMITED = nanos(10n ** 40n)

/** What a meter says of one of its periods. */
export type Use = Span & { readonly spend: Nanos; readonly held: Nanos }

export type Request = {
  readonly subscriptionId: string
  readonly now: Instant
  /** Before the event, the amount that the event needs, and what all that waits behind it would need. */
  readonly use: Use
  readonly need: Nanos
  readonly want: Nanos
  /** What of `need` is only set aside: more than before when the request is for a hold. */
  readonly held: Nanos
}

export type Decision =
  /** These have to be heard first, and then it is asked again. */
  | { readonly kind: "Hear"; readonly subscriptionIds: readonly string[] }
  | {
      readonly kind: "Granted"
      readonly budget: Budget
      readonly amount: Nanos
      readonly until: Instant
      /** What the lowest HardLimit leaves beyond the amount; null without one. */
      readonly beyond: Nanos | null
      /** SoftLimits that this or an earlier grant crosses, and that nobody has told of yet. */
      readonly crossed: readonly Crossing[]
    }
  | {
      readonly kind: "Refused"
      readonly budget: Budget
      readonly by: Reached
      readonly left: Nanos
      /** Whether it is this request that the limit was reached with. */
      readonly isFirst: boolean
    }
  /** It would fit if nothing were set aside, or is a hold itself. It is refused alone. */
  | { readonly kind: "Held"; readonly budget: Budget; readonly left: Nanos }

/** Takes over a later snapshot. All who have leases or may have spent are to be heard anew. */
export function withTerms(budget: Budget, terms: BudgetTerms): Budget {
  if (terms.version <= budget.version) return budget
  const limits = terms.limits.map(({ alertId, type, thresholdNanos, epoch }) => {
    return { alertId, type, threshold: nanos(BigInt(thresholdNanos)), epoch }
  })
  const { prepaid } = terms
  const kept = { version: terms.version, limits, turn: budget.turn, ...(prepaid && { prepaid }) }
  // With no limit nobody asks, so what is known grows old: the next limit starts from what its members say.
  if (limits.length === 0) return { ...kept, unheard: {}, leases: [], reached: [] }
  const epochs = new Map(limits.map(({ alertId, epoch }) => [alertId, epoch]))
  const before = new Map(budget.limits.map(({ alertId, epoch }) => [alertId, epoch]))
  const reset = limits.filter(({ alertId, epoch }) => epoch > (before.get(alertId) ?? epoch))
  const resetIds = reset.map(({ alertId }) => alertId)
  const holders = budget.leases.map(({ subscriptionId }) => subscriptionId)
  const all = new Set([...terms.members, ...holders, ...Object.keys(budget.unheard)])
  const unheard = Array.from(all, (id) => [id, [...new Set([...(budget.unheard[id] ?? []), ...resetIds])]])
  const reached = budget.reached.filter(({ alertId, epoch }) => epochs.get(alertId) === epoch)
  return { ...kept, unheard: Object.fromEntries(unheard), leases: budget.leases, reached }
}

/** What a meter has lowered its leases to, or has spent without one. */
export function heard(budget: Budget, subscriptionId: string, uses: readonly Use[]): Budget {
  const { [subscriptionId]: resets, ...unheard } = budget.unheard
  let leases = tellsAll(budget, subscriptionId) ? among(budget.leases, subscriptionId, uses) : budget.leases
  for (const { start, end, spend, held } of uses) {
    const before = leaseOf(leases, subscriptionId, { start, end })
    const known = before?.bases
    const bases = paidBases(budget, subscriptionId, { start, end }) ?? resetBases(known, resets, spend)
    const amount = nanos(spend + held)
    if (before === undefined && amount === 0n) continue
    leases = replaced(leases, { subscriptionId, start, end, until: end, amount, used: amount, held, bases })
  }
  return { ...budget, unheard, leases }
}

/** Of credit a meter tells of all periods that it has used: a lease of any other is of a period that is none any more. */
function tellsAll({ prepaid }: Budget, subscriptionId: string): boolean {
  return prepaid?.since[subscriptionId] !== undefined
}

function among(leases: readonly Lease[], subscriptionId: string, uses: readonly Use[]): readonly Lease[] {
  return leases.filter((one) => one.subscriptionId !== subscriptionId || uses.some((use) => isSame(use, one)))
}

function resetBases(before: Lease["bases"] | undefined, resets: readonly string[] | undefined, spend: Nanos) {
  return { ...before, ...Object.fromEntries((resets ?? []).map((alertId) => [alertId, spend])) }
}

/** Of credit nothing is ever reset: what of a period is paid does not count, whatever the limit. Null: it is no credit. */
function paidBases({ prepaid, limits }: Budget, subscriptionId: string, span: Span): Lease["bases"] | null {
  if (prepaid === undefined) return null
  const taken = takenIn(prepaid, subscriptionId, span)
  return Object.fromEntries(limits.map(({ alertId }) => [alertId, taken]))
}

/** `done` have been heard for this very request, or can't be. */
export function decide(budget: Budget, request: Request, done: ReadonlySet<string>): Decision {
  const { subscriptionId, use } = request
  const at = momentIn(use, request.now)
  const own = leaseOf(budget.leases, subscriptionId, use)
  const others = budget.leases.filter((lease) => lease !== own && concerns(budget, lease, request, at))
  const used = nanos(use.spend + use.held)
  const owned = own !== undefined && at < own.until ? highestOf(own.amount, used) : used
  const bases = paidBases(budget, subscriptionId, use) ?? own?.bases
  const view: View = { budget, request, at, others, bases, used, owned }
  if (isBeyondMemory(budget, request)) return { kind: "Held", budget, left: nanos(0n) }
  const latch = reachedAt(view, "HardLimit")[0]
  if (latch !== undefined) return refusal(view, budget, latch, false)

  const unheard = Object.keys(budget.unheard).filter((id) => !done.has(id))
  if (unheard.length > 0) return { kind: "Hear", subscriptionIds: unheard }
  const over = openLimits(view).filter((limit) => request.need > ceiling(view, limit))
  const slack = others.filter((one) => isBeside(view, one) && mayGive(one)).map(idOf)
  const worth = [...new Set(slack)].filter((id) => !done.has(id))
  if (over.length > 0 && worth.length > 0) return { kind: "Hear", subscriptionIds: worth }

  const refusing = over.filter(({ type }) => type === "HardLimit")
  if (refusing.length === 0) return grant(view, over)
  const hard = refusing.find((limit) => isSpent(view, limit))
  if (hard === undefined) return { kind: "Held", budget, left: leftOf(view, refusing) }
  const by = reach(view, hard, false)
  return refusal(view, { ...budget, turn: budget.turn + 1, reached: [...budget.reached, by] }, by, true)
}

/** Whether another lease counts beside a request: of credit each does, also the subscription's own of other periods. */
function concerns({ prepaid }: Budget, lease: Lease, { subscriptionId }: Request, at: Instant): boolean {
  return prepaid !== undefined || (lease.subscriptionId !== subscriptionId && lease.end > at)
}

/** Whether nobody can tell what credit has to pay for it: it is refused, by itself, where anything is. */
function isBeyondMemory({ prepaid, limits }: Budget, { subscriptionId, use }: Request): boolean {
  if (prepaid === undefined || !isTooOld(prepaid, subscriptionId, use)) return false
  return limits.some(({ type }) => type === "HardLimit")
}

/** A meter spends from this budget no more, or was not told yet that it does. What it had is free. */
export function unaware(budget: Budget, subscriptionId: string): Budget {
  const leases = budget.leases.filter((lease) => lease.subscriptionId !== subscriptionId)
  if (leases.length === budget.leases.length) return budget
  const { [subscriptionId]: _, ...unheard } = budget.unheard
  return { ...budget, unheard, leases }
}

/** A crossing is on its way to its alert. */
export function confirmed(budget: Budget, crossing: Crossing): Budget {
  if (!budget.reached.some((one) => !one.told && isCrossing(one, crossing))) return budget
  const told = (one: Reached) => (isCrossing(one, crossing) ? { ...one, told: true } : one)
  return { ...budget, reached: budget.reached.map(told) }
}

/** Without what ended before an instant. */
export function forgotten(budget: Budget, before: Instant): Budget {
  const since = budget.prepaid?.since
  const leases = budget.leases.filter(({ subscriptionId, end }) => end > (since?.[subscriptionId] ?? before))
  const reached = budget.reached.filter(({ until }) => until > before)
  return { ...budget, leases, reached }
}

/** A budget as one request sees it. */
type View = {
  readonly budget: Budget
  readonly request: Request
  readonly at: Instant
  /** The leases of the other subscriptions in which the instant lies, or that begin later. */
  readonly others: readonly Lease[]
  readonly bases: Lease["bases"] | undefined
  readonly used: Nanos
  /** What it may hold already: an answer that was lost has told it nothing, but another may be on its way. */
  readonly owned: Nanos
}

function grant(view: View, crossing: readonly Limit[]): Decision {
  const { budget, at, others, used } = view
  const { subscriptionId, use, need, want, held } = view.request
  const turn = budget.turn + 1
  const news = crossing.map((limit) => reach(view, limit, wasAbove(view, limit)))
  const reached = [...budget.reached, ...news]
  const after = { ...view, budget: { ...budget, reached } }
  const highest = lowest(openLimits(after).map((limit) => ceiling(view, limit))) ?? UNLIMITED
  assert(need <= highest, "a grant holds the event that it is for", { need, highest })
  // Everybody gets an equal part of what is free, alone all of it, so that calls grow with the logarithm of the budget.
  const rivals = new Set(others.filter((one) => isBeside(view, one)).map(idOf)).size
  const share = highest === UNLIMITED ? highest : nanos(need + (highest - need) / BigInt(rivals + 1))
  const wanted = want < highest ? want : highest
  const amount = highestOf(share, wanted, view.owned)
  const voids = reached.filter((one) => one.from <= at && at < one.until).map((one) => one.until)
  const until = voids.reduce((first, one) => (one < first ? one : first), use.end)
  const { start, end } = use
  const lease = { subscriptionId, start, end, until, amount, used: need, held, bases: view.bases ?? {} }
  const hard = budget.limits.filter(({ type }) => type === "HardLimit")
  const beyond = lowest(hard.map((limit) => nonNegative(ceiling(view, limit) - amount)))
  const crossed = reached.filter((one) => !one.told && typeOf(budget, one) === "SoftLimit")
  assert(amount >= used, "a lease is not below what is used", { amount, used })
  return {
    kind: "Granted",
    budget: { ...budget, turn, reached, leases: replaced(budget.leases, lease) },
    amount,
    until,
    beyond,
    crossed: crossed.map(({ alertId, epoch, number }) => ({ alertId, epoch, number })),
  }
}

function refusal(view: View, budget: Budget, by: Reached, isFirst: boolean): Decision {
  const left = leftOf(
    view,
    budget.limits.filter(({ alertId }) => alertId === by.alertId),
  )
  return { kind: "Refused", budget, by, left, isFirst }
}

/** What the lowest of these limits leaves beyond what is used. */
function leftOf(view: View, some: readonly Limit[]): Nanos {
  return lowest(some.map((limit) => nonNegative(ceiling(view, limit) - view.used))) ?? nanos(0n)
}

/** Whether a limit would be crossed by what is spent alone. A hold spends nothing. */
function isSpent(view: View, limit: Limit): boolean {
  const { need, held, use } = view.request
  if (held > use.held) return false
  return need - held > ceiling({ ...view, others: withoutHolds(view.others) }, limit)
}

/** Whether it pays to ask for it: not all of it was used when its meter last spoke, or some may have come free since. */
function mayGive({ amount, used, held }: Lease): boolean {
  return amount > used || held > 0n
}

/** What the subscription may come to at most by this limit, whatever the others do with their leases. */
function ceiling({ budget, request, at, others, bases }: View, { alertId, threshold }: Limit): Nanos {
  const beside =
    budget.prepaid === undefined ? peak(others, alertId, at, request.use.end) : sumOf(others, alertId)
  return nanos(threshold - beside + (bases?.[alertId] ?? 0n))
}

/** Whether another lease takes from what a request could have. */
function isBeside({ budget, request }: View, lease: Lease): boolean {
  return budget.prepaid !== undefined || lease.start < request.use.end
}

/** The limits that are not crossed at this time. */
function openLimits(view: View): Limit[] {
  const crossed = new Set(reachedAt(view, "SoftLimit").map(({ alertId }) => alertId))
  return view.budget.limits.filter(({ alertId }) => !crossed.has(alertId))
}

function reachedAt({ budget, at }: View, type: AlertType): Reached[] {
  return budget.reached.filter(
    (one) => one.from <= at && at < one.until && typeOf(budget, one) === type && isCurrent(budget, one),
  )
}

function reach(view: View, { alertId, epoch }: Limit, told: boolean): Reached {
  const { budget, at, others, request } = view
  const isSpending = (one: Lease) => holds(one, at) && counted(one.amount, one.bases, alertId) > 0n
  // The end of a period sets no credit free.
  const spending = budget.prepaid === undefined ? others.filter(isSpending) : []
  const until = spending.reduce((first, { end }) => (end < first ? end : first), request.use.end)
  return { alertId, epoch, number: budget.turn + 1, from: at, until, told }
}

/** Whether a limit that was crossed before is still above its threshold now that a period ended: then it is not crossed again. */
function wasAbove(view: View, limit: Limit): boolean {
  const { budget, used, at } = view
  const earlier = budget.reached.some(
    ({ alertId, epoch, until }) => alertId === limit.alertId && epoch === limit.epoch && until <= at,
  )
  return earlier && used > ceiling(view, limit)
}

function typeOf({ limits }: Budget, { alertId }: Reached): AlertType | undefined {
  return limits.find((limit) => limit.alertId === alertId)?.type
}

function isCurrent({ limits }: Budget, { alertId, epoch }: Reached): boolean {
  return limits.some((limit) => limit.alertId === alertId && limit.epoch === epoch)
}

function isCrossing(a: Crossing, b: Crossing): boolean {
  return a.alertId === b.alertId && a.epoch === b.epoch && a.number === b.number
}

function idOf({ subscriptionId }: Lease): string {
  return subscriptionId
}

function lowest(amounts: readonly Nanos[]): Nanos | null {
  return amounts.reduce<Nanos | null>((least, one) => (least === null || one < least ? one : least), null)
}

function highestOf(first: Nanos, ...others: readonly Nanos[]): Nanos {
  return others.reduce((most, one) => (one > most ? one : most), first)
}

function nonNegative(amount: bigint): Nanos {
  return nanos(amount > 0n ? amount : 0n)
}

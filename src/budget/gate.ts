// What a meter holds of its budgets: leases and refusals. It says of an event whether it may pass, must be asked for, or is
// refused. Pure; the meter stores it (`encode`) with what it decides by it.
// Laws: a lease that was asked back is void before the answer leaves, and so is every grant that was decided before that.
// Other limits void all that was known under earlier ones.

import type { BudgetTerms } from "../domain/alert.ts"
import { holds, momentIn, type Span } from "../domain/leases.ts"
import { nanos, type Nanos } from "../domain/money.ts"
import type { Instant } from "../domain/time.ts"
import { limits } from "../limits.ts"
import type { LeaseReply, PeriodUse } from "./protocol.ts"

type Lease = Span & { readonly until: Instant; readonly amount: Nanos; readonly beyond: Nanos | null }
type Latch = {
  readonly alertId: string
  readonly from: Instant
  readonly until: Instant
  readonly left: Nanos
}

type Account = {
  readonly terms: BudgetTerms
  turn: number
  leases: readonly Lease[]
  latches: readonly Latch[]
}

/** An event or a hold: what the period has used, spend and holds together, before it and with it. */
export type Step = {
  readonly period: Span
  /** By the tenant's clock. */
  readonly now: Instant
  readonly before: Nanos
  readonly after: Nanos
}

export type Passage =
  | { readonly kind: "Allowed" }
  /** These budgets have to be asked, and then it is tried again. */
  | { readonly kind: "Ask"; readonly budgets: readonly BudgetTerms[] }
  | { readonly kind: "Refused"; readonly alertId: string; readonly left: Nanos }

export class LimitGate {
  readonly #accounts: ReadonlyMap<string, Account>

  /** `stored` is what `encode` gave, or null. */
  constructor(budgets: readonly BudgetTerms[], stored: string | null) {
    const known = stored === null ? new Map<string, Stored>() : decoded(stored)
    this.#accounts = new Map(budgets.map((terms) => [terms.name, accountOf(terms, known.get(terms.name))]))
  }

  /** Of an event that a priced meter counts, or a hold. One that raises nothing passes, unless all are refused. */
  check({ period, now, before, after }: Step): Passage {
    const at = momentIn(period, now)
    const ask: BudgetTerms[] = []
    for (const { terms, leases, latches } of this.#accounts.values()) {
      const latch = latches.find(({ from, until }) => from <= at && at < until)
      if (latch !== undefined) return { kind: "Refused", alertId: latch.alertId, left: latch.left }
      if (after <= before) continue
      const lease = leases.find(({ start }) => start === period.start)
      if (lease === undefined || at >= lease.until || after > lease.amount) ask.push(terms)
    }
    return ask.length === 0 ? { kind: "Allowed" } : { kind: "Ask", budgets: ask }
  }

  /**
   * Takes over an answer for a period. False: it was overtaken by a recall or by other limits, and has to be asked again.
   * `Busy` and `NeedTerms` change nothing and are the caller's to handle.
   */
  apply(name: string, period: Span, reply: Extract<LeaseReply, { kind: "Granted" | "Refused" }>): boolean {
    const account = this.#accounts.get(name)
    if (account === undefined || reply.version < account.terms.version || reply.turn < account.turn)
      return false
    if (reply.kind === "Refused") {
      const { alertId, from, until, left } = reply
      account.latches = newest([...account.latches, { alertId, from, until, left: nanos(BigInt(left)) }])
      return true
    }
    if (reply.turn === account.turn) return false
    account.turn = reply.turn
    const beyond = reply.beyond === null ? null : nanos(BigInt(reply.beyond))
    const { start, end } = period
    const lease = { start, end, until: reply.until, amount: nanos(BigInt(reply.amount)), beyond }
    account.leases = newest([...account.leases.filter((one) => one.start !== start), lease])
    return true
  }

  /** Which limit refuses all of a period's events now; null: none does. */
  refusing(period: Span, now: Instant): string | null {
    const at = momentIn(period, now)
    for (const { latches } of this.#accounts.values()) {
      const latch = latches.find(({ from, until }) => from <= at && at < until)
      if (latch !== undefined) return latch.alertId
    }
    return null
  }

  /** Whether this budget limits the meter at all. */
  knows(name: string): boolean {
    return this.#accounts.has(name)
  }

  /** The periods that have a lease of this budget: a recall wants to know what each has used. */
  periods(name: string): Span[] {
    return (this.#accounts.get(name)?.leases ?? []).map(({ start, end }) => ({ start, end }))
  }

  /** Gives up what is not used. To be stored before the answer leaves. */
  recall(name: string, turn: number, uses: readonly PeriodUse[]): void {
    const account = this.#accounts.get(name)
    if (account === undefined) return
    account.turn = Math.max(account.turn, turn)
    account.leases = account.leases.flatMap((lease) => {
      const use = uses.find(({ start }) => start === lease.start)
      if (use === undefined) return []
      const used = nanos(BigInt(use.spend) + BigInt(use.held))
      return [{ ...lease, amount: used < lease.amount ? used : lease.amount }]
    })
  }

  /** What the HardLimits leave to a period that has used so much, as far as is known: null without one. */
  left(period: Span, used: Nanos): Nanos | null {
    let least: Nanos | null = null
    for (const { leases, latches } of this.#accounts.values()) {
      const latch = latches.find(({ from }) => holds(period, from))
      const lease = leases.find(({ start }) => start === period.start)
      const free = latch?.left ?? (lease === undefined || lease.beyond === null ? null : leftOf(lease, used))
      if (free !== null && (least === null || free < least)) least = free
    }
    return least
  }

  /** JSON. What it reads back is the same gate, as long as the limits are. */
  encode(): string {
    const accounts = Array.from(this.#accounts, ([name, { terms, turn, leases, latches }]) => {
      return { name, version: terms.version, turn, leases, latches }
    })
    return JSON.stringify(accounts, (_, value: unknown) =>
      typeof value === "bigint" ? value.toString() : value,
    )
  }
}

type Stored = Pick<Account, "turn" | "leases" | "latches"> & { readonly version: number }

function accountOf(terms: BudgetTerms, stored: Stored | undefined): Account {
  if (stored === undefined) return { terms, turn: 0, leases: [], latches: [] }
  const { version, turn, leases, latches } = stored
  return version === terms.version
    ? { terms, turn, leases, latches }
    : { terms, turn, leases: [], latches: [] }
}

/** Amounts as the text that they are stored as. */
type Written = {
  readonly name: string
  readonly version: number
  readonly turn: number
  readonly leases: readonly (Span & { until: Instant; amount: string; beyond: string | null })[]
  readonly latches: readonly { alertId: string; from: Instant; until: Instant; left: string }[]
}

function decoded(text: string): Map<string, Stored> {
  const written: readonly Written[] = JSON.parse(text)
  return new Map(
    written.map(({ name, version, turn, leases, latches }) => {
      const own = leases.map((lease) => {
        const beyond = lease.beyond === null ? null : nanos(BigInt(lease.beyond))
        return { ...lease, amount: nanos(BigInt(lease.amount)), beyond }
      })
      const refused = latches.map((latch) => ({ ...latch, left: nanos(BigInt(latch.left)) }))
      return [name, { version, turn, leases: own, latches: refused }]
    }),
  )
}

function leftOf({ amount, beyond }: Lease, used: Nanos): Nanos {
  return nanos((beyond ?? 0n) + (amount > used ? amount - used : 0n))
}

/** Those that last longest. */
function newest<T extends { readonly until: Instant }>(all: readonly T[]): T[] {
  return all.toSorted((a, b) => b.until - a.until).slice(0, limits.gatePeriods)
}

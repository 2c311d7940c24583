// How much tax an invoice bears, per rate and per line.
// Laws: a rate's tax is rounded once, for the whole invoice, half away from zero; the lines' shares of it sum to it, each within
// one minor unit of its exact share; a credit bears the negative of what it takes back. Pure.
//
// All rates stand side by side on the same net price, none on top of another: so GST and PST, state and city, VAT. With i the sum
// of the inclusive rates, a price p contains the net p / (1 + i); a rate r is r × p / (1 + i), whether it is contained or added.
// So inclusive rates are taken out first and exclusive ones are added to what is left, and their order changes nothing.

import { assert } from "./assert.ts"
import { decimalOf } from "./decimal.ts"
import type { Minor } from "./money.ts"
import { minor } from "./money.ts"
import type { Ratio } from "./ratio.ts"
import {
  addRatio,
  compareRatio,
  divideRatio,
  floorRatio,
  multiplyRatio,
  negateRatio,
  ratio,
  ratioOfDecimal,
  roundRatio,
} from "./ratio.ts"
import type { AppliedRate } from "./tax.ts"

/** The tax of one rate: before rounding and as charged, both in minor units, and each line's share in the order of the lines. */
export type RateTax = {
  readonly rate: AppliedRate
  readonly exactMinor: Ratio
  readonly amountMinor: Minor
  readonly shares: readonly Minor[]
}

const WHOLE_BPS = ratio(10_000n)

/** `amounts`: what the lines take that are no taxes; discounts and credits are negative, so the net is taxed. */
export function taxesOn(amounts: readonly Minor[], rates: readonly AppliedRate[]): RateTax[] {
  const inclusive = rates.filter((rate) => rate.isInclusive).map(bpsOf)
  const whole = inclusive.reduce(addRatio, WHOLE_BPS)
  const net = amounts.reduce((sum, amount) => sum + amount, 0n)
  return rates.map((rate): RateTax => {
    const part = divideRatio(bpsOf(rate), whole)
    const shareOf = (amount: bigint) => multiplyRatio(part, ratio(amount))
    const exactMinor = shareOf(net)
    const amountMinor = minor(roundRatio(exactMinor))
    const shares = apportion(amountMinor, amounts.map(shareOf))
    return { rate, exactMinor, amountMinor, shares }
  })
}

function bpsOf({ rateBps }: AppliedRate): Ratio {
  const bps = ratioOfDecimal(decimalOf(rateBps))
  assert(bps.num >= 0n, "a rate is not negative", { rateBps })
  return bps
}

/**
 * Whole shares near the exact ones that sum to `total`, which is the exact sum rounded. Exact shares may have both signs, which
 * the weights of `allocate` may not. By the largest remainder: every share is the exact one rounded up or down.
 */
export function apportion(total: Minor, exact: readonly Ratio[]): Minor[] {
  const first = exact.find(({ num }) => num !== 0n)
  // What is taken back is split as what was charged, also where remainders are equal.
  if (first !== undefined && first.num < 0n)
    return apportion(minor(-total), exact.map(negateRatio)).map(negated)
  const shares = exact.map(floorRatio)
  const left = total - shares.reduce((sum, share) => sum + share, 0n)
  const cut = exact
    .map((share, index) => ({ index, rest: remainder(share) }))
    .filter(({ rest }) => rest.num > 0n)
    .toSorted((a, b) => compareRatio(b.rest, a.rest) || a.index - b.index)
  // The remainders sum to `left` give or take a half, and each is below one: so there are at least `left` of them.
  assert(left >= 0n && left <= BigInt(cut.length), "what was cut off covers what is left", { total, left })
  for (const [rank, { index }] of cut.entries()) {
    if (BigInt(rank) < left) shares[index] = (shares[index] ?? 0n) + 1n
  }
  assert(shares.reduce((sum, share) => sum + share, 0n) === total, "shares sum to the total", { total })
  return shares.map(minor)
}

function negated(share: Minor): Minor {
  return minor(-share)
}

function remainder(share: Ratio): Ratio {
  return { num: share.num - floorRatio(share) * share.den, den: share.den }
}

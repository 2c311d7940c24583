// Exact rationals: unrounded money (counted in nanos) and shares of a period. Always reduced, with a positive
// denominator, so equal values have equal fields. Nothing is lost until `roundRatio`, the only rounding of the system.

import { assert } from "./assert.ts"
import { decimal, MAX_FRACTION_DIGITS, powerOfTen, type Decimal } from "./decimal.ts"

export type Ratio = { readonly num: bigint; readonly den: bigint }

export const ZERO_RATIO: Ratio = { num: 0n, den: 1n }

export function ratio(num: bigint, den = 1n): Ratio {
  assert(den !== 0n, "a denominator is not zero", { num })
  if (den === 1n) return { num, den }
  const divisor = den < 0n ? -gcd(num, den) : gcd(num, den)
  return { num: num / divisor, den: den / divisor }
}

/** The positive greatest common divisor, for b ≠ 0. */
function gcd(a: bigint, b: bigint): bigint {
  let [high, low] = [a, b]
  while (low !== 0n) [high, low] = [low, high % low]
  return high < 0n ? -high : high
}

export function ratioOfDecimal(d: Decimal): Ratio {
  return ratio(d.coefficient, powerOfTen(d.scale))
}

export function addRatio(a: Ratio, b: Ratio): Ratio {
  if (a.den === b.den) return ratio(a.num + b.num, a.den)
  return ratio(a.num * b.den + b.num * a.den, a.den * b.den)
}

export function subtractRatio(a: Ratio, b: Ratio): Ratio {
  return addRatio(a, negateRatio(b))
}

export function multiplyRatio(a: Ratio, b: Ratio): Ratio {
  return ratio(a.num * b.num, a.den * b.den)
}

/** a / b for b ≠ 0. */
export function divideRatio(a: Ratio, b: Ratio): Ratio {
  return ratio(a.num * b.den, a.den * b.num)
}

export function negateRatio(r: Ratio): Ratio {
  return { num: -r.num, den: r.den }
}

export function compareRatio(a: Ratio, b: Ratio): -1 | 0 | 1 {
  const left = a.num * b.den
  const right = b.num * a.den
  return left < right ? -1 : left > right ? 1 : 0
}

export function minRatio(a: Ratio, b: Ratio): Ratio {
  return compareRatio(a, b) <= 0 ? a : b
}

export function isZeroRatio(r: Ratio): boolean {
  return r.num === 0n
}

/** The greatest integer that is not above it. */
export function floorRatio(r: Ratio): bigint {
  // BigInt division cuts towards zero, which is above a negative fraction.
  const cut = r.num / r.den
  return r.num < cut * r.den ? cut - 1n : cut
}

/** The least integer that is not below it: how many whole things hold it. */
export function ceilRatio(r: Ratio): bigint {
  return -floorRatio(negateRatio(r))
}

/** The nearest integer, half away from zero (2.5 → 3, −2.5 → −3): the rounding that invoices are read with. */
export function roundRatio(r: Ratio): bigint {
  const size = r.num < 0n ? -r.num : r.num
  const rounded = (2n * size + r.den) / (2n * r.den)
  return r.num < 0n ? -rounded : rounded
}

/** The decimal nearest to a ratio, with at most 18 fraction digits: the same value where it is a decimal of that size. For showing. */
export function decimalOfRatio(r: Ratio): Decimal {
  const scaled = roundRatio(ratio(r.num * powerOfTen(MAX_FRACTION_DIGITS), r.den))
  return decimal(scaled, MAX_FRACTION_DIGITS)
}

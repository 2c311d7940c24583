// Money. `Nanos` are integers at scale 12 (prices, rated amounts, the API's `…_nanos` strings), `Minor` are integers in
// the currency's minor unit (everything payable). Law: an amount is rounded once, here, half away from zero; a split
// sums to the whole; no `number` ever holds money. Pure.

import { assert } from "./assert.ts"
import { minorDigits, type Currency } from "./currency.ts"
import { powerOfTen } from "./decimal.ts"
import { ratio, roundRatio, type Ratio } from "./ratio.ts"
import { err, ok, type Result } from "./result.ts"

export type Nanos = bigint & { readonly unit: "nanos" }
export type Minor = bigint & { readonly unit: "minor" }

export const NANO_SCALE = 12

/** The largest amount that is accepted from outside: 10^30 nanos are 10^18 of a currency's main unit. */
export const MAX_NANOS = 10n ** 30n

// Zeros in front are harmless; the pattern leaves them out so that the length of the rest bounds the value.
const INTEGER = /^(-?)0*([1-9]\d*|0)$/

export function nanos(n: bigint): Nanos {
  return n as Nanos
}

export function minor(n: bigint): Minor {
  return n as Minor
}

/** Reads a decimal integer at scale 12: an optional '-', then digits. */
export function parseNanos(text: string): Result<Nanos, "not_an_integer" | "too_large"> {
  const match = INTEGER.exec(text)
  if (match === null) return err("not_an_integer")
  const [, sign, digits = ""] = match
  // Long texts are refused before they become a number: turning them into one takes more than linear time.
  if (digits.length > 31) return err("too_large")
  const size = BigInt(digits)
  if (size > MAX_NANOS) return err("too_large")
  return ok(nanos(sign === "-" ? -size : size))
}

export function formatNanos(n: Nanos): string {
  return n.toString()
}

/** Exact: every currency's minor unit is a whole number of nanos. */
export function minorToNanos(m: Minor, currency: Currency): Nanos {
  return nanos(m * nanosPerMinor(currency))
}

/** The way back, for amounts that have to be payable; it does not round. */
export function nanosToMinor(n: Nanos, currency: Currency): Result<Minor, "not_whole_minor_units"> {
  const unit = nanosPerMinor(currency)
  return n % unit === 0n ? ok(minor(n / unit)) : err("not_whole_minor_units")
}

/** The one rounding of an invoice line: from the exact amount in nanos to the currency's minor unit, half away from zero. */
export function roundToMinor(exactNanos: Ratio, currency: Currency): Minor {
  return minor(roundRatio(ratio(exactNanos.num, exactNanos.den * nanosPerMinor(currency))))
}

/** The nearest nano, half away from zero: for showing an exact amount, never on the way to an invoice line. */
export function ratioToNanos(exactNanos: Ratio): Nanos {
  return nanos(roundRatio(exactNanos))
}

function nanosPerMinor(currency: Currency): bigint {
  return powerOfTen(NANO_SCALE - minorDigits(currency))
}

/** Splits `total` in proportion to `weights` (each >= 0, not all zero) by the largest remainder: each share is the exact
 *  one rounded up or down, and they sum to the total. Equal remainders go to the earlier share. */
export function allocate(total: Minor, weights: readonly bigint[]): Minor[] {
  assert(
    weights.every((weight) => weight >= 0n),
    "weights are not negative",
    { weights },
  )
  const sum = weights.reduce((left, right) => left + right, 0n)
  assert(sum > 0n, "something has a weight", { weights })
  const size = total < 0n ? -total : total
  const shares = weights.map((weight) => (size * weight) / sum)
  const left = size - shares.reduce((a, b) => a + b, 0n)
  const byRemainder = weights
    .map((weight, index) => ({ index, remainder: (size * weight) % sum }))
    .toSorted((a, b) =>
      a.remainder === b.remainder ? a.index - b.index : a.remainder > b.remainder ? -1 : 1,
    )
  // What is left is less than one unit for each share that was cut, so each of the first `left` gets exactly one more.
  for (const [rank, { index }] of byRemainder.entries()) {
    if (BigInt(rank) >= left) break
    shares[index] = (shares[index] ?? 0n) + 1n
  }
  const signed = shares.map((share) => minor(total < 0n ? -share : share))
  const back = signed.reduce((a, b) => a + b, 0n)
  assert(back === total, "shares sum to the total", { total, weights, signed })
  return signed
}

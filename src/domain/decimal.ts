// Exact decimal quantities: event values, usage totals, tier bounds, seats. The value is coefficient / 10^scale in its
// one normal form (no trailing fraction zeros, scale >= 0), so equal values have equal fields and encode alike.
// The only file of the domain that looks at a JavaScript number as a quantity. Pure.

import { assert } from "./assert.ts"
import { err, ok, type Result } from "./result.ts"

export type Decimal = { readonly coefficient: bigint; readonly scale: number }
export type DecimalProblem = "not_a_decimal" | "too_many_digits"

/** What a quantity from outside may have: sums and products of accepted quantities may have more. */
export const MAX_INTEGER_DIGITS = 30
export const MAX_FRACTION_DIGITS = 18

export const ZERO: Decimal = { coefficient: 0n, scale: 0 }
export const ONE: Decimal = { coefficient: 1n, scale: 0 }

const LITERAL = /^(-?)(0|[1-9]\d*)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/
const SHORT_INTEGER = /^(?:0|[1-9]\d{0,14})$/
// No literal needs more characters than this: sign, digits on both sides, point and exponent, with room for zeros.
const MAX_LITERAL_LENGTH = 100

/** Reads a JSON number or a string that holds one (`"-12.5"`, `1500`, `1e21`). Whoever sends a `number` sends its shortest
 *  decimal form, as JSON prints it: 0.1 is one tenth. */
export function parseDecimal(input: string | number): Result<Decimal, DecimalProblem> {
  if (typeof input === "number") {
    if (Number.isSafeInteger(input)) return ok({ coefficient: BigInt(input), scale: 0 })
    if (!Number.isFinite(input)) return err("not_a_decimal")
    return parseLiteral(String(input))
  }
  if (SHORT_INTEGER.test(input)) return ok({ coefficient: BigInt(input), scale: 0 })
  return parseLiteral(input)
}

function parseLiteral(text: string): Result<Decimal, DecimalProblem> {
  const match = LITERAL.exec(text)
  if (match === null) return err("not_a_decimal")
  if (text.length > MAX_LITERAL_LENGTH) return err("too_many_digits")
  const [, sign, whole = "", fraction = "", exponent = "0"] = match
  const digits = BigInt(whole + fraction)
  if (digits === 0n) return ok(ZERO)
  const shift = Number(exponent)
  if (Math.abs(shift) > MAX_LITERAL_LENGTH) return err("too_many_digits")
  const value = shifted(sign === "-" ? -digits : digits, fraction.length - shift)
  return fits(value) ? ok(value) : err("too_many_digits")
}

/** coefficient / 10^scale for any scale, a negative one too. */
function shifted(coefficient: bigint, scale: number): Decimal {
  return scale < 0 ? { coefficient: coefficient * powerOfTen(-scale), scale: 0 } : decimal(coefficient, scale)
}

function fits(d: Decimal): boolean {
  const whole = magnitude(d.coefficient) / powerOfTen(d.scale)
  return d.scale <= MAX_FRACTION_DIGITS && whole < powerOfTen(MAX_INTEGER_DIGITS)
}

/** A constant of the code or a value that we stored in canonical form, of any size: a total may have outgrown what one
 *  event may carry. */
export function decimalOf(text: string): Decimal {
  const match = LITERAL.exec(text)
  assert(match !== null && match[4] === undefined, "a stored decimal is in plain notation", { text })
  const [, sign, whole = "", fraction = ""] = match
  const digits = BigInt(whole + fraction)
  return decimal(sign === "-" ? -digits : digits, fraction.length)
}

/** The canonical text: no exponent, no trailing zeros, never "-0". `decimalOf` reads it back to the same value. */
export function formatDecimal(d: Decimal): string {
  if (d.scale === 0) return d.coefficient.toString()
  const digits = magnitude(d.coefficient)
    .toString()
    .padStart(d.scale + 1, "0")
  const point = digits.length - d.scale
  return `${d.coefficient < 0n ? "-" : ""}${digits.slice(0, point)}.${digits.slice(point)}`
}

export function add(a: Decimal, b: Decimal): Decimal {
  if (a.scale === b.scale) return decimal(a.coefficient + b.coefficient, a.scale)
  const scale = Math.max(a.scale, b.scale)
  return decimal(coefficientAt(a, scale) + coefficientAt(b, scale), scale)
}

export function subtract(a: Decimal, b: Decimal): Decimal {
  return add(a, negate(b))
}

export function multiply(a: Decimal, b: Decimal): Decimal {
  return decimal(a.coefficient * b.coefficient, a.scale + b.scale)
}

export function negate(d: Decimal): Decimal {
  return { coefficient: -d.coefficient, scale: d.scale }
}

export function compare(a: Decimal, b: Decimal): -1 | 0 | 1 {
  const scale = Math.max(a.scale, b.scale)
  const left = coefficientAt(a, scale)
  const right = coefficientAt(b, scale)
  return left < right ? -1 : left > right ? 1 : 0
}

export function isZero(d: Decimal): boolean {
  return d.coefficient === 0n
}

export function isNegative(d: Decimal): boolean {
  return d.coefficient < 0n
}

export function min(a: Decimal, b: Decimal): Decimal {
  return compare(a, b) <= 0 ? a : b
}

export function max(a: Decimal, b: Decimal): Decimal {
  return compare(a, b) >= 0 ? a : b
}

function coefficientAt(d: Decimal, scale: number): bigint {
  return d.scale === scale ? d.coefficient : d.coefficient * powerOfTen(scale - d.scale)
}

/** coefficient / 10^scale in normal form. */
export function decimal(coefficient: bigint, scale: number): Decimal {
  while (scale > 0 && coefficient % 10n === 0n) {
    coefficient /= 10n
    scale -= 1
  }
  return { coefficient, scale }
}

const POWERS = Array.from({ length: 64 }, (_, exponent) => 10n ** BigInt(exponent))

/** 10^exponent, from a table for the exponents that occur. */
export function powerOfTen(exponent: number): bigint {
  return POWERS[exponent] ?? 10n ** BigInt(exponent)
}

function magnitude(n: bigint): bigint {
  return n < 0n ? -n : n
}

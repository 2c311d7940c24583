// Amounts as Stripe's API counts them. A third table of digits beside ISO 4217 and Intl: Stripe leaves out the digits of
// MGA, keeps two for ISK, and wants a 0 at the end of three (https://docs.stripe.com/currencies).
// Law: an amount that Stripe can't take exactly is refused, never rounded.

import type { Currency } from "../../domain/currency.ts"
import { minorDigits, parseCurrency } from "../../domain/currency.ts"
import { powerOfTen } from "../../domain/decimal.ts"
import type { Minor } from "../../domain/money.ts"
import { minor } from "../../domain/money.ts"

const words = (text: string): ReadonlySet<string> => new Set(text.split(" "))

const ZERO_DECIMAL = words("BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF")
const THREE_DECIMAL = words("BHD JOD KWD OMR TND")

/** Without digits in ISO 4217, with two at Stripe, which must be 00. */
const TWO_FOR_NONE = words("ISK")

/** Stripe documents UGX both without digits and, as a special case, with two. A charge may not be wrong by a hundred times. */
const CONTRADICTED = words("UGX")

/** Null: Stripe can't be asked for amounts of this currency, or not surely. */
function stripeDigits(currency: Currency): number | null {
  if (CONTRADICTED.has(currency)) return null
  if (ZERO_DECIMAL.has(currency)) return 0
  if (THREE_DECIMAL.has(currency)) return 3
  if (TWO_FOR_NONE.has(currency)) return 2
  return minorDigits(currency) === 2 ? 2 : null
}

/** The amount for a request; null: it can't be said exactly. */
export function toStripe(amount: Minor, currency: Currency): number | null {
  const digits = stripeDigits(currency)
  if (digits === null) return null
  const own = minorDigits(currency)
  const unit = powerOfTen(Math.max(own - digits, 0))
  if (amount % unit !== 0n || (digits === 3 && amount % 10n !== 0n)) return null
  const told = (amount / unit) * powerOfTen(Math.max(digits - own, 0))
  return told > 0n && told <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(told) : null
}

/** An amount that Stripe tells; null: it is none that we can hold. */
export function fromStripe(amount: number, currency: Currency): Minor | null {
  const digits = stripeDigits(currency)
  if (digits === null || !Number.isSafeInteger(amount)) return null
  const own = minorDigits(currency)
  const unit = powerOfTen(Math.max(digits - own, 0))
  const told = BigInt(amount)
  return told % unit === 0n ? minor((told / unit) * powerOfTen(Math.max(own - digits, 0))) : null
}

/** What an object of Stripe's is of, in our minor units; null: it can't be said in them. */
export function moneyOf(of: { readonly amount: number; readonly currency: string }) {
  const currency = parseCurrency(of.currency.toUpperCase())
  const amountMinor = currency.ok ? fromStripe(of.amount, currency.value) : null
  return currency.ok && amountMinor !== null ? { amountMinor, currency: currency.value } : null
}

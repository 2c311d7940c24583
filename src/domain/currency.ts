// The currencies that an amount can be payable in: ISO 4217 list one as of amendment 180 (1 January 2026), with the number
// of digits of the minor unit. Our own table, because Intl's digits are not ISO's (workerd says 0 for HUF, IDR, IQD …) and
// payment processors have yet other ones. Codes that ISO gives no minor unit (XAU, XDR, XTS, XXX …) cannot be paid in.

import { assert } from "./assert.ts"
import { err, ok, type Result } from "./result.ts"

export type Currency = string & { readonly unit: "currency" }

const CODES_BY_DIGITS: readonly (readonly [digits: number, codes: string])[] = [
  [0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"],
  [
    2,
    `AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY COP
     COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR
     JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN
     NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL
     THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG`,
  ],
  [3, "BHD IQD JOD KWD LYD OMR TND"],
  [4, "CLF UYW"],
]

const DIGITS: ReadonlyMap<string, number> = new Map(
  CODES_BY_DIGITS.flatMap(([digits, codes]) => codes.split(/\s+/).map((code) => [code, digits] as const)),
)

/** Every currency that is accepted, in the order of the alphabet. */
export const CURRENCIES: readonly Currency[] = [...DIGITS.keys()].toSorted().map((code) => code as Currency)

/** An alphabetic ISO 4217 code, in capitals as the standard writes it. */
export function parseCurrency(text: string): Result<Currency, "unknown_currency"> {
  return DIGITS.has(text) ? ok(text as Currency) : err("unknown_currency")
}

/** How many decimal digits the minor unit has: 2 for USD (cents), 0 for JPY, 3 for KWD, 4 for CLF. */
export function minorDigits(currency: Currency): number {
  const digits = DIGITS.get(currency)
  assert(digits !== undefined, "a currency is of the table", { currency })
  return digits
}

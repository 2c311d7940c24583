// Taxes: how much, on which lines, where, and who accounts for them. The worked examples are done by hand.

import fc from "fast-check"
import { describe, expect, test } from "vitest"
import type { Address } from "../../src/domain/address.ts"
import { COUNTRIES, parseCountry } from "../../src/domain/country.ts"
import { postFinalized, postVoided } from "../../src/domain/ledger.ts"
import type { Currency } from "../../src/domain/currency.ts"
import { invoiceTax, invoiceTotal } from "../../src/domain/invoice.ts"
import type { Minor } from "../../src/domain/money.ts"
import { minor } from "../../src/domain/money.ts"
import { addRatio, compareRatio, ratio, subtractRatio, ZERO_RATIO } from "../../src/domain/ratio.ts"
import { apportion, taxesOn } from "../../src/domain/tax-amounts.ts"
import { isReverseCharge, placeOf, placesOf } from "../../src/domain/tax-place.ts"
import type { AppliedRate } from "../../src/domain/tax.ts"
import { countryOfVatId } from "../../src/domain/vat-id.ts"

const rateOf = (rateBps: string, isInclusive = false, rateId: string | null = rateBps): AppliedRate => ({
  rateId,
  name: "Tax",
  rateBps,
  isInclusive,
})

const minors = (...amounts: readonly (number | bigint)[]): Minor[] =>
  amounts.map((amount) => minor(BigInt(amount)))

/** The tax of each rate, and the lines' shares of it, in cents. */
function cents(amounts: readonly number[], ...rates: readonly AppliedRate[]): [number, number[]][] {
  return taxesOn(minors(...amounts), rates).map(({ amountMinor, shares }) => [
    Number(amountMinor),
    shares.map(Number),
  ])
}

describe("what a rate takes", () => {
  test("8.5 % of $100.00 are $8.50", () => {
    expect(cents([100_00], rateOf("850"))).toEqual([[8_50, [8_50]]])
  })

  test("it is rounded once for the invoice, half away from zero", () => {
    // 3 × 10 cents at 5 %: one and a half cents are two; line by line it would be three.
    expect(cents([10, 10, 10], rateOf("500"))).toEqual([[2, [1, 1, 0]]])
    expect(cents([-10, -10, -10], rateOf("500"))).toEqual([[-2, [-1, -1, 0]]])
  })

  test("the cents that are left go where most was cut off", () => {
    // 0.5 and 0.7 of a cent are 1.2 together: one, on the second line.
    expect(cents([10, 14], rateOf("500"))).toEqual([[1, [0, 1]]])
  })

  test("several rates stand side by side: Québec's GST 5 % and QST 9.975 % on $100.00", () => {
    expect(cents([100_00], rateOf("500"), rateOf("997.5"))).toEqual([
      [5_00, [5_00]],
      [9_98, [9_98]],
    ])
  })

  test("an inclusive rate is in the price: 19 % of €119.00 are €19.00, of €10.00 €1.60", () => {
    expect(cents([119_00], rateOf("1900", true))).toEqual([[19_00, [19_00]]])
    // 10.00 × 19 / 119 = 1.5966…
    expect(cents([10_00], rateOf("1900", true))).toEqual([[1_60, [1_60]]])
  })

  test("three lines of €9.99 with 19 % in them contain €4.79, and the third line bears the cent less", () => {
    // 29.97 × 19 / 119 = 4.7851…; each line 1.5950…
    expect(cents([9_99, 9_99, 9_99], rateOf("1900", true))).toEqual([[4_79, [1_60, 1_60, 1_59]]])
  })

  test("two inclusive rates share one net price", () => {
    // 115.00 / 1.15 = 100.00
    expect(cents([115_00], rateOf("1000", true), rateOf("500", true))).toEqual([
      [10_00, [10_00]],
      [5_00, [5_00]],
    ])
  })

  test("an exclusive rate is on what is left without the inclusive ones, whichever comes first", () => {
    const [included, added] = [rateOf("1000", true), rateOf("500")]
    expect(cents([110_00], included, added).map(([tax]) => tax)).toEqual([10_00, 5_00])
    expect(cents([110_00], added, included).map(([tax]) => tax)).toEqual([5_00, 10_00])
  })

  test("a discount lowers the tax, and bears its part of it", () => {
    expect(cents([100_00, -30_00], rateOf("850"))).toEqual([[5_95, [8_50, -2_55]]])
  })

  test("100 % and 0 % are rates", () => {
    expect(cents([1_23], rateOf("10000"), rateOf("0"))).toEqual([
      [1_23, [1_23]],
      [0, [0]],
    ])
  })
})

const bps = fc.tuple(fc.integer({ min: 0, max: 10_000 }), fc.integer({ min: 0, max: 999 })).map(
  // Decimals as the door stores them: no zeros at the end.
  ([whole, part]) => (part === 0 || whole === 10_000 ? `${whole}` : `${whole}.${part}`.replace(/0+$/, "")),
)
const rates = fc
  .array(fc.tuple(bps, fc.boolean()), { maxLength: 4 })
  .map((some) => some.map(([rate, isInclusive], at) => rateOf(rate, isInclusive, String(at))))
const amount = fc.oneof(
  fc.bigInt({ min: -300n, max: 300n }),
  fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n }),
)
const amounts = fc.array(amount, { maxLength: 12 }).map((some) => some.map(minor))
const sum = (some: readonly bigint[]) => some.reduce((left, right) => left + right, 0n)

describe("laws", () => {
  test("the lines' taxes sum to the invoice's tax, each within a unit of its exact share", () => {
    fc.assert(
      fc.property(amounts, rates, (lines, some) => {
        for (const { exactMinor, amountMinor, shares } of taxesOn(lines, some)) {
          expect(sum(shares)).toBe(amountMinor)
          expect(shares).toHaveLength(lines.length)
          const distance = subtractRatio(ratio(amountMinor), exactMinor)
          expect(compareRatio({ ...distance, num: abs(distance.num) }, ratio(1n, 2n))).not.toBe(1)
        }
      }),
    )
  })

  test("a share is its exact value rounded up or down", () => {
    const share = fc.tuple(fc.bigInt({ min: -10_000n, max: 10_000n }), fc.bigInt({ min: 1n, max: 400n }))
    fc.assert(
      fc.property(fc.array(share, { maxLength: 12 }), (some) => {
        const exact = some.map(([num, den]) => ratio(num, den))
        const whole = exact.reduce(addRatio, ZERO_RATIO)
        const total = minor(halfAwayFromZero(whole.num, whole.den))
        const shares = apportion(total, exact)
        expect(sum(shares)).toBe(total)
        for (const [at, part] of shares.entries()) {
          const distance = subtractRatio(ratio(part), exact[at] ?? ZERO_RATIO)
          expect(abs(distance.num) < distance.den).toBe(true)
        }
      }),
    )
  })

  test("what is taken back bears the negative of what it takes back", () => {
    fc.assert(
      fc.property(amounts, rates, (lines, some) => {
        const forth = taxesOn(lines, some)
        const back = taxesOn(
          lines.map((line) => minor(-line)),
          some,
        )
        expect(back.map(({ shares }) => shares)).toEqual(
          forth.map(({ shares }) => shares.map((share) => minor(-share))),
        )
      }),
    )
  })

  test("the inclusive taxes of a net price are what the price has more than it", () => {
    fc.assert(
      fc.property(amounts, rates, (lines, some) => {
        const price = sum(lines)
        const included = taxesOn(lines, some).filter(({ rate }) => rate.isInclusive)
        const net = subtractRatio(
          ratio(price),
          included.map((tax) => tax.exactMinor).reduce(addRatio, ZERO_RATIO),
        )
        // Put back on the net price, the inclusive rates give the price exactly.
        const factor = included.map(({ rate }) => bpsRatio(rate.rateBps)).reduce(addRatio, ratio(1n))
        expect(ratio(net.num * factor.num, net.den * factor.den)).toEqual(ratio(price))
      }),
    )
  })

  test("total = subtotal + tax, and what is posted of it balances and is taken back whole", () => {
    const currency = "USD" as Currency
    fc.assert(
      fc.property(amounts, rates, (lines, some) => {
        const sold = lines.map((amountMinor) => ({ amountMinor, isTax: false, isIncluded: null }))
        const taxes = taxesOn(lines, some).map(({ amountMinor, rate }) => ({
          amountMinor,
          isTax: true,
          isIncluded: rate.isInclusive,
        }))
        const [totalMinor, taxMinor] = [invoiceTotal([...sold, ...taxes]), invoiceTax([...sold, ...taxes])]
        const added = taxes.filter(({ isIncluded }) => !isIncluded).map((tax) => tax.amountMinor)
        expect(totalMinor).toBe(sum(lines) + sum(added))
        const invoice = { id: "i", customerId: "c", currency, totalMinor, taxMinor }
        const entries = postFinalized(invoice).flatMap((posting) => posting.entries)
        const of = (account: string) => sum(entries.filter((e) => e.account === account).map((e) => e.amount))
        const debtor = totalMinor < 0n ? "PayoutsPayable" : "AccountsReceivable"
        expect([of(debtor), of("TaxPayable")]).toEqual([totalMinor, -taxMinor])
        expect(of("Revenue")).toBe(taxMinor - totalMinor)
        const back = postVoided(invoice).flatMap((posting) => posting.entries)
        expect(back.map((e) => -e.amount)).toEqual(entries.map((e) => e.amount))
      }),
    )
  })
})

function abs(n: bigint): bigint {
  return n < 0n ? -n : n
}

function halfAwayFromZero(num: bigint, den: bigint): bigint {
  const rounded = (2n * abs(num) + den) / (2n * den)
  return num < 0n ? -rounded : rounded
}

function bpsRatio(text: string) {
  const [whole = "", part = ""] = text.split(".")
  return ratio(BigInt(whole + part), 10_000n * 10n ** BigInt(part.length))
}

const at = (country: string | null, region: string | null = null, city: string | null = null): Address => ({
  line1: null,
  line2: null,
  city,
  postalCode: null,
  region,
  country,
})

describe("places", () => {
  test("an address lies in its country, its region and its city", () => {
    expect(placesOf(at("US", "NY", "New York City"))).toEqual(["US", "US/NY", "US/NY/NEW YORK CITY"])
    expect(placesOf(at("DE"))).toEqual(["DE"])
    expect(placesOf(at("DE", null, "Berlin"))).toEqual(["DE"])
    expect(placesOf(at(null, null, "Berlin"))).toEqual([])
    expect(placesOf(null)).toEqual([])
  })

  test("case, blanks and the country's prefix make no difference; a city of another region does", () => {
    expect(placeOf("US", " us-ny / new  york city ")).toBe("US/NY/NEW YORK CITY")
    expect(placeOf("CA", "CA-QC")).toBe("CA/QC")
    expect(placeOf("CA", "québec")).toBe(placeOf("CA", "QUÉBEC"))
    expect(placesOf(at("US", "MO", "Springfield"))).not.toContain(placeOf("US", "IL/Springfield"))
  })

  test("a region that names its part already lies in both", () => {
    expect(placesOf(at("US", "NY/New York City"))).toEqual(["US", "US/NY", "US/NY/NEW YORK CITY"])
  })

  test("a region alone is no prefix of another's name", () => {
    expect(placesOf(at("US", "NYX"))).toEqual(["US", "US/NYX"])
  })

  test("a city can't name places that are not its own", () => {
    expect(placesOf(at("US", "NY", "a/b"))).toEqual(["US", "US/NY", "US/NY/A B"])
  })
})

describe("countries", () => {
  test("the 249 of ISO 3166-1, in capitals", () => {
    expect(COUNTRIES.size).toBe(249)
    for (const code of ["DE", "GB", "GR", "US", "XK", "UK", "EL", "de", "", "D"]) {
      expect([code, parseCountry(code).ok]).toEqual([code, ["DE", "GB", "GR", "US"].includes(code)])
    }
  })
})

describe("VAT ids", () => {
  // One of each member, of the form that the Commission's list shows.
  test.each([
    ["ATU12345678", "AT"],
    ["BE0123456789", "BE"],
    ["BG123456789", "BG"],
    ["CY12345678X", "CY"],
    ["CZ12345678", "CZ"],
    ["DE123456789", "DE"],
    ["DK12345678", "DK"],
    ["EE123456789", "EE"],
    ["EL123456789", "GR"],
    ["ESX1234567X", "ES"],
    ["FI12345678", "FI"],
    ["FRXX123456789", "FR"],
    ["HR12345678901", "HR"],
    ["HU12345678", "HU"],
    ["IE1234567WA", "IE"],
    ["IE1S23456L", "IE"],
    ["IT12345678901", "IT"],
    ["LT123456789012", "LT"],
    ["LU12345678", "LU"],
    ["LV12345678901", "LV"],
    ["MT12345678", "MT"],
    ["NL123456789B01", "NL"],
    ["PL1234567890", "PL"],
    ["PT123456789", "PT"],
    ["RO1234567890", "RO"],
    ["SE123456789012", "SE"],
    ["SI12345678", "SI"],
    ["SK1234567890", "SK"],
    ["XI123456789", "GB"],
  ])("%s is one of %s", (id, country) => expect(countryOfVatId(id)).toBe(country))

  test.each(["DE 123 456 789", "de123456789", "DE-123.456.789"])("%s is well-formed too", (id) =>
    expect(countryOfVatId(id)).toBe("DE"),
  )

  test.each([
    "DE12345678",
    "DE1234567890",
    "ATU1234567",
    "AT12345678",
    "GR123456789",
    "GB123456789",
    "US123456789",
    "12-3456789",
    "DE",
    "",
    "constructor",
    "NL123456789C01",
    "DE12345678９",
  ])("%j is none", (id) => expect(countryOfVatId(id)).toBeNull())
})

describe("reverse charge", () => {
  test.each([
    ["a business in another member state", "DE", "FR", "FRXX123456789", true],
    ["Greece, whose ids begin with EL", "DE", "GR", "EL123456789", true],
    ["Northern Ireland", "DE", "GB", "XI123456789", true],
    ["the seller's own country", "DE", "DE", "DE123456789", false],
    ["a VAT id of a third country", "DE", "FR", "ATU12345678", false],
    ["the seller's VAT id abroad", "DE", "FR", "DE123456789", false],
    ["an id that is none", "DE", "FR", "FR12", false],
    ["no id", "DE", "FR", null, false],
    ["a seller outside the EU", "US", "FR", "FRXX123456789", false],
    ["a customer outside the EU", "DE", "US", "12-3456789", false],
    ["a customer whose country is unknown", "DE", null, "FRXX123456789", false],
  ])("%s", (_name, seller, country, taxId, expected) => {
    expect(isReverseCharge(seller, at(country), taxId)).toBe(expected)
  })
})

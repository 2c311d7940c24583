// What a subscription has spent in a period: its metered prices over the period's totals, as its charges will rate them, in
// whole nanos rounded up, so that a limit is never crossed by a fraction.
// Law: a price counts from the first event of its meter in the period on, and then as a whole: with its minimum, its
// commitment, its first tier's flat amount. A period without an event has spent nothing. Fees are no usage and are never in it. Pure.

import { assert } from "./assert.ts"
import { add, isNegative, multiply, ZERO, type Decimal } from "./decimal.ts"
import { nanos, type Nanos } from "./money.ts"
import { pricingOf } from "./price-terms.ts"
import { rate, type Pricing } from "./pricing/pipeline.ts"
import { addRatio, ceilRatio, ratioOfDecimal, subtractRatio, ZERO_RATIO, type Ratio } from "./ratio.ts"
import { priceListsOf, type MeteredPrice, type MeterPrices } from "./terms.ts"
import type { Instant } from "./time.ts"
import type { UsageTotal } from "./usage.ts"

/** The total of a meter in the period; null when no event of the period counted there. */
export type TotalOf = (meterKey: string) => UsageTotal | null

/** `unit` is the price of a unit where that is all that a price is: then the amount is one product. */
type Price = { readonly pricing: Pricing; readonly unit: Decimal | null }

/** Prices made ready to rate many totals, by the meter that they price. */
export class Prices {
  readonly #byMeter: ReadonlyMap<string, readonly Price[]>

  constructor(prices: readonly MeteredPrice[]) {
    const grouped = Map.groupBy(prices, ({ meterKey }) => meterKey)
    this.#byMeter = new Map(Array.from(grouped, ([key, some]) => [key, some.map(compiled)]))
  }

  /** The meters that cost something. */
  meters(): Iterable<string> {
    return this.#byMeter.keys()
  }

  has(meterKey: string): boolean {
    return this.#byMeter.has(meterKey)
  }

  /** Whether a price of the meter looks at its groups, which are much to read where none does. */
  looksAtGroups(meterKey: string): boolean {
    return this.#byMeter.get(meterKey)?.some(({ pricing }) => pricing.model.model === "Matrix") === true
  }

  /** What the prices of one meter come to, exactly, in nanos. */
  amountOf(meterKey: string, total: UsageTotal | null): Ratio {
    const prices = this.#byMeter.get(meterKey)
    if (prices === undefined || total === null) return ZERO_RATIO
    // Corrections can leave a total below zero. Nobody is paid for using a service.
    const billed = isNegative(total.value) ? { ...total, value: ZERO } : total
    let products = ZERO
    let others = ZERO_RATIO
    for (const { pricing, unit } of prices) {
      if (unit !== null) products = add(products, multiply(billed.value, unit))
      else others = addRatio(others, rate(pricing, billed).amount)
    }
    return addRatio(ratioOfDecimal(products), others)
  }
}

function compiled({ pricing: terms }: MeteredPrice): Price {
  const pricing = pricingOf(terms)
  const { model } = pricing
  const plain = model.model === "PerUnit" && terms.modifiers === undefined
  return { pricing, unit: plain ? { coefficient: model.unitAmount, scale: 0 } : null }
}

/** Prices over time: what a period, or a part of one, is rated by is the list of its start. */
export class PriceLists {
  readonly #lists: readonly { readonly from: Instant; readonly prices: Prices }[]

  constructor(prices: MeterPrices) {
    this.#lists = priceListsOf(prices).map((list) => ({ from: list.from, prices: new Prices(list.prices) }))
  }

  at(start: Instant): Prices {
    const list = this.#lists.findLast(({ from }) => from <= start) ?? this.#lists[0]
    assert(list !== undefined, "there is a price list, though it may be empty")
    return list.prices
  }

  /** Whether a meter costs something at some time. */
  has(meterKey: string): boolean {
    return this.#lists.some(({ prices }) => prices.has(meterKey))
  }
}

export function spendOf(prices: Prices, totalOf: TotalOf): Nanos {
  return wholeNanos(exactSpendOf(prices, totalOf))
}

/** Exactly: where a period has parts with prices of their own, they are added up before the sum is rounded. */
export function exactSpendOf(prices: Prices, totalOf: TotalOf): Ratio {
  let sum = ZERO_RATIO
  for (const key of prices.meters()) sum = addRatio(sum, prices.amountOf(key, totalOf(key)))
  return sum
}

/** The spend of one period, kept up as its totals change: a change costs the rating of that meter's prices, and no other's. */
export class Spend {
  readonly #prices: Prices
  readonly #amounts = new Map<string, Ratio>()
  #sum = ZERO_RATIO

  constructor(prices: Prices, totalOf: TotalOf) {
    this.#prices = prices
    for (const key of prices.meters()) this.set(key, totalOf(key))
  }

  spent(): Nanos {
    return wholeNanos(this.#sum)
  }

  /** What the spend would be with other totals of some meters, those after an event. */
  after(totals: Iterable<readonly [meterKey: string, total: UsageTotal]>): Nanos {
    let sum = this.#sum
    for (const [key, total] of totals) {
      if (this.#prices.has(key)) sum = addRatio(sum, this.#difference(key, this.#prices.amountOf(key, total)))
    }
    return wholeNanos(sum)
  }

  /** A meter's total is this from now on. */
  set(meterKey: string, total: UsageTotal | null): void {
    if (!this.#prices.has(meterKey)) return
    const amount = this.#prices.amountOf(meterKey, total)
    this.#sum = addRatio(this.#sum, this.#difference(meterKey, amount))
    this.#amounts.set(meterKey, amount)
  }

  #difference(meterKey: string, amount: Ratio): Ratio {
    return subtractRatio(amount, this.#amounts.get(meterKey) ?? ZERO_RATIO)
  }
}

export function wholeNanos(amount: Ratio): Nanos {
  assert(amount.num >= 0n, "a spend is never below zero", { amount })
  return nanos(ceilRatio(amount))
}

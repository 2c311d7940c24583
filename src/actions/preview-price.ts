// What a price comes to for a quantity, for totals by group or for some events: a price calculator. Changes nothing.
// Law: it is `rate` over the usage that a meter would have counted, and nothing else.

import { assert } from "../domain/assert.ts"
import type { RatedSku, SkuTerms } from "../domain/catalog.ts"
import { meterOfSku, pricingOf } from "../domain/catalog.ts"
import type { Currency } from "../domain/currency.ts"
import type { Decimal } from "../domain/decimal.ts"
import { add, decimalOf, isZero, max, ONE, ZERO } from "../domain/decimal.ts"
import { feeRule } from "../domain/event-fee.ts"
import type { Properties } from "../domain/measure.ts"
import { needsTime, usageOfEvents } from "../domain/measure.ts"
import type { MatrixTerms } from "../domain/price-terms.ts"
import { eventFeeOf, NO_MODIFIER_TERMS } from "../domain/price-terms.ts"
import { rate } from "../domain/pricing/pipeline.ts"
import type { Rated } from "../domain/pricing/pipeline.ts"
import { err, ok } from "../domain/result.ts"
import type { UsageTotal } from "../domain/usage.ts"
import { usageOfQuantity } from "../domain/usage.ts"
import type { Outcome } from "./act.ts"
import { invalid, invalidFields, missing } from "./refusal.ts"
import type { Scope } from "./scope.ts"

type Price = { readonly currency: Currency; readonly terms: SkuTerms }

/** What one combination of a Matrix was used. `quantity` is decimal text. */
export type PreviewGroup = {
  readonly values: Readonly<Record<string, string | null>>
  readonly quantity: string
}

/** The usage is given in one of three ways. */
export type PreviewInput = {
  readonly sku: Price | { readonly id: string }
  /** As of a subscription that gets so much off; 0: none. */
  readonly discountBps: number
  /** Decimal text. */
  readonly quantity: string | undefined
  /** How many events the quantity came in: what a Percentage looks at too. */
  readonly eventCount: number | undefined
  readonly groups: readonly PreviewGroup[] | undefined
  readonly events: readonly Properties[] | undefined
}

export type Preview = Price & { readonly usage: UsageTotal; readonly rated: Rated }

export async function previewPrice(scope: Scope, input: PreviewInput): Promise<Outcome<Preview>> {
  const sku = "id" in input.sku ? await scope.read.catalog.sku(input.sku.id) : input.sku
  if (sku === null) return err(missing("sku_id", "SKU"))
  const { currency, terms } = sku
  const usage = usageOf({ terms }, input)
  if (!usage.ok) return usage
  const { modifiers = NO_MODIFIER_TERMS } = terms
  const pricing = pricingOf({ ...terms, modifiers: { ...modifiers, discountBps: input.discountBps } })
  return ok({ currency, terms, usage: usage.value, rated: rate(pricing, usage.value) })
}

function usageOf(sku: Pick<RatedSku, "terms">, input: PreviewInput): Outcome<UsageTotal> {
  const { quantity, groups, events, eventCount } = input
  const { price } = sku.terms
  const given = [quantity, groups, events].filter((one) => one !== undefined).length
  if (given > 1) {
    const path = events === undefined ? "groups" : "events"
    return err(invalid(path, "Give one of quantity, groups and events."))
  }
  if (eventCount !== undefined && (price.model !== "Percentage" || quantity === undefined)) {
    return err(invalid("event_count", "It stands beside the quantity of a Percentage, and nowhere else."))
  }
  if (events !== undefined) return usageOfGivenEvents(sku, events)
  if (groups !== undefined) return usageOfGroups(sku.terms, groups)
  if (price.model === "Matrix") {
    return err(invalid("groups", "A Matrix has a price for each combination: give groups, or events."))
  }
  if (quantity !== undefined) {
    return price.model === "Percentage" ? moved(sku.terms, decimalOf(quantity), eventCount) : plain(quantity)
  }
  if (price.model === "Flat") return ok(usageOfQuantity(ONE))
  return err(invalid("quantity", "Give the quantity to price, or the events that make it up."))
}

function plain(quantity: string): Outcome<UsageTotal> {
  return ok(usageOfQuantity(decimalOf(quantity)))
}

/** An amount that was moved, by one event unless it is said by how many; no amount by none. */
function moved({ price }: SkuTerms, value: Decimal, eventCount: number | undefined): Outcome<UsageTotal> {
  const events = eventCount ?? (isZero(value) ? 0 : 1)
  if (events === 0 && !isZero(value)) {
    return err(invalid("event_count", "An amount is moved by at least one event."))
  }
  const total = { value, events, groups: [] }
  const fee = eventFeeOf(price)
  if (fee === null) return ok(total)
  if (events > 1) {
    const message = "With a minimum or maximum per event it matters what each one moved: give the events."
    return err(invalid("event_count", message))
  }
  return ok({ ...total, fees: events === 0 ? ZERO : feeRule(fee)(value) })
}

function usageOfGroups({ price }: SkuTerms, groups: readonly PreviewGroup[]): Outcome<UsageTotal> {
  if (price.model !== "Matrix") return err(invalid("groups", "Only a Matrix has prices by group."))
  const found = new Map<string, UsageTotal["groups"][number]>()
  for (const [index, { values, quantity }] of groups.entries()) {
    const path = `groups.${index}.values`
    const combination = combinationOf(price, values)
    if (combination === null) {
      const message = `Give a value, or null, of each of ${price.dimensions.join(", ")}, and of nothing else.`
      return err(invalid(path, message))
    }
    const name = JSON.stringify(combination)
    if (found.has(name)) return err(invalid(path, "This combination is there twice."))
    found.set(name, { values: combination, value: decimalOf(quantity), events: 0 })
  }
  const all = [...found.values()]
  return ok({ value: all.map(({ value }) => value).reduce(add, ZERO), events: 0, groups: all })
}

function combinationOf({ dimensions }: MatrixTerms, values: PreviewGroup["values"]) {
  const names = Object.keys(values)
  if (names.length !== dimensions.length || !dimensions.every((name) => names.includes(name))) return null
  return dimensions.map((name) => values[name] ?? null)
}

function usageOfGivenEvents(
  sku: Pick<RatedSku, "terms">,
  events: readonly Properties[],
): Outcome<UsageTotal> {
  const { meter } = sku.terms
  if (meter === null) return err(invalid("events", "The SKU has no meter that could count events."))
  if (needsTime(meter)) {
    const message = "What this meter comes to depends on when events happen. Give the quantity."
    return err(invalid("events", message))
  }
  const definition = meterOfSku(sku)
  assert(definition !== null, "a SKU with a meter has its definition")
  const usage = usageOfEvents(definition, events)
  if (!usage.ok) return err(invalidFields([usage.error]))
  // As on an invoice: a total below zero is priced as none.
  return ok({ ...usage.value, value: max(usage.value.value, ZERO) })
}

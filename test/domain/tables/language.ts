// A small language for worked examples of prices, read by people first. README.md says how it goes.

import { decimalOf, formatDecimal, multiply, type Decimal } from "../../../src/domain/decimal.ts"
import type { FilterValue } from "../../../src/domain/meter-fields.ts"
import { ratio, ratioOfDecimal, type Ratio } from "../../../src/domain/ratio.ts"
import type { SkuFields } from "../../../src/domain/sku-fields.ts"

export type Given =
  | { readonly kind: "Quantity"; readonly quantity: Decimal; readonly events: number }
  | { readonly kind: "Events"; readonly events: readonly Readonly<Record<string, FilterValue>>[] }
  | { readonly kind: "Groups"; readonly groups: readonly (readonly [readonly string[], Decimal])[] }

export type Case = {
  readonly place: string
  readonly line: string
  readonly currency: string
  readonly sku: SkuFields
  /** Of a subscription's own, in basis points. */
  readonly discountBps: number
  readonly expected:
    | { readonly kind: "Refused"; readonly path: string }
    | { readonly kind: "Amount"; readonly given: Given; readonly exact: Ratio; readonly rounded: Ratio }
}

type Price = Pick<Case, "currency" | "sku" | "discountBps">

/** Every case of a table. A line that isn't understood is an error: a case that nobody reads proves nothing. */
export function casesOf(text: string, file: string): Case[] {
  const cases: Case[] = []
  let price: Price | null = null
  for (const [index, full] of text.split("\n").entries()) {
    const line = full.replace(/#.*$/, "").trimEnd()
    if (line.trim() === "") continue
    const place = `${file}:${index + 1}`
    if (!line.startsWith(" ")) price = priceOf(line, place)
    else if (price === null) throw new Error(`${place}: a case stands below its price`)
    else cases.push({ place, line: line.trim(), ...price, expected: expectedOf(line.trim(), price, place) })
  }
  return cases
}

function priceOf(line: string, place: string): Price {
  const [head = "", ...modifiers] = line.split("|").map((part) => part.trim())
  const match = /^([A-Z]{3}) (\w+) (.+)$/.exec(head)
  if (match === null) throw new Error(`${place}: expected a currency, a model and its price`)
  const [, currency = "", model = "", terms = ""] = match
  const read = MODELS[model]
  if (read === undefined) throw new Error(`${place}: there is no model ${model}`)
  let sku: SkuFields = read(terms)
  let discountBps = 0
  for (const modifier of modifiers) {
    const off = /^off (\d+) bps$/.exec(modifier)
    if (off === null) sku = { ...sku, ...modifierOf(modifier, place) }
    else discountBps = JSON.parse(off[1] ?? "")
  }
  return { currency, sku, discountBps }
}

const COUNTED = { meter_event_type: "use" } as const

const MODELS: Readonly<Record<string, (terms: string) => SkuFields>> = {
  Flat: (terms) => ({ pricing_model: "Flat", unit_amount_nanos: nanosOf(terms) }),
  PerUnit: (terms) => ({ pricing_model: "PerUnit", ...COUNTED, unit_amount_nanos: nanosOf(terms) }),
  Graduated: (terms) => ({ pricing_model: "Graduated", ...COUNTED, tiers: tiersOf(terms) }),
  Volume: (terms) => ({ pricing_model: "Volume", ...COUNTED, tiers: tiersOf(terms) }),
  Package: (terms) => {
    const [unit, size] = parts(terms, /^(\S+) per (\S+)$/)
    return { pricing_model: "Package", ...COUNTED, unit_amount_nanos: nanosOf(unit), package_size: size }
  },
  Committed: (terms) => {
    const [amount, how, covered, overage] = parts(terms, /^(\S+) (for|at) (\S+) then (\S+)$/)
    return {
      pricing_model: "Committed",
      ...COUNTED,
      committed_amount_nanos: nanosOf(amount),
      overage_unit_amount_nanos: nanosOf(overage),
      ...(how === "for" ? { committed_quantity: covered } : { unit_amount_nanos: nanosOf(covered) }),
    }
  },
  Percentage: (terms) => {
    const [rate, fixed, least, most] = parts(
      terms,
      /^(\S+) bps(?: \+ (\S+))?(?: least (\S+))?(?: most (\S+))?$/,
    )
    return {
      pricing_model: "Percentage",
      meter_event_type: "payment",
      meter_property: "amount",
      rate_bps: rate,
      ...(fixed === "" ? {} : { fixed_amount_nanos: nanosOf(fixed) }),
      ...(least === "" ? {} : { minimum_per_event_nanos: nanosOf(least) }),
      ...(most === "" ? {} : { maximum_per_event_nanos: nanosOf(most) }),
    }
  },
  Matrix: (terms) => {
    const [names, cells, otherwise] = parts(terms, /^\(([^)]*)\) (.+); else (\S+)$/)
    const dimensions = listOf(names)
    return {
      pricing_model: "Matrix",
      meter_event_type: "use",
      meter_property: "amount",
      group_by: dimensions,
      matrix: cells.split(";").map((cell) => {
        const [values, unit] = parts(cell.trim(), /^(.+) = (\S+)$/)
        const entries = listOf(values).map((value, at) => [dimensions[at] ?? `beyond-${at}`, value])
        return { values: Object.fromEntries(entries), unit_amount_nanos: nanosOf(unit) }
      }),
      default_unit_amount_nanos: nanosOf(otherwise),
    }
  },
}

function tiersOf(terms: string) {
  return terms.split(";").map((tier) => {
    const [upTo, unit, flat] = parts(tier.trim(), /^(\S+): (\S+)(?: \+ (\S+))?$/)
    return {
      up_to: upTo === "rest" ? null : upTo,
      unit_amount_nanos: nanosOf(unit),
      ...(flat === "" ? {} : { flat_amount_nanos: nanosOf(flat) }),
    }
  })
}

function modifierOf(text: string, place: string): Partial<SkuFields> {
  const divide = /^divide (\S+) (Up|Down|None)$/.exec(text)
  const [, by = "", round] = divide ?? []
  if (round === "Up" || round === "Down" || round === "None") {
    return { quantity_transform: { divide_by: by, round } }
  }
  const [, what, value = ""] = /^(free|at least|at most) (\S+)$/.exec(text) ?? []
  if (what === "free") return { included_quantity: value }
  if (what === "at least") return { minimum_amount_nanos: nanosOf(value) }
  if (what === "at most") return { maximum_amount_nanos: nanosOf(value) }
  throw new Error(`${place}: there is no modifier ${text}`)
}

function expectedOf(line: string, { sku }: Price, place: string): Case["expected"] {
  const refused = /^refused (\S+)$/.exec(line)
  if (refused !== null) return { kind: "Refused", path: refused[1] ?? "" }
  const match = /^(.+?) -> (\S+)(?: ~ (\S+))?$/.exec(line)
  if (match === null) throw new Error(`${place}: expected "usage -> amount" or "refused path"`)
  const [, given = "", exact = "", rounded = exact] = match
  return { kind: "Amount", given: givenOf(given, sku), exact: amountOf(exact), rounded: amountOf(rounded) }
}

function givenOf(text: string, sku: SkuFields): Given {
  if (text.startsWith("[")) {
    const amounts = listOf(text.slice(1, -1))
    return { kind: "Events", events: amounts.map((amount) => ({ amount })) }
  }
  if (sku.pricing_model === "Matrix") {
    const groups = text === "nothing" ? [] : text.split(";")
    return {
      kind: "Groups",
      groups: groups.map((group) => {
        const [values, quantity] = parts(group.trim(), /^(.+): (\S+)$/)
        return [listOf(values), decimalOf(quantity)]
      }),
    }
  }
  const [quantity, events] = parts(text, /^(\S+)(?: in (\d+))?$/)
  return { kind: "Quantity", quantity: decimalOf(quantity), events: events === "" ? 0 : JSON.parse(events) }
}

/** A decimal, or a fraction of two, of the main unit. */
function amountOf(text: string): Ratio {
  const [above = "", below = "1"] = text.split("/")
  const [num, den] = [decimalOf(above), decimalOf(below)]
  const { num: a, den: b } = ratioOfDecimal(num)
  const { num: c, den: d } = ratioOfDecimal(den)
  return ratio(a * d * 10n ** 12n, b * c)
}

function nanosOf(text: string): string {
  return formatDecimal(multiply(decimalOf(text), decimalOf("1000000000000")))
}

function listOf(text: string): string[] {
  return text
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "")
}

/** What the groups of a pattern hold, empty where they hold nothing. */
function parts(text: string, pattern: RegExp): [string, string, string, string] {
  const match = pattern.exec(text)
  if (match === null) throw new Error(`not understood: ${text}`)
  return [match[1] ?? "", match[2] ?? "", match[3] ?? "", match[4] ?? ""]
}

// The price of a SKU as flat fields, under the names that the API gives them, to terms and back.
// Law: a model takes exactly its own fields. A field that no price looks at is refused, never ignored.

import { assert } from "./assert.ts"
import type { FieldFault, PriceTerms, TierTerms } from "./catalog.ts"
import type { MatrixFields } from "./matrix-fields.ts"
import { matrixFieldsOf, matrixFrom } from "./matrix-fields.ts"
import { pricingModelOf } from "./price-terms.ts"
import { checkTiers } from "./pricing/tiers.ts"

export type TierFields = {
  /** Inclusive and cumulative, decimal text; null or left out is "everything above". */
  readonly up_to?: string | null | undefined
  /** May be left out beside a flat amount. */
  readonly unit_amount_nanos?: string | undefined
  readonly flat_amount_nanos?: string | undefined
}

/** Null says "none" where a model can do without the field. */
export type PriceFields = MatrixFields & {
  readonly unit_amount_nanos?: string | undefined
  readonly tiers?: readonly TierFields[] | undefined
  readonly package_size?: string | undefined
  readonly committed_amount_nanos?: string | undefined
  readonly committed_quantity?: string | undefined
  readonly overage_unit_amount_nanos?: string | undefined
  /** Decimal text. */
  readonly rate_bps?: string | undefined
  readonly fixed_amount_nanos?: string | null | undefined
  readonly minimum_per_event_nanos?: string | null | undefined
  readonly maximum_per_event_nanos?: string | null | undefined
}

export type Model = PriceTerms["model"]
export type ModelFields = PriceFields & { readonly pricing_model: Model }

const PRICE_FIELDS = [
  "unit_amount_nanos",
  "tiers",
  "package_size",
  "committed_amount_nanos",
  "committed_quantity",
  "overage_unit_amount_nanos",
  "rate_bps",
  "fixed_amount_nanos",
  "minimum_per_event_nanos",
  "maximum_per_event_nanos",
  "matrix",
  "default_unit_amount_nanos",
] as const

type PriceField = (typeof PRICE_FIELDS)[number]

const TAKES: Readonly<Record<Model, { needs: readonly PriceField[]; may: readonly PriceField[] }>> = {
  Flat: { needs: ["unit_amount_nanos"], may: [] },
  PerUnit: { needs: ["unit_amount_nanos"], may: [] },
  Graduated: { needs: ["tiers"], may: [] },
  Volume: { needs: ["tiers"], may: [] },
  Package: { needs: ["unit_amount_nanos", "package_size"], may: [] },
  Committed: {
    needs: ["committed_amount_nanos", "overage_unit_amount_nanos"],
    may: ["committed_quantity", "unit_amount_nanos"],
  },
  Percentage: {
    needs: ["rate_bps"],
    may: ["fixed_amount_nanos", "minimum_per_event_nanos", "maximum_per_event_nanos"],
  },
  Matrix: { needs: ["matrix", "default_unit_amount_nanos"], may: [] },
}

export function priceFaults(fields: ModelFields): FieldFault[] {
  const model = fields.pricing_model
  const { needs, may } = TAKES[model]
  const faults: FieldFault[] = []
  for (const path of PRICE_FIELDS) {
    const given = (fields[path] ?? null) !== null
    if (given && !needs.includes(path) && !may.includes(path)) {
      faults.push({ path, message: `${model} does not take it; it takes ${[...needs, ...may].join(", ")}.` })
    }
    if (!given && needs.includes(path)) faults.push({ path, message: `${model} needs it.` })
  }
  if (model === "Committed") faults.push(...commitmentFaults(fields))
  if (model === "Percentage") faults.push(...eventBoundFaults(fields))
  for (const [index, tier] of (fields.tiers ?? []).entries()) {
    if (tier.unit_amount_nanos !== undefined || tier.flat_amount_nanos !== undefined) continue
    faults.push({
      path: `tiers.${index}.unit_amount_nanos`,
      message: "A tier has a price, per unit or flat.",
    })
  }
  return faults
}

/** How much a commitment covers is said in one way. */
function commitmentFaults(fields: PriceFields): FieldFault[] {
  const { committed_quantity: quantity, unit_amount_nanos: unitAmount } = fields
  if (quantity === undefined && unitAmount === undefined) {
    const message =
      "Committed needs committed_quantity, or unit_amount_nanos to divide committed_amount_nanos by."
    return [{ path: "committed_quantity", message }]
  }
  if (quantity !== undefined && unitAmount !== undefined) {
    const message =
      "Give committed_quantity or unit_amount_nanos: one of them says how much the commitment covers."
    return [{ path: "unit_amount_nanos", message }]
  }
  if (unitAmount === undefined || BigInt(unitAmount) > 0n) return []
  return [
    { path: "unit_amount_nanos", message: "Must be above zero: committed_amount_nanos is divided by it." },
  ]
}

function eventBoundFaults(fields: PriceFields): FieldFault[] {
  const { minimum_per_event_nanos: least, maximum_per_event_nanos: most } = fields
  if (typeof least !== "string" || typeof most !== "string" || BigInt(least) <= BigInt(most)) return []
  const message = `Must be at least minimum_per_event_nanos, which is ${least}.`
  return [{ path: "maximum_per_event_nanos", message }]
}

/** What is wrong with tiers that are there. Called once no field is missing and none is too many. */
export function tierFaults(price: PriceTerms): FieldFault[] {
  const model = pricingModelOf(price)
  if (model.model !== "Graduated" && model.model !== "Volume") return []
  const checked = checkTiers(model.tiers)
  return checked.ok ? [] : [checked.error]
}

/** Called once no field is missing and none is too many. */
export function priceFrom(fields: ModelFields): PriceTerms {
  const model = fields.pricing_model
  switch (model) {
    case "Flat":
    case "PerUnit":
      return { model, unitAmountNanos: given(fields.unit_amount_nanos) }
    case "Graduated":
    case "Volume":
      return { model, tiers: given(fields.tiers).map(tierFrom) }
    case "Package":
      return {
        model,
        unitAmountNanos: given(fields.unit_amount_nanos),
        packageSize: given(fields.package_size),
      }
    case "Committed":
      return {
        model,
        committedAmountNanos: given(fields.committed_amount_nanos),
        committedQuantity: fields.committed_quantity ?? null,
        unitAmountNanos: fields.unit_amount_nanos ?? null,
        overageUnitAmountNanos: given(fields.overage_unit_amount_nanos),
      }
    case "Percentage":
      return {
        model,
        rateBps: given(fields.rate_bps),
        fixedAmountNanos: fields.fixed_amount_nanos ?? "0",
        minimumPerEventNanos: fields.minimum_per_event_nanos ?? null,
        maximumPerEventNanos: fields.maximum_per_event_nanos ?? null,
      }
    case "Matrix":
      return matrixFrom(fields)
  }
}

function tierFrom({ up_to: upTo = null, ...amounts }: TierFields) {
  const { unit_amount_nanos: unitAmountNanos = "0", flat_amount_nanos: flatAmountNanos = "0" } = amounts
  return { upTo, unitAmountNanos, flatAmountNanos }
}

function given<T>(value: T | undefined): T {
  assert(value !== undefined, "a model has the fields that it needs")
  return value
}

/** Those that there are, none of them null. */
type ShownPriceFields = { readonly [K in keyof PriceFields]?: NonNullable<PriceFields[K]> }

export function priceFieldsOf(price: PriceTerms): ShownPriceFields {
  switch (price.model) {
    case "Flat":
    case "PerUnit":
      return { unit_amount_nanos: price.unitAmountNanos }
    case "Graduated":
    case "Volume":
      return { tiers: price.tiers.map(tierFieldsOf) }
    case "Package":
      return { unit_amount_nanos: price.unitAmountNanos, package_size: price.packageSize }
    case "Committed":
      return {
        committed_amount_nanos: price.committedAmountNanos,
        overage_unit_amount_nanos: price.overageUnitAmountNanos,
        ...(price.committedQuantity === null ? {} : { committed_quantity: price.committedQuantity }),
        ...(price.unitAmountNanos === null ? {} : { unit_amount_nanos: price.unitAmountNanos }),
      }
    case "Percentage":
      return {
        rate_bps: price.rateBps,
        fixed_amount_nanos: price.fixedAmountNanos,
        ...(price.minimumPerEventNanos === null
          ? {}
          : { minimum_per_event_nanos: price.minimumPerEventNanos }),
        ...(price.maximumPerEventNanos === null
          ? {}
          : { maximum_per_event_nanos: price.maximumPerEventNanos }),
      }
    case "Matrix":
      return matrixFieldsOf(price)
  }
}

function tierFieldsOf(tier: TierTerms) {
  return {
    up_to: tier.upTo,
    unit_amount_nanos: tier.unitAmountNanos,
    flat_amount_nanos: tier.flatAmountNanos,
  }
}

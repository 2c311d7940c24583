// A SKU's terms as flat fields, under the names that the API gives them, so that a fault can name its place.
// Law: a model takes exactly its own fields. A field that no price looks at is refused, never ignored.

import { assert } from "./assert.ts"
import type { BillingTiming, FieldFault, PriceTerms, SkuTerms } from "./catalog.ts"
import { pricingModelOf } from "./catalog.ts"
import type { MeterFields } from "./meter-fields.ts"
import { meterFaults, meterFrom } from "./meter-fields.ts"
import type { ModifierFields } from "./modifier-fields.ts"
import { modifierFaults, modifiersFrom } from "./modifier-fields.ts"
import { checkTiers } from "./pricing/tiers.ts"
import type { Result } from "./result.ts"
import { err, ok } from "./result.ts"

export type TierFields = {
  /** Inclusive and cumulative, decimal text; null is "everything above". */
  readonly up_to: string | null
  readonly unit_amount_nanos: string
  readonly flat_amount_nanos?: string | undefined
}

export type PriceFields = {
  readonly unit_amount_nanos?: string | undefined
  readonly tiers?: readonly TierFields[] | undefined
  readonly package_size?: string | undefined
  readonly committed_amount_nanos?: string | undefined
  readonly committed_quantity?: string | undefined
  readonly overage_unit_amount_nanos?: string | undefined
}

type Model = PriceTerms["model"]

export type SkuFields = PriceFields &
  ModifierFields &
  MeterFields & { readonly pricing_model: Model; readonly billing_timing?: BillingTiming | undefined }

const PRICE_FIELDS = [
  "unit_amount_nanos",
  "tiers",
  "package_size",
  "committed_amount_nanos",
  "committed_quantity",
  "overage_unit_amount_nanos",
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
}

/** The terms that the fields say, or every fault among them. */
export function skuTermsFrom(fields: SkuFields): Result<SkuTerms, readonly FieldFault[]> {
  const faults: FieldFault[] = [
    ...priceFaults(fields),
    ...modifierFaults(fields),
    ...meterFaults(fields),
    ...meteredFaults(fields),
  ]
  if (faults.length > 0) return err(faults)
  const modifiers = modifiersFrom(fields)
  const terms: SkuTerms = {
    price: priceFrom(fields),
    billingTiming: fields.billing_timing ?? "InArrears",
    meter: meterFrom(fields),
    ...(modifiers === null ? {} : { modifiers }),
  }
  const model = pricingModelOf(terms.price)
  if (model.model !== "Graduated" && model.model !== "Volume") return ok(terms)
  const checked = checkTiers(model.tiers)
  return checked.ok ? ok(terms) : err([checked.error])
}

function priceFaults(fields: SkuFields): FieldFault[] {
  const model = fields.pricing_model
  const { needs, may } = TAKES[model]
  const faults: FieldFault[] = []
  for (const path of PRICE_FIELDS) {
    const given = fields[path] !== undefined
    if (given && !needs.includes(path) && !may.includes(path)) {
      faults.push({ path, message: `${model} does not take it; it takes ${[...needs, ...may].join(", ")}.` })
    }
    if (!given && needs.includes(path)) faults.push({ path, message: `${model} needs it.` })
  }
  return model === "Committed" ? [...faults, ...commitmentFaults(fields)] : faults
}

/** How much a commitment covers is said in one way. */
function commitmentFaults(fields: SkuFields): FieldFault[] {
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

/** Where the meter and the price meet. */
function meteredFaults(fields: SkuFields): FieldFault[] {
  const isMetered = (fields.meter_event_type ?? null) !== null
  if (!isMetered) {
    if (fields.pricing_model !== "Committed") return []
    return [{ path: "meter_event_type", message: "Committed prices usage and needs a meter." }]
  }
  const faults: FieldFault[] = []
  if (fields.pricing_model === "Flat") {
    faults.push({ path: "meter_event_type", message: "Flat is a fee per period and takes no meter." })
  }
  if (fields.billing_timing === "InAdvance") {
    const message = "What is metered is known afterwards: it is billed InArrears."
    faults.push({ path: "billing_timing", message })
  }
  return faults
}

/** Called once no field is missing and none is too many. */
function priceFrom(fields: SkuFields): PriceTerms {
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
  }
}

function tierFrom(tier: TierFields) {
  const { up_to: upTo, unit_amount_nanos: unitAmountNanos, flat_amount_nanos: flatAmountNanos = "0" } = tier
  return { upTo, unitAmountNanos, flatAmountNanos }
}

function given<T>(value: T | undefined): T {
  assert(value !== undefined, "a model has the fields that it needs")
  return value
}

// The modifiers of a price as flat fields of a SKU, under the names that the API gives them, to terms and back.
// Law: a modifier that could not matter, or contradicts what else is asked for, is refused when the SKU is made.

import type { FieldFault, ModifierTerms } from "./catalog.ts"
import type { QuantityRounding } from "./pricing/pipeline.ts"

export type QuantityTransformFields = {
  /** Decimal text, above zero. */
  readonly divide_by: string
  readonly round?: QuantityRounding | undefined
}

/** Null says "none", in a change too, where what is not given stays. */
export type ModifierFields = {
  readonly quantity_transform?: QuantityTransformFields | null | undefined
  readonly included_quantity?: string | null | undefined
  readonly minimum_amount_nanos?: string | null | undefined
  readonly maximum_amount_nanos?: string | null | undefined
}

const MODIFIER_FIELDS = [
  "quantity_transform",
  "included_quantity",
  "minimum_amount_nanos",
  "maximum_amount_nanos",
] as const

type Bounded = ModifierFields & {
  readonly pricing_model: string
  readonly committed_amount_nanos?: string | undefined
  readonly minimum_per_event_nanos?: string | null | undefined
  readonly maximum_per_event_nanos?: string | null | undefined
}

export function modifierFaults(fields: Bounded): FieldFault[] {
  if (fields.pricing_model === "Flat") return flatFaults(fields)
  return [...quantityFaults(fields), ...boundFaults(fields)]
}

function boundFaults(fields: Bounded): FieldFault[] {
  const maximum = fields.maximum_amount_nanos ?? null
  if (maximum === null) return []
  // A commitment is a minimum by another name: both are paid in any case.
  for (const floor of ["minimum_amount_nanos", "committed_amount_nanos"] as const) {
    const least = fields[floor] ?? null
    if (least !== null && BigInt(least) > BigInt(maximum)) {
      return [{ path: "maximum_amount_nanos", message: `Must be at least ${floor}, which is ${least}.` }]
    }
  }
  return []
}

/** Where a price is not one of the whole quantity, what changes the quantity has no meaning, or several. */
function quantityFaults(fields: Bounded): FieldFault[] {
  const { pricing_model: model, quantity_transform: transform, included_quantity: included } = fields
  const hasTransform = (transform ?? null) !== null
  const hasIncluded = (included ?? null) !== null
  const faults: FieldFault[] = []
  if (model === "Matrix") {
    if (hasIncluded) {
      const message = "Matrix does not take it: it would not be said whose units are the free ones."
      faults.push({ path: "included_quantity", message })
    }
    if (hasTransform && (transform?.round ?? "None") !== "None") {
      const message =
        "Matrix takes None: each combination has its own total, and rounding them would round a part."
      faults.push({ path: "quantity_transform.round", message })
    }
  }
  const perEvent = [fields.minimum_per_event_nanos, fields.maximum_per_event_nanos]
  if (model === "Percentage" && perEvent.some((bound) => (bound ?? null) !== null)) {
    const message =
      "Not beside a minimum or maximum per event: then each event has its own fee, and they are added up."
    if (hasTransform) faults.push({ path: "quantity_transform", message })
    if (hasIncluded) faults.push({ path: "included_quantity", message })
  }
  return faults
}

/** A flat fee has no quantity to change, and a bound on one fixed amount is either without effect or another amount. */
function flatFaults(fields: ModifierFields): FieldFault[] {
  return MODIFIER_FIELDS.filter((path) => (fields[path] ?? null) !== null).map((path) => ({
    path,
    message: "Flat does not take it: it has no quantity, and its amount is always the same.",
  }))
}

/** Null where there are none: terms without modifiers are stored without them. */
export function modifiersFrom(fields: ModifierFields): ModifierTerms | null {
  if (MODIFIER_FIELDS.every((field) => (fields[field] ?? null) === null)) return null
  const transform = fields.quantity_transform ?? null
  return {
    quantityTransform:
      transform === null ? null : { divideBy: transform.divide_by, round: transform.round ?? "None" },
    includedQuantity: fields.included_quantity ?? null,
    minimumAmountNanos: fields.minimum_amount_nanos ?? null,
    maximumAmountNanos: fields.maximum_amount_nanos ?? null,
  }
}

/** Those that there are. */
export function modifierFieldsOf(terms: ModifierTerms | undefined) {
  if (terms === undefined) return {}
  const { quantityTransform: transform, includedQuantity, minimumAmountNanos, maximumAmountNanos } = terms
  return {
    ...(transform === null
      ? {}
      : { quantity_transform: { divide_by: transform.divideBy, round: transform.round } }),
    ...(includedQuantity === null ? {} : { included_quantity: includedQuantity }),
    ...(minimumAmountNanos === null ? {} : { minimum_amount_nanos: minimumAmountNanos }),
    ...(maximumAmountNanos === null ? {} : { maximum_amount_nanos: maximumAmountNanos }),
  }
}

export function changedModifiers(current: ModifierFields, changes: ModifierFields): ModifierFields {
  return {
    quantity_transform: changed(current.quantity_transform, changes.quantity_transform),
    included_quantity: changed(current.included_quantity, changes.included_quantity),
    minimum_amount_nanos: changed(current.minimum_amount_nanos, changes.minimum_amount_nanos),
    maximum_amount_nanos: changed(current.maximum_amount_nanos, changes.maximum_amount_nanos),
  }
}

function changed<T>(current: T, change: T): T {
  return change === undefined ? current : change
}

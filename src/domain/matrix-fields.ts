// The combinations of a Matrix as fields of the API, to terms and back.
// Law: each combination is said once, and has a value of every property that the meter groups by, and of no other.

import { assert } from "./assert.ts"
import type { FieldFault } from "./catalog.ts"
import type { MatrixTerms } from "./price-terms.ts"
import { byCodeUnits } from "./terms.ts"

export type MatrixCellFields = {
  /** By property, as text; null: events without it. */
  readonly values: Readonly<Record<string, string | null>>
  readonly unit_amount_nanos: string
}

export type MatrixFields = {
  readonly matrix?: readonly MatrixCellFields[] | undefined
  readonly default_unit_amount_nanos?: string | undefined
}

/** `groupBy` is null where there is no meter: then the first combination says what the others consist of. */
export function matrixFaults({ matrix }: MatrixFields, groupBy: readonly string[] | null): FieldFault[] {
  const [first] = matrix ?? []
  if (matrix === undefined) return []
  if (first === undefined) return [{ path: "matrix", message: "At least one combination is needed." }]
  if (groupBy?.length === 0) {
    return [{ path: "group_by", message: "Matrix needs the properties that its combinations are made of." }]
  }
  const dimensions = (groupBy ?? Object.keys(first.values)).toSorted(byCodeUnits)
  if (dimensions.length === 0) {
    return [{ path: "matrix.0.values", message: "A combination has at least one value." }]
  }
  const faults: FieldFault[] = []
  const seen = new Map<string, number>()
  for (const [index, { values }] of matrix.entries()) {
    const path = `matrix.${index}.values`
    faults.push(...valueFaults(values, dimensions, path))
    const name = JSON.stringify(valuesIn(values, dimensions))
    const before = seen.get(name)
    if (before !== undefined) faults.push({ path, message: `The same combination as matrix.${before}.` })
    else seen.set(name, index)
  }
  return faults
}

function valueFaults(
  values: MatrixCellFields["values"],
  dimensions: readonly string[],
  path: string,
): FieldFault[] {
  const unknown = Object.keys(values).filter((name) => !dimensions.includes(name))
  const missing = dimensions.filter((name) => !Object.hasOwn(values, name))
  return [
    ...unknown.map((name) => ({
      path: `${path}.${name}`,
      message: `It is none of the properties of a combination, which are ${dimensions.join(", ")}.`,
    })),
    ...missing.map((name) => ({
      path: `${path}.${name}`,
      message: "Needs a value; null is for events without the property.",
    })),
  ]
}

/** What is missing stands as "missing" only while there are faults. */
function valuesIn(values: MatrixCellFields["values"], dimensions: readonly string[]): (string | null)[] {
  return dimensions.map((name) => (Object.hasOwn(values, name) ? (values[name] ?? null) : null))
}

/** Called once there are no faults. */
export function matrixFrom(fields: MatrixFields): MatrixTerms {
  const { matrix = [], default_unit_amount_nanos: defaultUnitAmountNanos } = fields
  const [first] = matrix
  assert(first !== undefined && defaultUnitAmountNanos !== undefined, "a matrix has what it needs")
  const dimensions = Object.keys(first.values).toSorted(byCodeUnits)
  return {
    model: "Matrix",
    dimensions,
    cells: matrix.map(({ values, unit_amount_nanos: unitAmountNanos }) => ({
      values: valuesIn(values, dimensions),
      unitAmountNanos,
    })),
    defaultUnitAmountNanos,
  }
}

export function matrixFieldsOf({ dimensions, cells, defaultUnitAmountNanos }: MatrixTerms) {
  return {
    matrix: cells.map(({ values, unitAmountNanos }) => ({
      values: Object.fromEntries(dimensions.map((name, at) => [name, values[at] ?? null])),
      unit_amount_nanos: unitAmountNanos,
    })),
    default_unit_amount_nanos: defaultUnitAmountNanos,
  }
}

// Items and adjustments of an invoice: parameters with a number behind their name, such as `item_name1` and `adjustment_amount1`.
// The original's documentation wrote `adjustments_`, its server read `adjustment_`: both are taken.

import type { InvoiceDetails } from "../domain/invoice.ts"
import { limits } from "../limits.ts"
import { invalidForm, readInteger, REQUIRED } from "./form.ts"
import type { Params } from "./params.ts"

type Field = { readonly name: string; readonly is: "text" | "number" | "either"; readonly max: number }
type Detail = InvoiceDetails["items"][number]

const LONGEST = 128

const ITEM: readonly Field[] = [
  { name: "name", is: "text", max: LONGEST },
  { name: "amount", is: "number", max: LONGEST },
  { name: "type", is: "text", max: LONGEST },
  { name: "quantity", is: "either", max: LONGEST },
  { name: "volume", is: "either", max: LONGEST },
  { name: "unit", is: "text", max: 64 },
]
const ADJUSTMENT: readonly Field[] = [
  { name: "amount", is: "number", max: LONGEST },
  { name: "reason", is: "text", max: LONGEST },
]

export function readItems(params: Params): readonly Detail[] {
  return numbered(params, "items?", ITEM, ["name", "amount"])
}

export function readAdjustments(params: Params): readonly Detail[] {
  return numbered(params, "adjustments?", ADJUSTMENT, ["amount"])
}

/** In the order of their numbers, of which any will do. */
function numbered(
  params: Params,
  prefix: string,
  fields: readonly Field[],
  required: readonly string[],
): readonly Detail[] {
  const names = fields.map(({ name }) => name).join("|")
  const shape = new RegExp(`^${prefix}_(${names})([+-]?\\d{1,15})$`)
  const found = new Map<number, Map<string, string>>()
  for (const [key, value] of params) {
    const [, name, place] = shape.exec(key) ?? []
    if (name === undefined || place === undefined) continue
    const at = Number(place)
    const before = found.get(at) ?? new Map<string, string>()
    found.set(at, before.has(name) ? before : before.set(name, value))
  }
  if (found.size > limits.invoiceLines) throw fault(fields, `At most ${limits.invoiceLines} are possible.`)
  const sorted = [...found].toSorted(([a], [b]) => a - b)
  return sorted.map(([, values]) => detailOf(values, fields, required))
}

function detailOf(
  values: ReadonlyMap<string, string>,
  fields: readonly Field[],
  required: readonly string[],
): Detail {
  const entries = fields.map((field) => {
    const sent = values.get(field.name) ?? ""
    if (sent === "" && required.includes(field.name)) throw fault([field], REQUIRED)
    return [field.name, sent === "" ? null : valueOf(field, sent)] as const
  })
  return Object.fromEntries(entries)
}

function valueOf(field: Field, sent: string): string | number {
  if (Array.from(sent).length > field.max)
    throw fault([field], `Field cannot be longer than ${field.max} characters.`)
  if (field.is === "text") return sent
  const number = readInteger(sent)
  const most = BigInt(limits.billyNumber)
  if (number !== null && number <= most && number >= -most) return Number(number)
  if (field.is === "either") return sent
  throw fault([field], "Not a valid integer value")
}

function fault(fields: readonly Field[], message: string): Error {
  return invalidForm([[fields.map(({ name }) => name).join(", "), [message]]])
}

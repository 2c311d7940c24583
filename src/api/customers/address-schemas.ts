// How postal addresses look on the wire.

import { z } from "@hono/zod-openapi"
import type { CustomerRow } from "../../db/rows.ts"
import type { Address } from "../../domain/address.ts"
import { CountryCode, CountryText, Name } from "../shared/fields.ts"

const Part = Name.nullable().optional()

export const AddressInput = z
  .strictObject({
    line1: Part.openapi({ example: "1 Example Street" }),
    line2: Part.openapi({ example: "Floor 3" }),
    city: Part.openapi({ example: "New York City" }),
    postal_code: Part.openapi({ example: "10001" }),
    region: Part.openapi({
      description: "A state, province or region, as your tax rates name it: `NY`.",
      example: "NY",
    }),
    country: CountryCode.nullable().optional().openapi({ type: "string", example: "US" }),
  })
  .superRefine((address, context) => {
    if ((address.region ?? null) === null || (address.country ?? null) !== null) return
    context.addIssue({ code: "custom", path: ["region"], message: "a region needs its country" })
  })
  .openapi("AddressInput", {
    description: "Where it is billed, and so where it is taxed. Given as a whole; null takes it away.",
  })

export const AddressSchema = z
  .object({
    line1: z.string().nullable().openapi({ example: "1 Example Street" }),
    line2: z.string().nullable().openapi({ example: null }),
    city: z.string().nullable().openapi({ example: "New York City" }),
    postal_code: z.string().nullable().openapi({ example: "10001" }),
    region: z.string().nullable().openapi({ example: "NY" }),
    country: CountryText.nullable().openapi({ example: "US" }),
  })
  .openapi("Address")

export function addressFrom(input: z.output<typeof AddressInput> | null): Address | null {
  if (input === null) return null
  return {
    line1: input.line1 ?? null,
    line2: input.line2 ?? null,
    city: input.city ?? null,
    postalCode: input.postal_code ?? null,
    region: input.region ?? null,
    country: input.country ?? null,
  }
}

/** What a change of a customer says of its address: nothing, none, or another one. */
export function addressChange(
  input: z.output<typeof AddressInput> | null | undefined,
): CustomerRow["billingAddress"] | undefined {
  return input === undefined ? undefined : addressFrom(input)
}

// Field types that many schemas share, each with its bound and an example.

import { z } from "@hono/zod-openapi"
import { parseCountry } from "../../domain/country.ts"
import type { Currency } from "../../domain/currency.ts"
import { parseCurrency } from "../../domain/currency.ts"
import type { Decimal } from "../../domain/decimal.ts"
import { formatDecimal, isNegative, isZero, parseDecimal } from "../../domain/decimal.ts"
import type { Instant } from "../../domain/time.ts"
import { formatInstant, parseInstant } from "../../domain/time.ts"
import { limits } from "../../limits.ts"
import { isUuid } from "../../runtime/ids.ts"

/** An id of ours in a body or query. */
export const Id = (what: string) =>
  z
    .string()
    .refine(isUuid, { error: `expected the id of a ${what}: a UUID in lower case` })
    .openapi({ format: "uuid", example: "01944b1f-0000-7000-8000-000000000001" })

/** A price: a whole, non-negative number at scale 12, as text. 10^24 is a million million units of the currency. */
export const PriceNanos = z
  .string()
  .regex(/^(0|[1-9]\d{0,24})$/, {
    error: "expected a whole, non-negative number at scale 12 of at most 25 digits, as a string",
  })
  .openapi({ description: 'Scale 12: `"1000000000000"` is one unit of the currency.', example: "1000000" })

/** An amount that is none when it is nothing. */
export const PositiveNanos = z.string().regex(/^[1-9]\d{0,24}$/, {
  error: "expected a whole number above zero at scale 12 of at most 25 digits, as a string",
})

/** An amount that we tell. */
export const AmountNanos = z
  .string()
  .openapi({ description: "A whole number at scale 12, as text.", example: "1000000000000" })

/** A decimal from outside as exact text, or null. A JSON number above 2^53 has lost digits before we see it. */
export function exactText(input: string | number, accept: (value: Decimal) => boolean): string | null {
  if (typeof input === "number" && Math.abs(input) > Number.MAX_SAFE_INTEGER) return null
  const parsed = parseDecimal(input)
  return parsed.ok && accept(parsed.value) ? formatDecimal(parsed.value) : null
}

function quantity(message: string, accept: (value: Decimal) => boolean) {
  return z.union([z.string(), z.number()]).transform((input, context) => {
    const text = exactText(input, accept)
    if (text !== null) return text
    context.addIssue({ code: "custom", message })
    return z.NEVER
  })
}

const BOUNDS = "with at most 30 digits before and 18 after the point; above 2^53 as text"

export const Quantity = quantity(
  `expected a decimal, not negative, ${BOUNDS}`,
  (q) => !isNegative(q),
).openapi({
  description: "A decimal, as text or number.",
  example: "25",
})

export const PositiveQuantity = quantity(
  `expected a decimal above zero, ${BOUNDS}`,
  (q) => !isNegative(q) && !isZero(q),
).openapi({ description: "A decimal above zero, as text or number.", example: "1000" })

export const DecimalText = z.string().openapi({ description: "A decimal, as text.", example: "1500" })

export const CurrencyCode = z
  .string()
  .transform((text, context): Currency => {
    const parsed = parseCurrency(text)
    if (parsed.ok) return parsed.value
    context.addIssue({ code: "custom", message: "expected an ISO 4217 code in upper case, such as USD" })
    return z.NEVER
  })
  .openapi({ type: "string", description: "ISO 4217.", example: "USD" })

export const CurrencyText = z.string().openapi({ description: "ISO 4217.", example: "USD" })

export const CountryCode = z
  .string()
  .refine((text) => parseCountry(text).ok, {
    error:
      "expected an ISO 3166-1 alpha-2 code in upper case, such as DE (GB for the United Kingdom, GR for Greece)",
  })
  .openapi({ type: "string", description: "ISO 3166-1 alpha-2.", example: "DE" })

export const CountryText = z.string().openapi({ description: "ISO 3166-1 alpha-2.", example: "DE" })

/** A point in time that we are given. */
export const Timestamp = z
  .string()
  .transform((text, context): Instant => {
    const parsed = parseInstant(text)
    if (parsed.ok && parsed.value < limits.latestTimestampMs) return parsed.value
    context.addIssue({
      code: "custom",
      message:
        "expected an RFC 3339 timestamp with a zone, such as 2026-02-28T12:34:56Z, before the year 3000",
    })
    return z.NEVER
  })
  .openapi({ type: "string", format: "date-time", example: "2026-02-28T12:34:56Z" })

/** A point in time that we tell. */
export const TimestampText = z.string().openapi({ format: "date-time", example: "2026-02-28T00:00:00Z" })

export function timestamp(at: Instant): string
export function timestamp(at: Instant | null): string | null
export function timestamp(at: Instant | null): string | null {
  return at === null ? null : formatInstant(at)
}

export const Name = z.string().trim().min(1).max(limits.nameLength)

export const Text = z.string().max(limits.textLength)

export const ExternalId = z
  .string()
  .min(1)
  .max(limits.externalIdLength)
  .openapi({ description: "Your own id for it; unique per tenant and kind.", example: "crm-4711" })

export const MetadataSchema = z
  .record(z.string().min(1).max(limits.metadataKeyLength), z.string().max(limits.metadataValueLength))
  .refine((metadata) => Object.keys(metadata).length <= limits.metadataKeys, {
    error: `expected at most ${limits.metadataKeys} keys`,
  })
  .openapi({ description: "Yours to fill.", example: { team: "growth" } })

export const Empty = z.strictObject({})

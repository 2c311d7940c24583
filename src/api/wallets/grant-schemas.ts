// Grants and what they may pay, on the wire.

import { z } from "@hono/zod-openapi"
import type { WalletGrantRow } from "../../db/rows.ts"
import type { Currency } from "../../domain/currency.ts"
import type { Minor } from "../../domain/money.ts"
import { formatNanos, minorToNanos } from "../../domain/money.ts"
import type { CreditScope } from "../../domain/wallet.ts"
import { GRANT_KINDS, GRANT_SOURCES } from "../../domain/wallet.ts"
import { limits } from "../../limits.ts"
import { AmountNanos, CurrencyText, Id, timestamp, TimestampText } from "../shared/fields.ts"

export const GrantKindSchema = z.enum(GRANT_KINDS).openapi({
  description: "Paid: the customer has paid for it. Promotional: it was given.",
  example: "Promotional",
})

export const Priority = z.int().min(0).max(limits.walletPriority).openapi({
  description: "The lowest is drawn first.",
  example: 100,
})

const Tag = z.string().trim().min(1).max(limits.nameLength)

/** A scope that is none would pay nothing. */
export const CreditScopeInput = z
  .strictObject({
    sku_ids: z.array(Id("SKU")).max(limits.creditScope).default([]),
    product_tags: z
      .array(Tag)
      .max(limits.creditScope)
      .default([])
      .openapi({ example: ["storage"] }),
  })
  .refine(({ sku_ids: skus, product_tags: tags }) => skus.length + tags.length > 0, {
    error: "expected a SKU or a tag: without a scope it pays everything",
  })
  .openapi({
    description: "It pays only lines of these SKUs, and of products with these tags, with their taxes.",
  })

export const CreditScopeSchema = z
  .object({
    sku_ids: z.array(z.string()).openapi({ example: [] }),
    product_tags: z.array(z.string()).openapi({ example: ["storage"] }),
  })
  .openapi("CreditScope")

export function scopeFrom(input: z.infer<typeof CreditScopeInput>): CreditScope {
  return { skuIds: input.sku_ids, productTags: input.product_tags }
}

export function scopeToApi(scope: CreditScope | null): z.infer<typeof CreditScopeSchema> | null {
  return scope === null ? null : { sku_ids: [...scope.skuIds], product_tags: [...scope.productTags] }
}

export const GrantSchema = z
  .object({
    id: z.string().openapi({ example: "01944b1f-0000-7000-8000-00000000000e" }),
    wallet_id: z.string().openapi({ example: "01944b1f-0000-7000-8000-00000000000d" }),
    kind: GrantKindSchema,
    currency: CurrencyText,
    amount_nanos: AmountNanos.openapi({ description: "What was granted." }),
    remaining_nanos: AmountNanos.openapi({ description: "What is left of it." }),
    priority: Priority,
    scope: CreditScopeSchema.nullable(),
    expires_at: TimestampText.nullable().openapi({ description: "From then on it pays nothing." }),
    source: z.enum(GRANT_SOURCES).openapi({
      description:
        "Cash: money received outside of any payment here. Payment: what came beyond what was due. Invoice: one below zero. Promotion: it was given.",
      example: "Promotion",
    }),
    source_id: z.string().nullable().openapi({ description: "The payment or invoice.", example: null }),
    description: z.string().nullable().openapi({ example: "Welcome credit" }),
    created_at: TimestampText,
  })
  .openapi("CreditGrant")

export function grantToApi(row: WalletGrantRow): z.infer<typeof GrantSchema> {
  return {
    id: row.id,
    wallet_id: row.walletId,
    kind: row.kind,
    currency: row.currency,
    amount_nanos: nanosText(row.amountMinor, row.currency),
    remaining_nanos: nanosText(row.remainingMinor, row.currency),
    priority: row.priority,
    scope: scopeToApi(row.scope),
    expires_at: timestamp(row.expiresAt),
    source: row.source,
    source_id: row.sourceId,
    description: row.description,
    created_at: timestamp(row.createdAt),
  }
}

export function nanosText(amount: Minor, currency: Currency): string {
  return formatNanos(minorToNanos(amount, currency))
}

// How products look on the wire.

import { z } from "@hono/zod-openapi"
import type { NewProduct } from "../../actions/create-product.ts"
import type { ProductRow } from "../../db/rows.ts"
import { limits } from "../../limits.ts"
import { Name, Text, timestamp, TimestampText } from "../shared/fields.ts"

const Tags = z.array(Name).max(limits.tags)

export const CatalogStatusSchema = z.enum(["Active", "Archived"])

/** Lists of the catalog leave out what is archived unless asked. */
export const ArchivedQuery = {
  include_archived: z.enum(["true", "false"]).optional().openapi({
    description: "Whether archived ones are listed as well; false by default.",
    example: "false",
  }),
}

export const ProductInput = z
  .strictObject({
    name: Name.openapi({ example: "API Platform" }),
    description: Text.nullable().optional().openapi({ example: "Usage-based API access" }),
    tags: Tags.optional().openapi({ example: ["api", "core"] }),
  })
  .openapi("ProductInput")

export const ProductUpdate = z
  .strictObject({
    name: Name.optional().openapi({ example: "API Platform" }),
    description: Text.nullable().optional().openapi({ example: "Usage-based API access" }),
    tags: Tags.optional().openapi({ example: ["api", "core"] }),
  })
  .openapi("ProductUpdate")

export const ProductSchema = z
  .object({
    id: z.string().openapi({ example: "01944b1f-0000-7000-8000-000000000008" }),
    name: z.string().openapi({ example: "API Platform" }),
    description: z.string().nullable().openapi({ example: "Usage-based API access" }),
    tags: z.array(z.string()).openapi({ example: ["api", "core"] }),
    status: CatalogStatusSchema.openapi({ example: "Active" }),
    archived_at: TimestampText.optional().openapi({ description: "Only on archived products." }),
    created_at: TimestampText,
  })
  .openapi("Product")

export function productFrom(input: z.output<typeof ProductInput>): NewProduct {
  return { name: input.name, description: input.description ?? null, tags: input.tags ?? [] }
}

export function productToApi(row: ProductRow): z.infer<typeof ProductSchema> {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    tags: [...row.tags],
    status: row.archivedAt === null ? "Active" : "Archived",
    ...(row.archivedAt === null ? {} : { archived_at: timestamp(row.archivedAt) }),
    created_at: timestamp(row.createdAt),
  }
}

// Creates a product: a named offering that plans may belong to.

import type { ProductRow } from "../db/rows.ts"
import { products } from "../db/schema.ts"
import { ok } from "../domain/result.ts"
import type { Outcome, Reply } from "./act.ts"
import { act } from "./act.ts"
import type { Scope } from "./scope.ts"

export type NewProduct = Pick<ProductRow, "name" | "description" | "tags">

export async function createProduct(
  scope: Scope,
  input: NewProduct,
  reply: Reply<ProductRow>,
): Promise<Outcome<ProductRow>> {
  const row: ProductRow = {
    ...input,
    id: scope.newId(),
    tenantId: scope.tenant.id,
    archivedAt: null,
    version: 1,
    createdAt: scope.now,
  }
  const subject = { subjectType: "Product", subjectId: row.id }
  return act(
    scope,
    async () =>
      ok({
        value: row,
        commit: {
          writes: [scope.write.insert(products, row)],
          audit: [{ action: "product.created", ...subject, after: productState(row) }],
        },
      }),
    reply,
  )
}

/** A product as the audit trail keeps it. */
export function productState({ name, description, tags }: ProductRow) {
  return { name, description, tags }
}

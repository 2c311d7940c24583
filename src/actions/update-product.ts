// Changes a product's name, description and tags.

import type { ProductRow } from "../db/rows.ts"
import { products } from "../db/schema.ts"
import { ok } from "../domain/result.ts"
import type { Outcome, Reply } from "./act.ts"
import { act } from "./act.ts"
import type { ChangesOf } from "./changes.ts"
import { given } from "./changes.ts"
import type { NewProduct } from "./create-product.ts"
import { productState } from "./create-product.ts"
import { findProduct } from "./find-catalog.ts"
import type { Scope } from "./scope.ts"

export async function updateProduct(
  scope: Scope,
  id: string,
  changes: ChangesOf<NewProduct>,
  reply: Reply<ProductRow>,
): Promise<Outcome<ProductRow>> {
  const values = given(changes)
  return act(
    scope,
    async () => {
      const found = await findProduct(scope, id)
      if (!found.ok) return found
      const before = found.value
      const after: ProductRow = { ...before, ...values, version: before.version + 1 }
      const subject = { subjectType: "Product", subjectId: id }
      return ok({
        value: after,
        commit: {
          guards: [scope.write.update(products, id, before.version, values)],
          audit: [
            {
              action: "product.updated",
              ...subject,
              before: productState(before),
              after: productState(after),
            },
          ],
        },
      })
    },
    reply,
  )
}

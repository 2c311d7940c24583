// Archives a product: it is no longer listed and new plans can't name it. Its plans go on as they are.

import type { ProductRow } from "../db/rows.ts"
import { products } from "../db/schema.ts"
import { err, ok } from "../domain/result.ts"
import type { Outcome, Reply } from "./act.ts"
import { act } from "./act.ts"
import { productState } from "./create-product.ts"
import { archived, findProduct } from "./find-catalog.ts"
import type { Scope } from "./scope.ts"

export async function archiveProduct(
  scope: Scope,
  id: string,
  reply: Reply<ProductRow>,
): Promise<Outcome<ProductRow>> {
  return act(
    scope,
    async () => {
      const found = await findProduct(scope, id)
      if (!found.ok) return found
      const before = found.value
      if (before.archivedAt !== null) return err(archived("product"))
      const subject = { subjectType: "Product", subjectId: id }
      return ok({
        value: { ...before, archivedAt: scope.now, version: before.version + 1 },
        commit: {
          guards: [scope.write.update(products, id, before.version, { archivedAt: scope.now })],
          audit: [{ action: "product.archived", ...subject, before: productState(before) }],
        },
      })
    },
    reply,
  )
}

// Statements about contracts that are no plain change of one row.

import { and, eq, or } from "drizzle-orm"
import type { Database, Guarded } from "./database.ts"
import type { ContractRow } from "./rows.ts"
import { contracts } from "./schema.ts"

/** Holds a contract as it was read until the commit: what is left of its commitments was decided from it. A commit that draws for
 *  several subscriptions holds it several times, under one token. */
export function holdContract(
  db: Database,
  tenantId: string,
  { id, version }: Pick<ContractRow, "id" | "version">,
  token: string,
): Guarded {
  const isRead = eq(contracts.version, version)
  const isHeld = and(eq(contracts.drawToken, token), eq(contracts.version, version + 1))
  return {
    guard: db
      .update(contracts)
      .set({ version: version + 1, drawToken: token })
      .where(and(eq(contracts.tenantId, tenantId), eq(contracts.id, id), or(isRead, isHeld))),
  }
}

// How much usage counts for each commitment of a phase, by the invoices as they stand.

import type { Claim } from "../domain/commitment.ts"
import { spentOn } from "../domain/commitment.ts"
import type { PhasePart } from "../domain/contract-due.ts"
import type { Minor } from "../domain/money.ts"
import type { Scope } from "./scope.ts"

/** `parts`: all commitments of one phase, in their order. `exceptKeys`: lines that don't count. */
export async function spentOf(
  { read }: Scope,
  rootContractId: string,
  parts: readonly PhasePart[],
  exceptKeys: readonly string[] = [],
): Promise<ReadonlyMap<string, Minor>> {
  const within = parts[0]?.within
  if (within === undefined) return new Map()
  const usage = await read.contracts.usage(rootContractId, within, exceptKeys)
  const ids = usage.map(({ skuId }) => skuId)
  const claims = await Promise.all(
    parts.map(async ({ sourceId, committed, commitment }): Promise<Claim> => {
      const { productTag } = commitment
      const skuIds = productTag === null ? null : await read.contracts.taggedSkus(ids, productTag)
      return { sourceId, committed, skuIds }
    }),
  )
  return spentOn(claims, usage)
}

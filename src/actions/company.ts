// A company as programs written for Billy know it: a tenant, and the two keys that it was told.
// Law: keys are kept as hashes. Only those of a test tenant can be told again (docs/decisions/0022).

import { readersFor } from "../db/readers/index.ts"
import type { CompanyRow, TenantRow } from "../db/rows.ts"
import { tenantById } from "../db/system.ts"
import { sameSecret, sha256Hex } from "../runtime/hash.ts"
import { seal, unseal } from "../runtime/seal.ts"
import type { Platform } from "./scope.ts"

export type CompanyKeys = { readonly apiKey: string; readonly callbackKey: string }

const purposeOf = (tenantId: string) => `keys of company ${tenantId}`

/** What is kept of the keys beside their hashes. */
export async function sealKeys(
  { jwtSecret }: Platform,
  { id, mode }: TenantRow,
  keys: CompanyKeys,
): Promise<string | null> {
  return mode === "test" ? seal(JSON.stringify(keys), jwtSecret, purposeOf(id)) : null
}

/** Null: they were told once and are not known any more. */
export async function keysOf({ jwtSecret }: Platform, company: CompanyRow): Promise<CompanyKeys | null> {
  const { keysSealed, tenantId } = company
  if (keysSealed === null) return null
  return JSON.parse(await unseal(keysSealed, jwtSecret, purposeOf(tenantId))) as CompanyKeys
}

/** The tenant of a callback address, if its key is right. */
export async function companyOfCallback(
  { db }: Platform,
  tenantId: string,
  callbackKey: string,
): Promise<TenantRow | null> {
  const company = await readersFor(db, tenantId).companies.company()
  if (company === null) return null
  const isRight = await sameSecret(await sha256Hex(callbackKey), company.callbackHash)
  return isRight ? tenantById(db, tenantId) : null
}

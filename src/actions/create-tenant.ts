// Creates a tenant with its first secret key. Only the root key may.

import { apiKeys, tenants } from "../db/schema.ts"
import type { Actor } from "../db/commit.ts"
import type { ApiKeyRow, TenantRow } from "../db/rows.ts"
import { ok } from "../domain/result.ts"
import type { Mode, TenantSettings } from "../domain/tenant.ts"
import { DEFAULT_SETTINGS } from "../domain/tenant.ts"
import type { Outcome, Reply } from "./act.ts"
import { act } from "./act.ts"
import { mintKey } from "./create-api-key.ts"
import type { ClaimState, Platform } from "./scope.ts"
import { scopeFor } from "./scope.ts"

export type NewTenant = {
  readonly name: string
  readonly mode: Mode
  readonly settings: Partial<TenantSettings>
}

export type CreatedTenant = { readonly tenant: TenantRow; readonly key: ApiKeyRow; readonly secret: string }

const ROOT: Actor = { type: "Root", id: "root" }

export async function createTenant(
  platform: Platform,
  request: { readonly requestId: string; readonly claim: ClaimState | null },
  input: NewTenant,
  reply: Reply<CreatedTenant>,
): Promise<Outcome<CreatedTenant>> {
  const now = platform.wallNow()
  const tenant: TenantRow = {
    id: platform.newId(),
    name: input.name,
    mode: input.mode,
    settings: { ...DEFAULT_SETTINGS, ...input.settings },
    clockAt: null,
    advance: null,
    advancingUntil: null,
    stripeSealed: null,
    nextInvoiceNumber: 1,
    version: 1,
    ledgerAuditAt: now,
    createdAt: now,
  }
  const scope = scopeFor(platform, tenant, { ...request, actor: ROOT, now })
  const { key, secret } = await mintKey(scope, {
    kind: "Secret",
    name: "First secret key",
    description: null,
    scopes: [],
  })
  const created = { tenant, key, secret }
  const after = { name: tenant.name, mode: tenant.mode }
  return act(
    scope,
    async () =>
      ok({
        value: created,
        commit: {
          writes: [platform.db.insert(tenants).values(tenant), scope.write.insert(apiKeys, key)],
          audit: [{ action: "tenant.created", subjectType: "Tenant", subjectId: tenant.id, after }],
        },
      }),
    reply,
  )
}

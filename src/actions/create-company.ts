// Registers a company: a tenant with its key, as programs written for Billy expect it to bill, and the address at which its
// processor tells us what happened.

import type { Actor } from "../db/commit.ts"
import type { ApiKeyRow, CompanyRow, TenantRow } from "../db/rows.ts"
import { apiKeys, companies, tenants } from "../db/schema.ts"
import { err, ok } from "../domain/result.ts"
import type { TenantSettings } from "../domain/tenant.ts"
import { DEFAULT_SETTINGS } from "../domain/tenant.ts"
import { randomBase58 } from "../runtime/base58.ts"
import { sha256Hex } from "../runtime/hash.ts"
import type { Outcome } from "./act.ts"
import { act } from "./act.ts"
import type { CompanyKeys } from "./company.ts"
import { sealKeys } from "./company.ts"
import { orRefused } from "./own-account.ts"
import { invalid } from "./refusal.ts"
import type { Platform } from "./scope.ts"
import { scopeFor } from "./scope.ts"

export type NewCompany = {
  readonly requestId: string
  /** A secret key of Stripe; anything else is a name for the sandbox. */
  readonly processorKey: string
  readonly callbackUrl: (tenantId: string, callbackKey: string) => string
}

export type CreatedCompany = { readonly tenant: TenantRow; readonly keys: CompanyKeys }

const KEY_BYTES = 32
const STRIPE_KEY = /^[sr]k_(live|test)_[A-Za-z0-9_]{8,247}$/
const REGISTRATION: Actor = { type: "System", id: "billy" }

/** Billy charges at once, tries ten times more, and leaves the subscription as it is. Its tries were as frequent as its cron; here
 *  their distance grows. */
const SETTINGS: TenantSettings = {
  ...DEFAULT_SETTINGS,
  draftGraceHours: 0,
  autoFinalize: true,
  isBillyCompany: true,
  dunning: { scheduleDays: [1, 2, 4, 7, 11, 16, 22, 29, 37, 46], finalAction: "None" },
}

export async function createCompany(platform: Platform, input: NewCompany): Promise<Outcome<CreatedCompany>> {
  const keys = { apiKey: randomBase58(KEY_BYTES), callbackKey: randomBase58(KEY_BYTES) }
  const bare = tenantOf(platform, input.processorKey)
  const url = input.callbackUrl(bare.id, keys.callbackKey)
  const registered = await withProcessor(platform, bare, input.processorKey, url)
  if (!registered.ok) return registered
  const { tenant, callbackRef } = registered.value
  const scope = scopeFor(platform, tenant, { ...input, actor: REGISTRATION, now: tenant.createdAt })
  const company: CompanyRow = {
    tenantId: tenant.id,
    callbackHash: await sha256Hex(keys.callbackKey),
    callbackRef,
    keysSealed: await sealKeys(platform, tenant, keys),
    createdAt: tenant.createdAt,
  }
  const key = await keyRow(platform, tenant, keys.apiKey)
  const after = { name: tenant.name, mode: tenant.mode }
  return act(
    scope,
    async () =>
      ok({
        value: { tenant, keys },
        commit: {
          writes: [
            platform.db.insert(tenants).values(tenant),
            scope.write.insert(apiKeys, key),
            scope.write.insert(companies, company),
          ],
          audit: [{ action: "tenant.created", subjectType: "Tenant", subjectId: tenant.id, after }],
        },
      }),
    null,
  )
}

function tenantOf(platform: Platform, processorKey: string): TenantRow {
  return {
    id: platform.newId(),
    name: "Billy company",
    mode: STRIPE_KEY.exec(processorKey)?.[1] === "live" ? "live" : "test",
    settings: SETTINGS,
    clockAt: null,
    advance: null,
    advancingUntil: null,
    stripeSealed: null,
    nextInvoiceNumber: 1,
    version: 1,
    ledgerAuditAt: platform.wallNow(),
    createdAt: platform.wallNow(),
  }
}

type Registered = { readonly tenant: TenantRow; readonly callbackRef: string }

/** Tells the processor where to call. If that fails, nothing is kept. */
async function withProcessor(
  platform: Platform,
  bare: TenantRow,
  secretKey: string,
  url: string,
): Promise<Outcome<Registered>> {
  const isStripe = STRIPE_KEY.test(secretKey)
  const withSecret = async (webhookSecret: string | null): Promise<TenantRow> => {
    if (!isStripe) return bare
    return { ...bare, stripeSealed: await platform.sealStripe(bare.id, { secretKey, webhookSecret }) }
  }
  const registered = await orRefused(async () => {
    const processor = platform.processorOf(await withSecret(null))
    const { ref, secret } = await processor.registerWebhook({ key: bare.id, url })
    return ok({ tenant: await withSecret(secret), callbackRef: ref })
  })
  if (registered.ok || registered.error.code !== "invalid_state") return registered
  return err(invalid("processor_key", registered.error.detail))
}

async function keyRow({ newId }: Platform, tenant: TenantRow, apiKey: string): Promise<ApiKeyRow> {
  return {
    id: newId(),
    tenantId: tenant.id,
    hash: await sha256Hex(apiKey),
    kind: "Secret",
    mode: tenant.mode,
    name: "First secret key",
    description: null,
    hint: maskOf(apiKey),
    scopes: [],
    createdAt: tenant.createdAt,
    revokedAt: null,
  }
}

/** Enough of a key to tell it from others. */
function maskOf(key: string): string {
  return `${key.slice(0, 4)}…${key.slice(-4)}`
}

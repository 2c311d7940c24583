// Which processor moves a tenant's money. Its own account at Stripe, if it has one; else the sandbox for a test tenant, and
// the operator's account for a live one.
// Law: a live tenant never meets the sandbox, which only plays at money.

import type { Mode } from "../domain/tenant.ts"
import { hmacHex } from "../runtime/hmac.ts"
import { seal, unseal } from "../runtime/seal.ts"
import type { Processor, SandboxDesk, SandboxWindow, StripeAccount } from "./port.ts"
import type { DeskConfig } from "./sandbox/desk.ts"
import { sandboxDesk } from "./sandbox/desk.ts"
import { sandboxProcessor } from "./sandbox/processor.ts"
import type { SandboxStore } from "./sandbox/store.ts"
import { sandboxWindow } from "./sandbox/window.ts"
import { lazyStripe } from "./stripe/lazy.ts"
import { unconfigured } from "./unconfigured.ts"

export type Payer = { readonly id: string; readonly mode: Mode; readonly stripeSealed: string | null }

export type Setup = Pick<DeskConfig, "call" | "publicUrl" | "wallNow"> & {
  /** The platform's own secret, which seals those of the tenants. */
  readonly secret: string
  /** The operator's account, for live tenants without one. */
  readonly stripe: StripeAccount | null
  readonly stripeApiBase: string | null
  readonly storeOf: (tenantId: string) => SandboxStore
}

export function processorFor(setup: Setup, { id, mode, stripeSealed }: Payer): Processor {
  if (stripeSealed !== null) {
    const { stripeApiBase: apiBase, publicUrl, secret } = setup
    return lazyStripe({ apiBase, publicUrl, account: () => openAccount(stripeSealed, secret, id) })
  }
  if (mode === "test") return sandboxProcessor(deskConfig(setup, id))
  return operatorStripe(setup) ?? unconfigured
}

export function operatorStripe({ stripe, stripeApiBase: apiBase, publicUrl }: Setup): Processor | null {
  return stripe === null ? null : lazyStripe({ apiBase, publicUrl, account: async () => stripe })
}

/** A test tenant that moved on to Stripe may still have events of the sandbox under way. */
export function deskFor(setup: Setup, { id }: Pick<Payer, "id">): SandboxDesk {
  return sandboxDesk(deskConfig(setup, id))
}

export function windowFor({ storeOf }: Setup, { id }: Payer): SandboxWindow {
  return sandboxWindow(storeOf(id))
}

export function sandboxFor(setup: Setup, { id }: Pick<Payer, "id">): Processor {
  return sandboxProcessor(deskConfig(setup, id))
}

function deskConfig(setup: Setup, tenantId: string): DeskConfig {
  const { call, publicUrl, wallNow, secret, storeOf } = setup
  return {
    tenantId,
    store: storeOf(tenantId),
    secret: () => hmacHex(secret, `sandbox processor of ${tenantId}`),
    publicUrl,
    wallNow,
    call,
  }
}

const purposeOf = (tenantId: string) => `stripe account of ${tenantId}`

/** An account as it is kept: only this platform's secret opens it, and only as that tenant's. */
export function sealAccount(account: StripeAccount, secret: string, tenantId: string): Promise<string> {
  return seal(JSON.stringify(account), secret, purposeOf(tenantId))
}

async function openAccount(sealed: string, secret: string, tenantId: string): Promise<StripeAccount> {
  return JSON.parse(await unseal(sealed, secret, purposeOf(tenantId))) as StripeAccount
}

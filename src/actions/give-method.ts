// A customer on the page of its link: who it is, and the payment method that it gives.
// Law: a link gives one method. It is claimed as an Idempotency-Key is, so whoever sends the form twice has given it once; what is refused
// gives the link back.

import type { CustomerRow, TenantRow } from "../db/rows.ts"
import { claimKey, isAnswered, releaseKey } from "../db/idempotency.ts"
import { tenantById } from "../db/system.ts"
import type { MethodLink } from "../domain/method-link.ts"
import { err, ok } from "../domain/result.ts"
import { instant } from "../domain/time.ts"
import { limits } from "../limits.ts"
import { sha256Hex } from "../runtime/hash.ts"
import type { Outcome } from "./act.ts"
import { attachPaymentMethod } from "./attach-payment-method.ts"
import { openMethodLink } from "./method-link.ts"
import { refusal } from "./refusal.ts"
import type { ClaimState, Platform, Scope } from "./scope.ts"
import { scopeFor, tenantNow } from "./scope.ts"

export type Visit = {
  readonly link: MethodLink
  readonly tenant: TenantRow
  readonly customer: CustomerRow
  readonly scope: Scope
}

/** Null: the link is none of ours, or over, or its customer is gone. */
export async function visitByLink(platform: Platform, token: string): Promise<Visit | null> {
  const link = await openMethodLink(platform, token)
  const tenant = link === null ? null : await tenantById(platform.db, link.tenantId)
  if (link === null || tenant === null) return null
  const scope = scopeOf(platform, tenant, link, null)
  const customer = await scope.read.customers.byId(link.customerId)
  return customer === null ? null : { link, tenant, customer, scope }
}

type LinkOf = Pick<MethodLink, "id" | "customerId">

function scopeOf(platform: Platform, tenant: TenantRow, link: LinkOf, claim: ClaimState | null): Scope {
  return scopeFor(platform, tenant, {
    actor: { type: "Customer", id: link.customerId },
    requestId: platform.newId(),
    now: tenantNow(tenant, platform.wallNow()),
    customerId: link.customerId,
    claim,
  })
}

const keyOf = ({ id }: LinkOf) => sha256Hex(`the method of the link ${id}`)

/** Whether the link was used. */
export async function hasGiven({ link, tenant, scope }: Visit): Promise<boolean> {
  return isAnswered(scope.platform.db, tenant.id, await keyOf(link))
}

export type Giving = Pick<Visit, "tenant" | "scope"> & { readonly link: LinkOf }

/** `customerRef`: whom the processor has it of already. */
export type Given = { readonly methodRef: string; readonly customerRef?: string }

/** The method is charged from now on: that is what the customer came for. */
export async function giveMethod(
  { link, tenant, scope: { platform } }: Giving,
  given: Given,
): Promise<Outcome<null>> {
  const wall = platform.wallNow()
  const outcome = await claimKey(platform.db, {
    tenantId: tenant.id,
    scope: await keyOf(link),
    requestHash: link.id,
    token: platform.newId(),
    now: wall,
    leaseUntil: instant(wall + limits.idempotencyLeaseMs),
    // A processor may tell of it when the link is over: the claim outlives all links.
    expiresAt: instant(wall + limits.mailLinkMs),
  })
  if (outcome.kind === "Replay") return ok(null)
  if (outcome.kind !== "Claimed") {
    return err(refusal("conflict", "This is being done at this moment. Try again in a minute."))
  }
  const claim: ClaimState = { claim: outcome.claim, stored: false }
  const scope = scopeOf(platform, tenant, link, claim)
  try {
    const { methodRef, customerRef = null } = given
    const input = { methodRef, isDefault: true, customerRef }
    const attached = await attachPaymentMethod(scope, link.customerId, input, () => DONE)
    return attached.ok ? ok(null) : attached
  } finally {
    if (!claim.stored) await releaseKey(platform.db, claim.claim)
  }
}

const DONE = { status: 201, body: "{}" }

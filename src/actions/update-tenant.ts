// Changes a tenant's name and settings.

import type { TenantRow } from "../db/rows.ts"
import { err, ok } from "../domain/result.ts"
import type { AgendaItem } from "../domain/agenda.ts"
import type { TenantSettings } from "../domain/tenant.ts"
import { lateEventsOf } from "../domain/tenant.ts"
import type { StripeAccount } from "../payments/port.ts"
import type { Outcome, Reply } from "./act.ts"
import { act } from "./act.ts"
import type { Refusal } from "./refusal.ts"
import { invalid, notFound } from "./refusal.ts"
import type { Scope } from "./scope.ts"
import { policyItem } from "./sync-policy.ts"

/** `stripe`: the tenant's own account; null takes it away. */
export type TenantChanges = {
  readonly name?: string
  readonly settings: Partial<TenantSettings>
  readonly stripe?: StripeAccount | null
}

/** The tenant as it is now; what an isolate remembers of it may be a minute old. */
export async function currentTenant(scope: Scope): Promise<Outcome<TenantRow>> {
  const tenant = await scope.read.ask(scope.read.tenant())
  return tenant === null ? err(notFound("tenant")) : ok(tenant)
}

export async function updateTenant(
  scope: Scope,
  changes: TenantChanges,
  reply: Reply<TenantRow>,
): Promise<Outcome<TenantRow>> {
  const fault = stripeFault(scope, changes.stripe ?? null)
  if (fault !== null) return err(fault)
  const sealed = await sealedOf(scope, changes.stripe)
  return act(
    scope,
    async () => {
      const current = await currentTenant(scope)
      if (!current.ok) return current
      const before = current.value
      const settings = { ...before.settings, ...changes.settings }
      const name = changes.name ?? before.name
      const stripeSealed = sealed === undefined ? before.stripeSealed : sealed
      const after = { ...before, name, settings, stripeSealed, version: before.version + 1 }
      return ok({
        value: after,
        commit: {
          agenda: policyItems(scope, before, after),
          guards: [scope.write.updateTenant(before.version, { name, settings, stripeSealed })],
          audit: [
            {
              action: "tenant.updated",
              subjectType: "Tenant",
              subjectId: before.id,
              before: { name: before.name, ...before.settings, has_stripe: before.stripeSealed !== null },
              after: { name, ...settings, has_stripe: stripeSealed !== null },
            },
          ],
        },
      })
    },
    reply,
  )
}

/** Meters know what to do with late events by their terms. */
function policyItems(scope: Scope, before: TenantRow, after: TenantRow): AgendaItem[] {
  if (lateEventsOf(before.settings) === lateEventsOf(after.settings)) return []
  return [policyItem(scope, String(after.version), null)]
}

async function sealedOf(
  { platform, tenant }: Scope,
  account: StripeAccount | null | undefined,
): Promise<string | null | undefined> {
  return account === undefined || account === null ? account : platform.sealStripe(tenant.id, account)
}

/** Test money for test tenants: a live key in a test, or the other way round, is a mistake that would be dear. */
function stripeFault({ tenant }: Scope, account: StripeAccount | null): Refusal | null {
  if (account === null || account.secretKey.split("_")[1] === tenant.mode) return null
  return invalid("stripe.secret_key", `A ${tenant.mode} tenant needs a ${tenant.mode} key of Stripe.`)
}

// Changes a tenant's name and settings.

import { tenantById } from "../db/system.ts"
import type { TenantRow } from "../db/rows.ts"
import { err, ok } from "../domain/result.ts"
import type { AgendaItem } from "../domain/agenda.ts"
import type { TenantSettings } from "../domain/tenant.ts"
import { lateEventsOf } from "../domain/tenant.ts"
import type { Outcome, Reply } from "./act.ts"
import { act } from "./act.ts"
import { notFound } from "./refusal.ts"
import type { Scope } from "./scope.ts"
import { policyItem } from "./sync-policy.ts"

export type TenantChanges = { readonly name?: string; readonly settings: Partial<TenantSettings> }

/** The tenant as it is now; what an isolate remembers of it may be a minute old. */
export async function currentTenant(scope: Scope): Promise<Outcome<TenantRow>> {
  const tenant = await tenantById(scope.platform.db, scope.tenant.id)
  return tenant === null ? err(notFound("tenant")) : ok(tenant)
}

export async function updateTenant(
  scope: Scope,
  changes: TenantChanges,
  reply: Reply<TenantRow>,
): Promise<Outcome<TenantRow>> {
  return act(
    scope,
    async () => {
      const current = await currentTenant(scope)
      if (!current.ok) return current
      const before = current.value
      const settings = { ...before.settings, ...changes.settings }
      const name = changes.name ?? before.name
      const after = { ...before, name, settings, version: before.version + 1 }
      return ok({
        value: after,
        commit: {
          agenda: policyItems(scope, before, after),
          guards: [scope.write.updateTenant(before.version, { name, settings })],
          audit: [
            {
              action: "tenant.updated",
              subjectType: "Tenant",
              subjectId: before.id,
              before: { name: before.name, ...before.settings },
              after: { name, ...settings },
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

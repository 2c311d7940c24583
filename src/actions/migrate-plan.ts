// Moves the subscriptions of a plan to its newest version, some at a time. A dry run says what it would mean for each.
// Law: a migration is the change that anybody could ask for one by one, and its dry run that change's preview.

import type { SubscriptionRow } from "../db/rows.ts"
import { effectiveAt } from "../domain/change.ts"
import type { Minor } from "../domain/money.ts"
import { err, ok } from "../domain/result.ts"
import type { Instant } from "../domain/time.ts"
import { limits } from "../limits.ts"
import type { Outcome } from "./act.ts"
import type { SubscriptionChange } from "./change-subscription.ts"
import { changeSubscription, previewChange } from "./change-subscription.ts"
import { findPlan } from "./find-catalog.ts"
import { upcomingInvoice } from "./follow-up.ts"
import type { Refusal } from "./refusal.ts"
import { notFound } from "./refusal.ts"
import type { Scope } from "./scope.ts"

export type Migration = {
  readonly at: "Now" | "PeriodEnd"
  readonly prorate: boolean
  /** Null: all that are on older versions. */
  readonly subscriptionIds: readonly string[] | null
  /** Goes on behind this subscription. */
  readonly after: string | null
  readonly dryRun: boolean
}

export type Migrated = {
  readonly subscription: SubscriptionRow
  readonly fromVersion: number
  readonly effectiveAt: Instant | null
  /** What is billed until the running period is closed, without the change and with it. Of a dry run. */
  readonly amounts: { readonly before: Minor; readonly after: Minor } | null
  readonly refused: Refusal | null
}

export type MigrationResult = {
  readonly toVersion: number
  readonly migrated: readonly Migrated[]
  /** Where to go on; null when all have been looked at. */
  readonly next: string | null
}

export async function migratePlan(
  scope: Scope,
  planId: string,
  input: Migration,
): Promise<Outcome<MigrationResult>> {
  const plan = await findPlan(scope, planId)
  if (!plan.ok) return plan
  const toVersion = plan.value.plan.currentVersion
  const rows = await scope.read.subscriptions.onOlderVersions(planId, toVersion, {
    ids: input.subscriptionIds,
    after: input.after,
    limit: limits.migratedAtOnce + 1,
  })
  const some = rows.slice(0, limits.migratedAtOnce)
  const change: SubscriptionChange = {
    planId,
    quantity: undefined,
    quantities: undefined,
    overrides: undefined,
    at: input.at,
    prorate: input.prorate,
  }
  const migrated: Migrated[] = []
  for (const row of some) {
    // Each is a commit of its own, so a request that is cut short leaves whole subscriptions.
    migrated.push(input.dryRun ? await tried(scope, row, change) : await moved(scope.aside(), row, change))
  }
  const next = rows.length > some.length ? (some.at(-1)?.id ?? null) : null
  return ok({ toVersion, migrated, next })
}

async function moved(scope: Scope, row: SubscriptionRow, change: SubscriptionChange): Promise<Migrated> {
  const fromVersion = row.planVersion
  const outcome = await changeSubscription(scope, row.id, change, null)
  if (!outcome.ok) return failed(row, outcome.error)
  return {
    subscription: outcome.value,
    fromVersion,
    effectiveAt: effectiveAt(row.schedule, scope.now, change.at),
    amounts: null,
    refused: null,
  }
}

async function tried(scope: Scope, row: SubscriptionRow, change: SubscriptionChange): Promise<Migrated> {
  const preview = await previewChange(scope, row.id, change)
  if (!preview.ok) return failed(row, preview.error)
  const { at, subscription } = preview.value
  const before = await billedByPeriodEnd(scope, row)
  // A change that closes the running period bills that at once: it counts too.
  const { billFromIndex } = row
  const after = await billedByPeriodEnd(scope, { ...subscription, billFromIndex })
  if (!before.ok) return failed(row, before.error)
  if (!after.ok) return failed(row, after.error)
  const amounts = { before: before.value, after: after.value }
  return { subscription, fromVersion: row.planVersion, effectiveAt: at, amounts, refused: null }
}

/** What is billed until the running period is closed, as things stand. */
async function billedByPeriodEnd(scope: Scope, row: SubscriptionRow): Promise<Outcome<Minor>> {
  const terms = await scope.read.subscriptions.termsOf(row)
  if (terms === null) return err(notFound("plan"))
  const upcoming = await upcomingInvoice(scope, terms)
  return upcoming.ok ? ok(upcoming.value.invoice.totalMinor) : upcoming
}

function failed(row: SubscriptionRow, refused: Refusal): Migrated {
  return { subscription: row, fromVersion: row.planVersion, effectiveAt: null, amounts: null, refused }
}

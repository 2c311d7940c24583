// What a payment means for the dunning of its invoice and for the subscriptions that the invoice charges. It only builds.
// Laws: the first failure makes a subscription PastDue; once nothing of its customer keeps it behind, it is Active again.

import type { AuditEntry } from "../db/commit.ts"
import type { Guarded, Statement } from "../db/database.ts"
import type { DunningRow, InvoiceRow, PaymentRow, SubscriptionRow } from "../db/rows.ts"
import { dunnings, subscriptions } from "../db/schema.ts"
import type { AgendaItem } from "../domain/agenda.ts"
import type { DunningProgress, DunningStep } from "../domain/dunning.ts"
import { beginDunning, endDunning, takeStep } from "../domain/dunning.ts"
import { isUnderWay } from "../domain/payment.ts"
import type { SubscriptionMove } from "../domain/subscription.ts"
import { moveSubscription } from "../domain/subscription.ts"
import { dunningSettingsOf } from "../domain/tenant.ts"
import { dunningAudit } from "./payment-audit.ts"
import type { Scope } from "./scope.ts"
import { currentTenant } from "./update-tenant.ts"

export type DunningNews = {
  readonly guards: readonly Guarded[]
  readonly writes: readonly Statement[]
  readonly agenda: readonly AgendaItem[]
  readonly audit: readonly AuditEntry[]
}

const NOTHING: DunningNews = { guards: [], writes: [], agenda: [], audit: [] }

type Move = {
  readonly before: PaymentRow | null
  readonly after: PaymentRow
  /** Whether the invoice is paid by it. */
  readonly isPaid: boolean
}

/** `invoice`: with the status that the payment gives it. */
export async function dunningOfPayment(scope: Scope, invoice: InvoiceRow, move: Move): Promise<DunningNews> {
  const { after, isPaid } = move
  // Whoever doesn't pay for credit has none, and owes nothing.
  if (invoice.type === "TopUp") return NOTHING
  const failed =
    after.kind === "Processor" && (after.status === "Failed" || after.status === "RequiresAction")
  if (!isPaid && !(failed && invoice.status === "Open")) return NOTHING
  const dunning = await scope.read.payments.dunningOf(invoice.id)
  if (dunning === null || dunning.status === "Resolved") return isPaid ? NOTHING : begun(scope, invoice)
  // What waited for its customer is told a second time when it fails, and is one try.
  const isStep = dunning.status === "Active" && after.attemptKey === stepKey(dunning)
  if (isPaid) {
    const step = { at: scope.now, result: "Succeeded", paymentId: after.id } as const
    return resolved(scope, dunning, isStep ? step : null)
  }
  if (!isStep) return NOTHING
  const result = isUnderWay(after.status) ? "Waiting" : "Failed"
  return stepTaken(scope, dunning, { at: scope.now, result, paymentId: after.id })
}

/** Names the attempt of the step that comes next. */
export function stepKey({ id, steps }: Pick<DunningRow, "id" | "steps">): string {
  return `dunning:${id}:${steps.length + 1}`
}

/** After a step, and after the last one the end. */
export async function stepTaken(scope: Scope, dunning: DunningRow, step: DunningStep): Promise<DunningNews> {
  const next = takeStep(dunning, step)
  const after = withProgress(scope, dunning, next)
  const isOver = next.status === "Exhausted"
  const ending = isOver ? await finishing(scope, after) : []
  return {
    guards: [updated(scope, after)],
    writes: [],
    agenda: isOver ? ending : [stepItem(after)],
    audit: [dunningAudit(isOver ? "dunning.exhausted" : "dunning.attempted", after)],
  }
}

async function begun(scope: Scope, invoice: InvoiceRow): Promise<DunningNews> {
  const tenant = await currentTenant(scope)
  const { settings } = tenant.ok ? tenant.value : scope.tenant
  const progress = beginDunning(scope.now, dunningSettingsOf(settings))
  const dunning: DunningRow = {
    ...progress,
    id: scope.newId(),
    tenantId: scope.tenant.id,
    customerId: invoice.customerId,
    invoiceId: invoice.id,
    paused: [],
    endedAt: progress.status === "Active" ? null : scope.now,
    version: 1,
    createdAt: scope.now,
  }
  const behind = await moved(scope, await scope.read.payments.subscriptionsOf(invoice.id), "fall_behind")
  return {
    guards: behind.guards,
    writes: [scope.write.insert(dunnings, dunning)],
    agenda: dunning.nextAttemptAt === null ? await finishing(scope, dunning) : [stepItem(dunning)],
    audit: [dunningAudit("invoice.past_due", dunning), ...behind.audit],
  }
}

/** The invoice is paid, or nothing is owed on it any more. `step`: the one that paid it, if any. */
export async function resolved(
  scope: Scope,
  dunning: DunningRow,
  step: DunningStep | null = null,
): Promise<DunningNews> {
  const after = withProgress(scope, dunning, endDunning(dunning, step))
  const all = await scope.read.payments.subscriptionsOf(dunning.invoiceId)
  const kept = await scope.read.payments.keptBehind(
    all.map(({ id }) => id),
    dunning.invoiceId,
  )
  const free = await moved(
    scope,
    all.filter(({ id }) => !kept.has(id)),
    "catch_up",
  )
  return {
    guards: [updated(scope, after), ...free.guards],
    writes: [],
    agenda: dunning.paused.map((id) => finishItem(after, id, scope)),
    audit: [dunningAudit("dunning.resolved", after), ...free.audit],
  }
}

async function moved(scope: Scope, rows: readonly SubscriptionRow[], move: SubscriptionMove) {
  const guards: Guarded[] = []
  const audit: AuditEntry[] = []
  for (const row of rows) {
    const status = moveSubscription(row.status, move)
    if (!status.ok) continue
    guards.push(scope.write.update(subscriptions, row.id, row.version, { status: status.value }))
    audit.push({
      action: move === "fall_behind" ? "subscription.past_due" : "subscription.caught_up",
      subjectType: "Subscription",
      subjectId: row.id,
      customerId: row.customerId,
      before: { status: row.status },
      after: { status: status.value },
    })
  }
  return { guards, audit }
}

function withProgress(scope: Scope, before: DunningRow, progress: DunningProgress): DunningRow {
  const { status, steps, nextAttemptAt } = progress
  const endedAt = status === "Active" ? null : scope.now
  return { ...before, status, steps, nextAttemptAt, endedAt, version: before.version + 1 }
}

function updated(scope: Scope, { id, version, status, steps, nextAttemptAt, endedAt }: DunningRow): Guarded {
  return scope.write.update(dunnings, id, version - 1, { status, steps, nextAttemptAt, endedAt })
}

function stepItem({ id, steps, nextAttemptAt, createdAt }: DunningRow): AgendaItem {
  const uniqueKey = String(steps.length + 1)
  return { kind: "run-dunning", subject: id, uniqueKey, dueAt: nextAttemptAt ?? createdAt }
}

/** The tenant's final action, one job for each subscription. */
async function finishing(scope: Scope, dunning: DunningRow): Promise<AgendaItem[]> {
  if (dunning.settings.finalAction === "None") return []
  const all = await scope.read.payments.subscriptionsOf(dunning.invoiceId)
  return all.map(({ id }) => finishItem(dunning, id, scope))
}

function finishItem(dunning: DunningRow, subscriptionId: string, { now }: Scope): AgendaItem {
  const uniqueKey = `${dunning.id}:${dunning.status}`
  return { kind: "finish-dunning", subject: subscriptionId, uniqueKey, dueAt: now }
}

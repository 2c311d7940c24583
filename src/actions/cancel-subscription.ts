// Cancels a subscription: now, when its running period ends, or at a time. What was used until then is billed by its last close.

import type { SubscriptionTerms } from "../db/readers/subscriptions.ts"
import type { SubscriptionRow } from "../db/rows.ts"
import { lastInstant, moveSubscription } from "../domain/subscription.ts"
import type { Result } from "../domain/result.ts"
import { err, ok } from "../domain/result.ts"
import type { Instant } from "../domain/time.ts"
import { formatInstant } from "../domain/time.ts"
import type { Outcome, Reply } from "./act.ts"
import type { ChangePreview, StateChange } from "./change-state.ts"
import { changeState, previewState } from "./change-state.ts"
import { movedClose } from "./changed-row.ts"
import type { Refusal } from "./refusal.ts"
import { invalid, refusal } from "./refusal.ts"
import type { Scope } from "./scope.ts"

export type Cancellation = {
  readonly at: "Now" | "PeriodEnd" | Instant
  /** Whether fees that were paid in advance are given back from the end on. */
  readonly prorate: boolean
  /** Whether the last close bills what is left. */
  readonly invoice: boolean
}

export async function cancelSubscription(
  scope: Scope,
  subscriptionId: string,
  input: Cancellation,
  reply: Reply<SubscriptionRow> | null,
): Promise<Outcome<SubscriptionRow>> {
  return changeState(scope, subscriptionId, (terms) => decideCancel(scope, terms, input), reply)
}

export async function previewCancel(
  scope: Scope,
  subscriptionId: string,
  input: Cancellation,
): Promise<Outcome<ChangePreview>> {
  return previewState(scope, subscriptionId, (terms) => decideCancel(scope, terms, input))
}

export function decideCancel(
  scope: Scope,
  { subscription: before }: SubscriptionTerms,
  input: Cancellation,
): Outcome<StateChange> {
  const status = moveSubscription(before.status, "cancel")
  if (!status.ok) return err(refusal("invalid_state", status.error))
  const at = endOf(scope, before, input)
  if (!at.ok) return at
  // What never began is owed nothing for.
  const never = scope.now < before.startedAt && at.value <= before.startedAt
  const waits = input.at === "PeriodEnd" ? ({ atPeriodEnd: true } as const) : {}
  const cancelTerms = { prorated: input.prorate || never, invoiced: input.invoice, ...waits }
  const asked = { cancelAt: at.value, cancelledAt: scope.now, cancelTerms }
  const isNow = input.at === "Now"
  const change = isNow ? { ...asked, status: status.value, endedAt: at.value } : asked
  return ok({
    at: at.value,
    change,
    agenda: isNow ? [] : movedClose(before, { ...before, ...change }),
    audit: {
      action: isNow ? "subscription.cancelled" : "subscription.cancellation_scheduled",
      before: { status: before.status },
      after: { status: isNow ? status.value : before.status, cancel_at: formatInstant(at.value) },
    },
  })
}

function endOf(scope: Scope, before: SubscriptionRow, { at }: Cancellation): Result<Instant, Refusal> {
  // A subscription that is cancelled before it starts ends where it would have started.
  const now = scope.now > before.startedAt ? scope.now : before.startedAt
  if (at === "Now") return ok(now)
  const last = lastInstant(before)
  if (before.cancelAt !== null) {
    const when = formatInstant(before.cancelAt)
    return err(refusal("invalid_state", `The subscription is already set to be cancelled at ${when}.`))
  }
  const wanted = at === "PeriodEnd" ? before.periodEnd : at
  if (wanted <= now) {
    const message = `A cancellation at a time is ahead of now, ${formatInstant(now)}. Use "Now" for at once.`
    return err(invalid("at", message))
  }
  if (last !== null && wanted >= last) {
    return err(refusal("invalid_state", `The subscription ends at ${formatInstant(last)} anyway.`))
  }
  return ok(wanted)
}

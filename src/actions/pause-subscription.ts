// Pauses a subscription, and resumes it. Time in which it is paused is not charged: neither fees nor usage.

import type { SubscriptionTerms } from "../db/readers/subscriptions.ts"
import type { SubscriptionRow } from "../db/rows.ts"
import type { AgendaItem } from "../domain/agenda.ts"
import { withCut } from "../domain/change.ts"
import { ruleAt } from "../domain/period.ts"
import { err, ok } from "../domain/result.ts"
import { moveSubscription } from "../domain/subscription.ts"
import type { Instant } from "../domain/time.ts"
import { formatInstant } from "../domain/time.ts"
import type { Pause } from "../domain/timeline.ts"
import { segmentsOf } from "../domain/timeline.ts"
import { limits } from "../limits.ts"
import type { Outcome, Reply } from "./act.ts"
import { act } from "./act.ts"
import type { ChangePreview, StateChange } from "./change-state.ts"
import { changeState, previewState } from "./change-state.ts"
import { changedRow, everyOf, movedItems } from "./changed-row.ts"
import { invalid, refusal } from "./refusal.ts"
import type { Scope } from "./scope.ts"

/** `anchor`: whether periods go on as they were, or begin anew where it is resumed. */
export type Resumption = { readonly anchor: "Keep" | "Reset" }

/** `resumeAt`: where it is resumed by itself; null: when somebody does. */
export type PauseInput = { readonly resumeAt: Instant | null }

export async function pauseSubscription(
  scope: Scope,
  subscriptionId: string,
  input: PauseInput,
  reply: Reply<SubscriptionRow>,
): Promise<Outcome<SubscriptionRow>> {
  return changeState(scope, subscriptionId, (terms) => decidePause(scope, terms, input), reply)
}

export async function previewPause(
  scope: Scope,
  subscriptionId: string,
  input: PauseInput,
): Promise<Outcome<ChangePreview>> {
  return previewState(scope, subscriptionId, (terms) => decidePause(scope, terms, input))
}

export async function resumeSubscription(
  scope: Scope,
  subscriptionId: string,
  input: Resumption,
  reply: Reply<SubscriptionRow> | null,
): Promise<Outcome<SubscriptionRow>> {
  return changeState(scope, subscriptionId, (terms) => decideResume(scope, terms, input), reply)
}

export async function previewResume(
  scope: Scope,
  subscriptionId: string,
  input: Resumption,
): Promise<Outcome<ChangePreview>> {
  return previewState(scope, subscriptionId, (terms) => decideResume(scope, terms, input))
}

/** Runs from the agenda. Whoever resumed it before, or cancelled it, has done its work. */
export async function resumeByItself(scope: Scope, subscriptionId: string): Promise<Outcome<null>> {
  const subscription = await scope.read.subscriptions.byId(subscriptionId)
  const until = subscription?.pauses?.at(-1)?.to ?? null
  if (subscription?.status !== "Paused" || until === null || until > scope.now) {
    return act(scope, async () => ok({ value: null, commit: { audit: [] } }), null)
  }
  const resumed = await resumeSubscription(scope, subscriptionId, { anchor: "Keep" }, null)
  return resumed.ok ? ok(null) : resumed
}

export function decidePause(
  scope: Scope,
  { subscription: before }: SubscriptionTerms,
  { resumeAt }: PauseInput,
): Outcome<StateChange> {
  const status = moveSubscription(before.status, "pause")
  if (!status.ok) return err(refusal("invalid_state", status.error))
  if (scope.now < before.startedAt) {
    return err(refusal("invalid_state", "The subscription has not started: there is nothing to pause."))
  }
  if (resumeAt !== null && resumeAt <= scope.now) {
    return err(invalid("resume_at", `Give a time ahead of now, ${formatInstant(scope.now)}.`))
  }
  const pauses = [...(before.pauses ?? []), { from: scope.now, to: resumeAt }]
  if (pauses.length > limits.timelineSegments) {
    return err(refusal("invalid_state", `A subscription has at most ${limits.timelineSegments} pauses.`))
  }
  return ok({
    at: scope.now,
    change: { status: status.value, pauses },
    agenda: resumeAt === null ? [] : [resumeItem(before.id, resumeAt)],
    audit: {
      action: "subscription.paused",
      before: { status: before.status },
      after: { status: status.value, resume_at: resumeAt === null ? null : formatInstant(resumeAt) },
    },
  })
}

function resumeItem(subscriptionId: string, dueAt: Instant): AgendaItem {
  return { kind: "resume-subscription", subject: subscriptionId, uniqueKey: String(dueAt), dueAt }
}

function decideResume(
  scope: Scope,
  { subscription: before, segments }: SubscriptionTerms,
  { anchor }: Resumption,
): Outcome<StateChange> {
  const status = moveSubscription(before.status, "resume")
  if (!status.ok) return err(refusal("invalid_state", status.error))
  const pauses = ended(before.pauses ?? [], scope.now)
  const isTrial = before.trialEndsAt !== null && before.trialEndsAt > scope.now
  const next = isTrial ? "Trialing" : status.value
  const { schedule } = before
  const rule = { ...ruleAt(schedule, scope.now), anchor: scope.now }
  const moved =
    anchor === "Keep" ? schedule : withCut(schedule, scope.now, { at: scope.now, rule, prorated: true })
  const timeline = { segments: segmentsOf(before), schedule: moved }
  const row = anchor === "Keep" ? {} : changedRow(before, timeline, scope.now, everyOf(segments))
  const change = { ...row, status: next, pauses } as const
  return ok({
    at: scope.now,
    change,
    agenda: movedItems(before, { ...before, ...change }, scope.now),
    audit: {
      action: "subscription.resumed",
      before: { status: before.status },
      after: { status: next, anchor },
    },
  })
}

/** The pause that runs ends now, if it had not ended by itself. */
function ended(pauses: readonly Pause[], now: Instant): Pause[] {
  return pauses.map((pause, at) => {
    const runs = at === pauses.length - 1 && (pause.to === null || pause.to > now)
    return runs ? { ...pause, to: now } : pause
  })
}

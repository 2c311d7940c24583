// How every change of a subscription's state is decided and committed: the row as it becomes, what follows of it at once, and the
// terms that its meter is told. A preview is the same without the commit.

import type { AuditEntry } from "../db/commit.ts"
import type { Guarded } from "../db/database.ts"
import type { SubscriptionTerms } from "../db/readers/subscriptions.ts"
import type { SubscriptionRow } from "../db/rows.ts"
import { subscriptions } from "../db/schema.ts"
import type { AgendaItem } from "../domain/agenda.ts"
import { assert } from "../domain/assert.ts"
import { err, ok } from "../domain/result.ts"
import type { Instant } from "../domain/time.ts"
import type { Decided, Outcome, Reply } from "./act.ts"
import { act } from "./act.ts"
import { closeDue } from "./close-due.ts"
import type { Draft } from "./draft-invoice.ts"
import { findSubscriptionTerms } from "./find.ts"
import type { FollowUp } from "./follow-up.ts"
import { followUpOf, linesOfChange, upcomingInvoice } from "./follow-up.ts"
import { ownPart } from "./own-part.ts"
import type { RatedLine } from "./rate-subscription.ts"
import { notFound } from "./refusal.ts"
import type { Scope } from "./scope.ts"
import { tellMeter } from "./sync-terms.ts"

/** What an action wants to change of a subscription, and what else belongs to it. */
export type StateChange = {
  /** When it takes effect. */
  readonly at: Instant
  readonly change: Partial<SubscriptionRow>
  readonly agenda: readonly AgendaItem[]
  readonly guards?: readonly Guarded[]
  readonly audit: Omit<AuditEntry, "subjectType" | "subjectId" | "customerId">
}

export type DecideChange = (terms: SubscriptionTerms) => Promise<Outcome<StateChange>> | Outcome<StateChange>

type Changed = {
  readonly before: SubscriptionTerms
  readonly after: SubscriptionTerms
  readonly wanted: StateChange
  readonly follows: FollowUp
}

async function changedBy(scope: Scope, id: string, decide: DecideChange): Promise<Outcome<Changed>> {
  const found = await findSubscriptionTerms(scope, id)
  if (!found.ok) return found
  const before = found.value
  const wanted = await decide(before)
  if (!wanted.ok) return wanted
  const after = await scope.read.subscriptions.termsOf({ ...before.subscription, ...wanted.value.change })
  if (after === null) return err(notFound("subscription"))
  const follows = await followUpOf(scope, after)
  return follows.ok ? ok({ before, after, wanted: wanted.value, follows: follows.value }) : follows
}

/** The subscription as it then is. */
export async function changeState(
  scope: Scope,
  subscriptionId: string,
  decide: DecideChange,
  reply: Reply<SubscriptionRow> | null,
): Promise<Outcome<SubscriptionRow>> {
  const caughtUp = await closeDue(scope, subscriptionId)
  if (!caughtUp.ok) return caughtUp
  const outcome = await act(
    scope,
    async () => {
      const changed = await changedBy(scope, subscriptionId, decide)
      return changed.ok ? ok(committing(scope, changed.value)) : changed
    },
    reply,
  )
  if (outcome.ok) await tellMeter(scope, subscriptionId)
  return outcome
}

function committing(scope: Scope, { before, wanted, follows }: Changed): Decided<SubscriptionRow> {
  const { id, version, customerId, termsVersion } = before.subscription
  const { bill } = follows
  const fields = { ...wanted.change, ...follows.change, termsVersion: termsVersion + 1 }
  const sync: AgendaItem = {
    kind: "sync-terms",
    subject: id,
    uniqueKey: String(termsVersion + 1),
    dueAt: scope.now,
  }
  const subject = { subjectType: "Subscription", subjectId: id, customerId }
  return {
    value: { ...before.subscription, ...fields, version: version + 1 },
    commit: {
      guards: [
        scope.write.update(subscriptions, id, version, fields),
        ...(wanted.guards ?? []),
        ...bill.guards,
      ],
      writes: bill.writes,
      agenda: [...wanted.agenda, ...follows.agenda, ...bill.agenda, sync],
      audit: [{ ...wanted.audit, ...subject }, ...follows.audit, ...bill.audit],
    },
  }
}

/** What a change would do. `invoice`: the one that it is billed by, made at once or by the next close; null where none follows. */
export type ChangePreview = {
  readonly at: Instant
  readonly subscription: SubscriptionRow
  readonly lines: readonly RatedLine[]
  readonly invoice: Draft | null
  readonly isImmediate: boolean
}

export async function previewState(
  scope: Scope,
  subscriptionId: string,
  decide: DecideChange,
): Promise<Outcome<ChangePreview>> {
  const changed = await changedBy(scope, subscriptionId, decide)
  if (!changed.ok) return changed
  const { before, after, wanted, follows } = changed.value
  const lines = await linesOfChange(scope, before, after)
  if (!lines.ok) return lines
  const subscription = { ...after.subscription, ...follows.change }
  const { draft } = follows.bill
  const preview = { at: wanted.at, subscription, lines: lines.value }
  if (draft !== null) {
    const own = await ownPart(scope, draft, subscriptionId)
    return own.ok ? ok({ ...preview, invoice: own.value, isImmediate: true }) : own
  }
  const upcoming = await upcomingInvoice(scope, { ...after, subscription })
  const invoice = upcoming.ok ? upcoming.value : null
  assert(upcoming.ok || upcoming.error.code === "invalid_state", "an upcoming invoice can be rated")
  return ok({ ...preview, invoice, isImmediate: false })
}

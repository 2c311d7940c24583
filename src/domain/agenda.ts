// The agenda: everything that must happen later is a row `(due_at, kind, subject, unique key)`.
// Law: a row is scheduled once per unique key, and done in the same commit as its effect.

import type { Instant } from "./time.ts"

export const AGENDA_KINDS = [
  "sync-policy",
  "sync-budget",
  "sync-wallet",
  "recharge-wallet",
  "sync-terms",
  "warn-trial",
  "end-trial",
  "apply-change",
  "resume-subscription",
  "bill-advance",
  "bill-threshold",
  "close-period",
  "advance-contract",
  "finalize-invoice",
  "expire-credit",
  "settle-invoice",
  "collect-payment",
  "run-dunning",
  "retry-dunnings",
  "finish-dunning",
  "reconcile-payment",
  "send-refund",
  "send-payout",
  "retry-payout",
  "reconcile-payout",
  "sandbox-event",
  "archive-usage",
  "deliver-webhook",
  "send-mail",
  "audit-ledger",
  "check-ledger",
] as const

export type AgendaKind = (typeof AGENDA_KINDS)[number]

export const AGENDA_STATUSES = ["Pending", "Queued", "Done", "Dead"] as const

export type AgendaStatus = (typeof AGENDA_STATUSES)[number]

export type AgendaItem = {
  readonly kind: AgendaKind
  readonly subject: string
  readonly uniqueKey: string
  readonly dueAt: Instant
}

/** A row on its way through the queue: ids only, the row is the truth. */
export type JobMessage = { readonly agenda_id: string; readonly tenant_id: string }

/** Of rows that fall due at the same instant, which goes first: a trial ends before its period closes. */
export const KIND_ORDER: Readonly<Record<AgendaKind, number>> = {
  "sync-policy": 0,
  "sync-budget": 0,
  "sync-wallet": 0,
  "recharge-wallet": 8,
  "sync-terms": 1,
  "warn-trial": 2,
  "end-trial": 2,
  "apply-change": 2,
  "resume-subscription": 2,
  "bill-advance": 3,
  "bill-threshold": 3,
  "close-period": 4,
  "advance-contract": 5,
  "finalize-invoice": 6,
  "expire-credit": 6,
  "settle-invoice": 7,
  "collect-payment": 8,
  "reconcile-payment": 8,
  "send-refund": 8,
  "send-payout": 8,
  "retry-payout": 9,
  "reconcile-payout": 8,
  "retry-dunnings": 8,
  "run-dunning": 9,
  "finish-dunning": 9,
  "sandbox-event": 8,
  "archive-usage": 8,
  // What happened at an instant is told when all of it has happened.
  "deliver-webhook": 10,
  "send-mail": 10,
  "audit-ledger": 10,
  "check-ledger": 10,
}

/** Two queues, so that whoever is slow to be told never delays what is billed. */
export const JOB_QUEUES = ["Jobs", "Webhooks"] as const

export type JobQueue = (typeof JOB_QUEUES)[number]

/** What tells others, and takes as long as they take. */
export const TELLING_KINDS: readonly AgendaKind[] = ["deliver-webhook", "send-mail"]

export function queueOf(kind: AgendaKind): JobQueue {
  return TELLING_KINDS.includes(kind) ? "Webhooks" : "Jobs"
}

const LONGEST_DELAY_SECONDS = 3_600

/** 2, 4, 8 … seconds, at most an hour: a fault that passes is over soon, one that stays must not spin. */
export function retryDelaySeconds(attempts: number): number {
  return Math.min(2 ** attempts, LONGEST_DELAY_SECONDS)
}

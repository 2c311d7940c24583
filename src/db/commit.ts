// The one way to change D1: guards, rows, ledger, agenda, audit and the stored answer in a single batch.
// Law: a crash before the batch leaves nothing, a crash after it loses nothing. A guard that misses undoes it all.

import { and, eq, isNull, sql } from "drizzle-orm"
import type { SQL } from "drizzle-orm"
import type { AgendaItem } from "../domain/agenda.ts"
import { assert } from "../domain/assert.ts"
import type { Posting } from "../domain/ledger.ts"
import type { Instant } from "../domain/time.ts"
import type { Database, Guarded, Statement } from "./database.ts"
import type { NumberDraw } from "./invoice-number.ts"
import { drawnText, drawNumber, fillNumber, numberOf } from "./invoice-number.ts"
import { insertAll, insertMissing } from "./insert-all.ts"
import { countDays } from "./ledger-days.ts"
import { agenda, audit, commitGuard, idempotency, ledgerEntries } from "./schema.ts"
import type { StoredEntry, Woken } from "./webhook-events.ts"
import { eventStatements, wokenBy } from "./webhook-events.ts"
import { writerFor } from "./writer.ts"

export type Actor = {
  readonly type: "Root" | "ApiKey" | "Admin" | "Customer" | "System"
  readonly id: string
}

/** `id`: of what is done elsewhere and told here. An entry that is there already is not made again. */
export type AuditEntry = {
  readonly id?: string
  /** Of a new entry whose id the answer tells. */
  readonly madeId?: string
  readonly action: string
  readonly subjectType: string
  readonly subjectId: string
  readonly customerId?: string | null
  readonly before?: unknown
  readonly after?: unknown
}

/** `secret`: the body holds a credential, so what is stored of it is sealed. */
export type Answer = { readonly status: number; readonly body: string; readonly secret?: boolean }

/** The Idempotency-Key under which a request runs. */
export type Claim = { readonly tenantId: string; readonly scope: string; readonly token: string }

/** Who commits, when, and on whose behalf: the same for every commit of one request or job. */
export type CommitContext = {
  readonly tenantId: string
  readonly now: Instant
  readonly actor: Actor
  readonly requestId: string
  readonly claim: Claim | null
  /** The agenda row whose work this is: done in the same batch. */
  readonly jobId: string | null
  readonly newId: () => string
}

export type Commit = {
  readonly guards?: readonly Guarded[]
  readonly writes?: readonly Statement[]
  readonly postings?: readonly Posting[]
  readonly agenda?: readonly AgendaItem[]
  readonly audit: readonly AuditEntry[]
  readonly answer?: Answer | undefined
  /** The invoice that gets the next number. Its row, the audit and the answer say `draw.number` until the batch knows better. */
  readonly draw?: NumberDraw
}

export type CommitOutcome =
  /** `number`: what was drawn, if anything was. */
  | { readonly kind: "Committed"; readonly scheduled: readonly Scheduled[]; readonly number: string | null }
  /** Somebody else changed what this was decided from: gather again. */
  | { readonly kind: "GuardMissed" }
  /** A value that must be unique is taken; `constraint` names the columns. */
  | { readonly kind: "NotUnique"; readonly constraint: string }

export type Scheduled = AgendaItem & { readonly id: string }

export async function commit(db: Database, context: CommitContext, plan: Commit): Promise<CommitOutcome> {
  const scheduled = (plan.agenda ?? []).map((item) => ({ ...item, id: context.newId() }))
  const entries = plan.audit.map((entry) => ({ ...entry, id: entry.id ?? entry.madeId ?? context.newId() }))
  // What is told once more under an id of its own was an event the first time.
  const told = eventStatements(
    db,
    context,
    entries.filter((_, at) => plan.audit[at]?.id === undefined),
  )
  const { draw } = plan
  assert(draw === undefined || plan.answer?.secret !== true, "a sealed answer has no place for a number", {})
  const text = (value: string) => (draw === undefined ? value : drawnText(context.tenantId, draw, value))
  const statements = [
    // First of all, so that its rows are the first result and everything behind it can tell the number.
    ...(draw === undefined ? [] : [drawNumber(db, context.tenantId), guardHit(db)]),
    ...guardStatements(db, context, plan, text),
    ...(plan.writes ?? []),
    ...ledgerStatements(db, context, plan.postings ?? []),
    ...agendaStatements(db, context, scheduled),
    ...auditStatements(db, context, entries, text),
    ...(draw === undefined ? [] : [fillNumber(db, context.tenantId, draw), guardHit(db)]),
    // Last of all, so that their results are the last ones.
    ...told,
  ]
  const [first, ...rest] = statements
  if (first === undefined) return { kind: "Committed", scheduled: [], number: null }
  try {
    const results = await db.batch([first, ...rest])
    const woken = told.length === 0 ? [] : wokenBy(results.slice(-2)).map((row) => wokenItem(context, row))
    const number = draw === undefined ? null : numberOf(draw, results[0])
    return { kind: "Committed", scheduled: [...scheduled, ...woken], number }
  } catch (error) {
    return outcomeOf(error)
  }
}

function wokenItem({ now }: CommitContext, { id, kind, subject }: Woken): Scheduled {
  return { id, kind, subject, uniqueKey: id, dueAt: now }
}

/** A text as it is to be stored: with the number that is drawn in the place of its stand-in. */
type Text = (value: string) => string | SQL<string>

function guardStatements(db: Database, context: CommitContext, plan: Commit, text: Text): Statement[] {
  const guards = [...(plan.guards ?? [])]
  if (context.jobId !== null) {
    guards.push(writerFor(db, context.tenantId).finishJob(context.jobId, context.now))
  }
  if (context.claim !== null && plan.answer !== undefined) {
    guards.push(storeAnswer(db, context.claim, plan.answer, text))
  }
  return guards.flatMap(({ guard }) => [guard, guardHit(db)])
}

/** Errors, and so rolls back, unless the statement before it changed exactly one row. */
function guardHit(db: Database): Statement {
  return db.run(
    sql`INSERT OR REPLACE INTO ${commitGuard} (id, hit) VALUES (1, CASE WHEN changes() = 1 THEN 1 END)`,
  )
}

/** The answer is stored only by the request that holds the key and only once. */
export function storeAnswer(
  db: Database,
  claim: Claim,
  answer: Answer,
  text: Text = (value) => value,
): Guarded {
  const where = and(
    eq(idempotency.tenantId, claim.tenantId),
    eq(idempotency.scope, claim.scope),
    eq(idempotency.claim, claim.token),
    isNull(idempotency.status),
  )
  return {
    guard: db
      .update(idempotency)
      .set({ status: answer.status, body: text(answer.body), sealed: answer.secret === true })
      .where(where),
  }
}

function ledgerStatements(db: Database, context: CommitContext, postings: readonly Posting[]): Statement[] {
  if (postings.length === 0) return []
  const entries = postings.flatMap((posting) => {
    const transactionId = context.newId()
    return posting.entries.map((entry) => ({
      id: context.newId(),
      tenantId: context.tenantId,
      transactionId,
      account: entry.account,
      customerId: posting.customerId,
      currency: posting.currency,
      amountMinor: entry.amount,
      cause: posting.cause,
      causeId: posting.causeId,
      bookedAt: context.now,
      fromDay: entry.days?.from ?? 0,
      toDay: entry.days?.to ?? 0,
    }))
  })
  return [...insertAll(db, ledgerEntries, entries), countDays(db, context.tenantId, context.now, postings)]
}

/** Scheduling what is already scheduled under the same key changes nothing. */
function agendaStatements(
  db: Database,
  { tenantId, now }: CommitContext,
  items: readonly Scheduled[],
): Statement[] {
  const rows = items.map((item) => ({
    ...item,
    tenantId,
    status: "Pending" as const,
    attempts: 0,
    createdAt: now,
  }))
  return insertMissing(db, agenda, rows)
}

/** An entry that is there already is not made again. */
function auditStatements(
  db: Database,
  { tenantId, now, actor, requestId }: CommitContext,
  entries: readonly StoredEntry[],
  text: Text,
): Statement[] {
  const rows = entries.map((entry) => ({
    id: entry.id,
    tenantId,
    at: now,
    actorType: actor.type,
    actorId: actor.id,
    action: entry.action,
    subjectType: entry.subjectType,
    subjectId: entry.subjectId,
    customerId: entry.customerId ?? null,
    before: entry.before ?? null,
    // Printed already, so it must not pass the column's own printing.
    after:
      entry.after === undefined || entry.after === null ? null : sql`${text(JSON.stringify(entry.after))}`,
    requestId,
  }))
  return insertMissing(db, audit, rows)
}

function outcomeOf(error: unknown): CommitOutcome {
  const text = messages(error)
  if (text.includes("NOT NULL constraint failed: commit_guard.hit")) return { kind: "GuardMissed" }
  const unique = /UNIQUE constraint failed: ([^:]+?)(?:: SQLITE|$)/m.exec(text)
  if (unique?.[1] !== undefined) return { kind: "NotUnique", constraint: unique[1].trim() }
  throw error
}

/** An error's message and those of its causes: drizzle wraps what D1 says. */
function messages(error: unknown): string {
  const parts: string[] = []
  for (let at: unknown = error; at instanceof Error && parts.length < 5; at = at.cause) parts.push(at.message)
  return parts.join("\n")
}

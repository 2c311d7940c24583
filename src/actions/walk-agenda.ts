// One turn of an advance of a test clock: runs what falls due on the way, in time order, each at its own time, as far as one invocation
// of the worker may go.
// Law: the same agenda as in live operation, walked in the same order at every replay, in however many turns.

import { endAdvance, endTurn, moveClock } from "../db/clock.ts"
import { noteFailure } from "../db/jobs.ts"
import { readersFor } from "../db/readers/index.ts"
import type { Readers } from "../db/readers/index.ts"
import type { AgendaRow } from "../db/rows.ts"
import type { Advancing } from "../domain/advance.ts"
import type { AgendaKind } from "../domain/agenda.ts"
import { KIND_ORDER } from "../domain/agenda.ts"
import type { Instant } from "../domain/time.ts"
import { formatInstant, instant } from "../domain/time.ts"
import { limits } from "../limits.ts"
import { log } from "../runtime/log.ts"
import { pause } from "../runtime/pause.ts"
import type { Answer } from "../db/commit.ts"
import { JobFailed, runJob } from "./run-job.ts"
import type { Platform, Scope } from "./scope.ts"
import { scopeFor } from "./scope.ts"

export type RanJob = {
  readonly id: string
  readonly kind: AgendaKind
  readonly subject: string
  readonly dueAt: Instant
  readonly invoiceId: string | null
  readonly error: string | null
}

/** `complete`: the clock has arrived; else another turn follows by itself. */
export type Advance = {
  readonly from: Instant
  readonly now: Instant
  readonly ran: readonly RanJob[]
  readonly complete: boolean
}

/** `now`: where the clock stands. `queries`: what the turn may ask of D1; null: as much as it likes. */
export type Turn = { readonly advance: Advancing; readonly now: Instant; readonly queries: number | null }

const PAGE = 50

/** How long who has the turn keeps it without a sign of life. */
export function turnUntil({ platform }: Scope): Instant {
  return instant(platform.wallNow() + limits.idempotencyLeaseMs)
}

/** The caller has taken the turn. The last turn of an advance tells the audit trail of all of it. */
export async function takenTurn(
  scope: Scope,
  turn: Turn,
  answer: (advance: Advance) => Answer | undefined,
): Promise<Advance> {
  const { platform, tenant } = scope
  let isOver = false
  try {
    const { now, ran, advance, complete } = await walk(scope, turn)
    const told = { from: turn.now, now: complete ? advance.to : now, ran, complete }
    const done = complete ? ended(scope, advance) : { audit: [] }
    await scope.commit({ ...done, answer: answer(told) })
    isOver = complete
    return told
  } finally {
    if (!isOver) {
      await endTurn(platform.db, tenant.id)
      await platform.continueAdvance([tenant.id])
    }
  }
}

function ended({ platform, tenant }: Scope, { from, to, jobs }: Advancing) {
  return {
    writes: [endAdvance(platform.db, tenant.id, to)],
    audit: [
      {
        action: "test_clock.advanced",
        subjectType: "Tenant",
        subjectId: tenant.id,
        before: { now: formatInstant(from) },
        after: { now: formatInstant(to), jobs },
      },
    ],
  }
}

type Walked = Omit<Advance, "from"> & { readonly advance: Advancing }

async function walk(scope: Scope, turn: Turn): Promise<Walked> {
  const { count, db } = scope.platform.countedDb()
  const platform = { ...scope.platform, db }
  const read = readersFor(db, scope.tenant.id)
  const ran: RanJob[] = []
  let { now, advance } = turn
  for (;;) {
    const next = await nextDue(read, advance)
    if (next === null || !hasRoom(ran.length, count.statements, turn.queries)) {
      await moveClock(db, scope.tenant.id, now, advance, turnUntil(scope))
      return { now, ran, advance, complete: next === null }
    }
    if (next.dueAt > now) now = next.dueAt
    await moveClock(db, scope.tenant.id, now, advance, turnUntil(scope))
    const job = await runAt(platform, scope, next, now)
    ran.push(job)
    const failed = job.error === null ? advance.failed : [...advance.failed, job.id]
    advance = { ...advance, jobs: advance.jobs + 1, failed }
  }
}

/** One job always, so that each turn gets somewhere. */
function hasRoom(ran: number, asked: number, queries: number | null): boolean {
  if (ran === 0) return true
  return ran < limits.advanceJobs && (queries === null || asked + limits.advanceReserve <= queries)
}

/** The earliest row that is due; of several at one instant, the kind that must come first. */
async function nextDue(read: Readers, { to, failed }: Advancing): Promise<AgendaRow | null> {
  const rows = await read.records.due(to, failed, PAGE)
  const first = rows.filter((row) => row.dueAt === rows[0]?.dueAt)
  return first.toSorted((a, b) => KIND_ORDER[a.kind] - KIND_ORDER[b.kind])[0] ?? null
}

async function runAt(platform: Platform, { tenant }: Scope, job: AgendaRow, now: Instant): Promise<RanJob> {
  const { id, kind, subject, dueAt } = job
  const jobScope = scopeFor(platform, tenant, {
    actor: { type: "System", id: kind },
    requestId: id,
    now,
    jobId: id,
    announce: false,
  })
  try {
    const { invoiceId } = await runJob(jobScope, job)
    return { id, kind, subject, dueAt, invoiceId, error: null }
  } catch (error) {
    if (await isDoneElsewhere(jobScope, error))
      return { id, kind, subject, dueAt, invoiceId: null, error: null }
    log.error("a job failed during an advance", error, { agenda_id: id, kind })
    const text = String(error).slice(0, limits.textLength)
    await noteFailure(platform.db, job, text)
    return { id, kind, subject, dueAt, invoiceId: null, error: text }
  }
}

/** The queue may be at the same job: whoever meets it there waits until it is done, for a while. */
async function isDoneElsewhere({ read, jobId }: Scope, error: unknown): Promise<boolean> {
  if (jobId === null || !(error instanceof JobFailed) || error.code !== "conflict") return false
  for (let look = 0; look < limits.advanceLooks; look++) {
    await pause(limits.advanceLookMs)
    if ((await read.records.job(jobId))?.status === "Done") return true
  }
  return false
}

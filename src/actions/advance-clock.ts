// Advances the clock of a test tenant and runs what falls due on the way, in time order, each at its own time.
// Law: the same agenda as in live operation, walked in the same order at every replay.

import { beginAdvance, endAdvance, moveClock } from "../db/clock.ts"
import { noteFailure } from "../db/jobs.ts"
import type { AgendaRow } from "../db/rows.ts"
import type { AgendaKind } from "../domain/agenda.ts"
import { KIND_ORDER } from "../domain/agenda.ts"
import { err, ok } from "../domain/result.ts"
import type { Instant } from "../domain/time.ts"
import { formatInstant, instant } from "../domain/time.ts"
import { limits } from "../limits.ts"
import { log } from "../runtime/log.ts"
import type { Outcome, Reply } from "./act.ts"
import { invalid, refusal } from "./refusal.ts"
import { runJob } from "./run-job.ts"
import type { Scope } from "./scope.ts"
import { scopeFor } from "./scope.ts"
import { liveClock } from "./set-clock.ts"

export type RanJob = {
  readonly id: string
  readonly kind: AgendaKind
  readonly subject: string
  readonly dueAt: Instant
  readonly invoiceId: string | null
  readonly error: string | null
}

/** `complete` is false when there was more to do than one advance does: advance again to the same time. */
export type Advance = {
  readonly from: Instant
  readonly now: Instant
  readonly ran: readonly RanJob[]
  readonly complete: boolean
}

const PAGE = 50

/** Goes to `to`, or to where it had to stop. The answer is stored with the last commit. */
export async function advanceClock(
  scope: Scope,
  to: Instant,
  reply: Reply<Advance>,
): Promise<Outcome<Advance>> {
  if (scope.tenant.mode !== "test") return err(liveClock())
  if (to < scope.now)
    return err(invalid("to", `The clock stands at ${formatInstant(scope.now)}: it can't go back.`))
  const longest = instant(scope.now + limits.advanceYears * 366 * 86_400_000)
  if (to > longest) return err(invalid("to", `One advance takes at most ${limits.advanceYears} years.`))
  if (to > limits.latestClockMs) return err(invalid("to", "A test clock stands at 2200-01-01 at the latest."))
  const { db, wallNow } = scope.platform
  const lease = () => instant(wallNow() + limits.idempotencyLeaseMs)
  if (!(await beginAdvance(db, scope.tenant.id, wallNow(), lease()))) {
    return err(refusal("conflict", "Another advance of this clock is under way."))
  }
  try {
    let now = scope.now
    const ran: RanJob[] = []
    const failed: string[] = []
    while (ran.length < limits.advanceJobs) {
      const next = await nextDue(scope, to, failed)
      if (next === null) break
      if (next.dueAt > now) now = next.dueAt
      await moveClock(db, scope.tenant.id, now, lease())
      const result = await runAt(scope, next, now)
      if (result.error !== null) failed.push(next.id)
      ran.push(result)
    }
    const complete = (await nextDue(scope, to, failed)) === null
    if (complete) now = to
    await moveClock(db, scope.tenant.id, now, lease())
    const advance = { from: scope.now, now, ran, complete }
    await scope.commit({
      answer: reply(advance),
      audit: [
        {
          action: "test_clock.advanced",
          subjectType: "Tenant",
          subjectId: scope.tenant.id,
          before: { now: formatInstant(scope.now) },
          after: { now: formatInstant(now), jobs: ran.length },
        },
      ],
    })
    return ok(advance)
  } finally {
    await endAdvance(db, scope.tenant.id)
  }
}

/** The earliest row that is due; of several at one instant, the kind that must come first. */
async function nextDue(scope: Scope, to: Instant, failed: readonly string[]): Promise<AgendaRow | null> {
  const rows = await scope.read.records.due(to, failed, PAGE)
  const first = rows.filter((row) => row.dueAt === rows[0]?.dueAt)
  return first.toSorted((a, b) => KIND_ORDER[a.kind] - KIND_ORDER[b.kind])[0] ?? null
}

async function runAt(scope: Scope, job: AgendaRow, now: Instant): Promise<RanJob> {
  const { id, kind, subject, dueAt } = job
  const jobScope = scopeFor(scope.platform, scope.tenant, {
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
    log.error("a job failed during an advance", error, { agenda_id: id, kind })
    const text = String(error).slice(0, limits.textLength)
    await noteFailure(scope.platform.db, job, text)
    return { id, kind, subject, dueAt, invoiceId: null, error: text }
  }
}

// What happens to agenda rows outside a commit of their own: a failed try, the dead letter, another chance.

import { and, eq, inArray, lt, sql } from "drizzle-orm"
import type { Instant } from "../domain/time.ts"
import type { Database, Guarded } from "./database.ts"
import type { AgendaRow } from "./rows.ts"
import { agenda } from "./schema.ts"

/** Counts a failed try. The row stays due: the queue, or cron after the lease, tries again. */
export async function noteFailure(db: Database, job: AgendaRow, error: string): Promise<void> {
  await db
    .update(agenda)
    .set({ attempts: sql`${agenda.attempts} + 1`, lastError: error })
    .where(and(eq(agenda.tenantId, job.tenantId), eq(agenda.id, job.id), sql`${agenda.status} <> 'Done'`))
}

/** The queue gave up: the row waits for a human, with its last error. */
export async function buryJob(db: Database, tenantId: string, id: string): Promise<void> {
  await db
    .update(agenda)
    .set({ status: "Dead", leaseUntil: null })
    .where(
      and(eq(agenda.tenantId, tenantId), eq(agenda.id, id), inArray(agenda.status, ["Pending", "Queued"])),
    )
}

/** The job has found what a human must see: it waits like one that the queue gave up, with the finding as its error. */
export async function reportJob(db: Database, tenantId: string, id: string, finding: string): Promise<void> {
  await db
    .update(agenda)
    .set({ status: "Dead", leaseUntil: null, lastError: finding })
    .where(
      and(eq(agenda.tenantId, tenantId), eq(agenda.id, id), inArray(agenda.status, ["Pending", "Queued"])),
    )
}

/** Another chance for a dead row: due as it was, with its tries forgotten. */
export function reviveJob(db: Database, tenantId: string, id: string): Guarded {
  const where = and(eq(agenda.tenantId, tenantId), eq(agenda.id, id), eq(agenda.status, "Dead"))
  return { guard: db.update(agenda).set({ status: "Pending", attempts: 0, leaseUntil: null }).where(where) }
}

/** Done rows are kept for a while, to answer what happened when. A row is done when it is due or later, so the index by due dates knows
 *  where the ones begin that may stay. */
export async function forgetDone(db: Database, before: Instant, limit: number): Promise<void> {
  const old = db
    .select({ id: agenda.id })
    .from(agenda)
    .where(and(eq(agenda.status, "Done"), lt(agenda.dueAt, before), lt(agenda.doneAt, before)))
    .limit(limit)
  await db.delete(agenda).where(inArray(agenda.id, old))
}

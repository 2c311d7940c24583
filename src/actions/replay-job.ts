// Gives a job that was given up another chance.

import type { AgendaRow } from "../db/rows.ts"
import { reviveJob } from "../db/jobs.ts"
import { err, ok } from "../domain/result.ts"
import type { Outcome, Reply } from "./act.ts"
import { act } from "./act.ts"
import { notFound, refusal } from "./refusal.ts"
import type { Scope } from "./scope.ts"

export async function replayJob(
  scope: Scope,
  id: string,
  reply: Reply<AgendaRow>,
): Promise<Outcome<AgendaRow>> {
  const outcome = await act(
    scope,
    async () => {
      const job = await scope.read.records.job(id)
      if (job === null) return err(notFound("job"))
      if (job.status !== "Dead") {
        return err(refusal("invalid_state", `The job is ${job.status}; only a Dead one can be replayed.`))
      }
      return ok({
        value: { ...job, status: "Pending" as const, attempts: 0, leaseUntil: null },
        commit: {
          guards: [reviveJob(scope.platform.db, scope.tenant.id, id)],
          audit: [
            {
              action: "job.replayed",
              subjectType: "Job",
              subjectId: id,
              before: { status: job.status, last_error: job.lastError },
            },
          ],
        },
      })
    },
    reply,
  )
  if (outcome.ok) {
    const { kind } = outcome.value
    scope.platform.background(scope.platform.enqueue([{ id, tenantId: scope.tenant.id, kind }]))
  }
  return outcome
}

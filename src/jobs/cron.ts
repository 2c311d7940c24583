// The tick of every minute: moves what is due onto the queue and forgets what has expired. It decides nothing.
// A tick that is missed or comes twice does no harm: the next one finds the same rows, and each is done once.

import type { Platform } from "../actions/scope.ts"
import { forgetExpiredKeys } from "../db/idempotency.ts"
import { forgetDone } from "../db/jobs.ts"
import { takeDue } from "../db/system.ts"
import { instant } from "../domain/time.ts"
import { limits } from "../limits.ts"
import { log } from "../runtime/log.ts"

export async function tick(platform: Platform): Promise<void> {
  const wall = platform.wallNow()
  const due = await takeDue(platform.db, wall, limits.jobLeaseMs, limits.jobsPerTick)
  const byTenant = Map.groupBy(due, (row) => row.tenantId)
  for (const [tenantId, rows] of byTenant) {
    await platform.enqueue(
      tenantId,
      rows.map((row) => row.id),
    )
  }
  await forgetExpiredKeys(platform.db, wall)
  await forgetDone(platform.db, instant(wall - limits.doneJobsKeptMs))
  if (due.length > 0) log.info("jobs queued", { jobs: due.length })
}

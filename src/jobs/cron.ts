// The tick of every minute: moves what is due onto the queue and forgets what has expired. It decides nothing.
// A tick that is missed or comes twice does no harm: the next one finds the same rows, and each is done once.

import type { Platform } from "../actions/scope.ts"
import { forgetExpiredKeys } from "../db/idempotency.ts"
import { forgetDone } from "../db/jobs.ts"
import { countQueued, DUE_SOURCES, takeDue } from "../db/system.ts"
import { forgetWebhooks } from "../db/webhooks.ts"
import { instant } from "../domain/time.ts"
import { limits } from "../limits.ts"
import { firstIdAt } from "../runtime/ids.ts"
import { log } from "../runtime/log.ts"

export async function tick(platform: Platform): Promise<void> {
  const wall = platform.wallNow()
  const jobs = await queueDue(platform)
  await forgetExpiredKeys(platform.db, wall, limits.forgottenPerTick)
  await forgetDone(platform.db, instant(wall - limits.doneJobsKeptMs), limits.forgottenPerTick)
  await forgetWebhooks(platform.db, firstIdAt(wall - limits.webhooksKeptMs), limits.forgottenPerTick)
  if (jobs > 0) log.info("jobs queued", { jobs })
}

/** Takes pages of what is due and sends each at once: should the tick die, what it took waits for its lease, the rest for the next tick. */
async function queueDue(platform: Platform): Promise<number> {
  const wall = platform.wallNow()
  const room = limits.jobsInFlight - (await countQueued(platform.db, wall))
  const most = Math.min(limits.jobsPerTick, room)
  let queued = 0
  for (const source of DUE_SOURCES) {
    while (queued < most) {
      const page = Math.min(limits.jobsPerTake, most - queued)
      const due = await takeDue(platform.db, source, wall, limits.jobLeaseMs, page)
      await platform.enqueue(due)
      queued += due.length
      if (due.length < page) break
    }
  }
  return queued
}

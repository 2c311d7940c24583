// The tick of every minute: moves what is due onto the queue and forgets what has expired. It decides nothing.
// A tick that is missed or comes twice does no harm: the next one finds the same rows, and each is done once.

import type { Platform } from "../actions/scope.ts"
import { waitingAdvances } from "../db/clock.ts"
import { forgetExpiredKeys } from "../db/idempotency.ts"
import { forgetProcessorEvents, forgetSandbox } from "../db/forget-processors.ts"
import { forgetDone } from "../db/jobs.ts"
import { auditsDue, beginAudits, countQueued, DUE_SOURCES, takeDue } from "../db/system.ts"
import { forgetWebhooks } from "../db/webhooks.ts"
import type { JobQueue } from "../domain/agenda.ts"
import { JOB_QUEUES } from "../domain/agenda.ts"
import { formatInstant, instant } from "../domain/time.ts"
import { limits } from "../limits.ts"
import { firstIdAt } from "../runtime/ids.ts"
import { log } from "../runtime/log.ts"

export async function tick(platform: Platform): Promise<void> {
  const wall = platform.wallNow()
  await auditLedgers(platform)
  await platform.continueAdvance(await waitingAdvances(platform.db, wall, limits.advancesPerTick))
  let jobs = 0
  for (const queue of JOB_QUEUES) jobs += await queueDue(platform, queue)
  await forgetExpiredKeys(platform.db, wall, limits.forgottenPerTick)
  await forgetDone(platform.db, instant(wall - limits.doneJobsKeptMs), limits.forgottenPerTick)
  await forgetWebhooks(platform.db, firstIdAt(wall - limits.webhooksKeptMs), limits.forgottenPerTick)
  await forgetProcessorEvents(
    platform.db,
    firstIdAt(wall - limits.processorEventsKeptMs),
    limits.forgottenPerTick,
  )
  await forgetSandbox(platform.db, instant(wall - limits.sandboxKeptMs), limits.forgottenPerTick)
  if (jobs > 0) log.info("jobs queued", { jobs })
}

/** Each tenant's ledger is audited once a day, by the wall: a test clock may run through years in a minute. */
async function auditLedgers({ db, wallNow, newId }: Platform): Promise<void> {
  const wall = wallNow()
  const due = await auditsDue(db, instant(wall - limits.auditEveryMs), limits.auditsPerTick)
  if (due.length > 0) await beginAudits(db, due, formatInstant(wall).slice(0, 10), wall, newId)
}

const IN_FLIGHT: Readonly<Record<JobQueue, number>> = {
  Jobs: limits.jobsInFlight,
  Webhooks: limits.webhookJobsInFlight,
}

/** Takes pages of what is due and sends each at once: should the tick die, what it took waits for its lease, the rest for the next tick. */
async function queueDue(platform: Platform, queue: JobQueue): Promise<number> {
  const wall = platform.wallNow()
  const room = IN_FLIGHT[queue] - (await countQueued(platform.db, queue, wall))
  const most = Math.min(limits.jobsPerTick, room)
  let queued = 0
  for (const source of DUE_SOURCES) {
    while (queued < most) {
      const page = Math.min(limits.jobsPerTake, most - queued)
      const due = await takeDue(platform.db, { source, queue }, wall, limits.jobLeaseMs, page)
      await platform.enqueue(due)
      queued += due.length
      if (due.length < page) break
    }
  }
  return queued
}

// The consumer of the queue: one message is one agenda row, or an alert that was crossed. Each message is acknowledged or
// retried on its own.

import { fireAlert } from "../actions/fire-alert.ts"
import { JobFailed, runJob } from "../actions/run-job.ts"
import type { Platform } from "../actions/scope.ts"
import { scopeFor, tenantNow } from "../actions/scope.ts"
import { buryJob, jobById, noteFailure } from "../db/jobs.ts"
import { tenantById } from "../db/system.ts"
import type { JobMessage } from "../domain/agenda.ts"
import { retryDelaySeconds } from "../domain/agenda.ts"
import type { AlertMessage } from "../domain/alert.ts"
import { limits } from "../limits.ts"
import { log } from "../runtime/log.ts"

const DEAD_LETTERS = "-dead"

type Message = JobMessage | AlertMessage

export async function consume(platform: Platform, batch: MessageBatch<Message>): Promise<void> {
  const dead = batch.queue.endsWith(DEAD_LETTERS)
  for (const message of batch.messages) {
    try {
      if (dead) await bury(platform, message.body)
      else await perform(platform, message.body)
      message.ack()
    } catch (error) {
      const subject = "kind" in message.body ? fieldsOf(message.body) : { agenda_id: message.body.agenda_id }
      log.error("a job failed and will be tried again", error, { ...subject, attempt: message.attempts })
      message.retry({ delaySeconds: retryDelaySeconds(message.attempts) })
    }
  }
}

async function perform(platform: Platform, message: Message): Promise<void> {
  return "kind" in message ? fire(platform, message) : run(platform, message)
}

async function fire(platform: Platform, message: AlertMessage): Promise<void> {
  const tenant = await tenantById(platform.db, message.tenant_id)
  if (tenant === null) return
  const scope = scopeFor(platform, tenant, {
    actor: { type: "System", id: message.kind },
    requestId: platform.newId(),
    now: tenantNow(tenant, platform.wallNow()),
  })
  const outcome = await fireAlert(scope, message)
  if (!outcome.ok) throw new JobFailed(`${outcome.error.code}: ${outcome.error.detail}`)
}

async function run(platform: Platform, { tenant_id: tenantId, agenda_id: id }: JobMessage): Promise<void> {
  const [tenant, job] = await Promise.all([
    tenantById(platform.db, tenantId),
    jobById(platform.db, tenantId, id),
  ])
  if (tenant === null || job === null || job.status === "Done" || job.status === "Dead") return
  const now = tenantNow(tenant, platform.wallNow())
  // Queued by mistake or moved meanwhile: cron brings it back when its time has come.
  if (job.dueAt > now) return
  const scope = scopeFor(platform, tenant, {
    actor: { type: "System", id: job.kind },
    requestId: id,
    now,
    jobId: id,
  })
  try {
    await runJob(scope, job)
  } catch (error) {
    // Two deliveries may race; the one that lost finds the work done.
    const after = await jobById(platform.db, tenantId, id)
    if (after?.status === "Done") return
    await noteFailure(platform.db, job, String(error).slice(0, limits.textLength))
    throw error
  }
}

async function bury(platform: Platform, message: Message): Promise<void> {
  // A crossing has no row that could wait: what is known of it goes to the log.
  if ("kind" in message) return log.warn("an alert could not be told that it was crossed", fieldsOf(message))
  const { tenant_id: tenantId, agenda_id: id } = message
  await buryJob(platform.db, tenantId, id)
  log.warn("a job was given up; see /admin/v1/jobs?status=Dead", { agenda_id: id, tenant_id: tenantId })
}

function fieldsOf({ tenant_id, alert_id, epoch, crossing }: AlertMessage) {
  return { tenant_id, alert_id, epoch, crossing }
}

// The consumer of the queue: one message is one agenda row, an alert that was crossed, or a threshold that was reached. Each message is acknowledged or
// retried on its own.

import { continueAdvance } from "../actions/advance-clock.ts"
import { fireAlert } from "../actions/fire-alert.ts"
import { noteThreshold } from "../actions/note-threshold.ts"
import { JobFailed, runJob } from "../actions/run-job.ts"
import type { Platform } from "../actions/scope.ts"
import { scopeFor, tenantNow } from "../actions/scope.ts"
import { buryJob, noteFailure } from "../db/jobs.ts"
import type { AgendaRow, TenantRow } from "../db/rows.ts"
import { rowsOfMessages } from "../db/system.ts"
import type { AdvanceMessage } from "../domain/advance.ts"
import type { JobMessage } from "../domain/agenda.ts"
import { retryDelaySeconds } from "../domain/agenda.ts"
import type { AlertMessage } from "../domain/alert.ts"
import type { ThresholdMessage } from "../domain/threshold.ts"
import { limits } from "../limits.ts"
import { log } from "../runtime/log.ts"
import { sideBySide } from "../runtime/side-by-side.ts"

const DEAD_LETTERS = "-dead"

type Crossing = AlertMessage | ThresholdMessage
type Body = JobMessage | Crossing | AdvanceMessage

/** What the messages of a batch name, read at once. */
type Named = {
  readonly jobs: ReadonlyMap<string, AgendaRow>
  readonly tenants: ReadonlyMap<string, TenantRow>
}

export async function consume(platform: Platform, batch: MessageBatch<Body>): Promise<void> {
  const dead = batch.queue.endsWith(DEAD_LETTERS)
  let named: Promise<Named> | null = null
  await sideBySide(batch.messages, limits.jobsSideBySide, async (message) => {
    try {
      // Within the try, so that the messages of a batch that could not be read are tried again later, not at once.
      if (dead) await bury(platform, message.body)
      else await perform(platform, message.body, await (named ??= namedBy(platform, batch)), batch)
      message.ack()
    } catch (error) {
      tellFailure(error, message)
      message.retry({ delaySeconds: retryDelaySeconds(message.attempts) })
    }
  })
}

async function namedBy(platform: Platform, { messages }: MessageBatch<Body>): Promise<Named> {
  const rows = await rowsOfMessages(
    platform.db,
    messages.map((message) => message.body),
  )
  return {
    jobs: new Map(rows.jobs.map((job) => [job.id, job])),
    tenants: new Map(rows.tenants.map((tenant) => [tenant.id, tenant])),
  }
}

/** That others were quicker is no fault: the row waits for its next turn. */
function tellFailure(error: unknown, { body, attempts }: Message<Body>): void {
  const subject = fieldsOf(body)
  const isConflict = error instanceof JobFailed && error.code === "conflict"
  if (isConflict) log.info("a job met others and will be tried again", { ...subject, attempt: attempts })
  else log.error("a job failed and will be tried again", error, { ...subject, attempt: attempts })
}

async function perform(
  platform: Platform,
  message: Body,
  { jobs, tenants }: Named,
  { messages }: MessageBatch<Body>,
): Promise<void> {
  const tenant = tenants.get(message.tenant_id)
  if (tenant === undefined) return
  if ("kind" in message) {
    if (message.kind !== "advance-clock") return fire(platform, message, tenant)
    return goOn(platform, tenant, messages.length)
  }
  const job = jobs.get(message.agenda_id)
  if (job?.tenantId === tenant.id) await run(platform, job, tenant)
}

async function fire(platform: Platform, message: Crossing, tenant: TenantRow): Promise<void> {
  const scope = scopeFor(platform, tenant, {
    actor: { type: "System", id: message.kind },
    requestId: platform.newId(),
    now: tenantNow(tenant, platform.wallNow()),
  })
  const outcome =
    message.kind === "alert-crossed" ? await fireAlert(scope, message) : await noteThreshold(scope, message)
  if (!outcome.ok) throw new JobFailed(outcome.error)
}

/** The messages of a batch share what an invocation may ask of D1. */
async function goOn(platform: Platform, tenant: TenantRow, messages: number): Promise<void> {
  const { queries } = platform
  const scope = scopeFor(platform, tenant, {
    actor: { type: "System", id: "advance-clock" },
    requestId: platform.newId(),
    now: tenantNow(tenant, platform.wallNow()),
  })
  await continueAdvance(scope, queries === null ? null : Math.floor(queries / messages))
}

async function run(platform: Platform, job: AgendaRow, tenant: TenantRow): Promise<void> {
  if (job.status === "Done" || job.status === "Dead") return
  const now = tenantNow(tenant, platform.wallNow())
  // Queued by mistake or moved meanwhile: cron brings it back when its time has come.
  if (job.dueAt > now) return
  const scope = scopeFor(platform, tenant, {
    actor: { type: "System", id: job.kind },
    requestId: job.id,
    now,
    jobId: job.id,
  })
  try {
    await runJob(scope, job)
  } catch (error) {
    await noteFailure(platform.db, job, String(error).slice(0, limits.textLength))
    throw error
  }
}

async function bury(platform: Platform, message: Body): Promise<void> {
  // A crossing has no row that could wait: what is known of it goes to the log. Of an advance cron reminds.
  if ("kind" in message) return log.warn("a message could not be worked off", fieldsOf(message))
  const { tenant_id: tenantId, agenda_id: id } = message
  await buryJob(platform.db, tenantId, id)
  log.warn("a job was given up; see /admin/v1/jobs?status=Dead", { agenda_id: id, tenant_id: tenantId })
}

function fieldsOf(message: Body) {
  if (!("kind" in message)) return { agenda_id: message.agenda_id }
  if (message.kind === "advance-clock") return { kind: message.kind, tenant_id: message.tenant_id }
  const { kind, tenant_id, crossing } = message
  const subject =
    kind === "alert-crossed"
      ? { alert_id: message.alert_id, epoch: message.epoch }
      : { subscription_id: message.subscription_id }
  return { kind, tenant_id, crossing, ...subject }
}

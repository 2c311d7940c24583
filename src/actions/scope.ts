// What an action works with: one tenant's readers and writers, one reading of its clock, one way to commit.
// Law: an action never sees another tenant, never reads a clock, and changes nothing but through `commit`.

import type { ArchiveStore } from "../archive/store.ts"
import type { BudgetClient } from "../budget/client.ts"
import type { Actor, Answer, Claim, Commit, CommitOutcome, Scheduled } from "../db/commit.ts"
import { commit } from "../db/commit.ts"
import type { Count } from "../db/counted-d1.ts"
import type { Database } from "../db/database.ts"
import type { Readers } from "../db/readers/index.ts"
import { readersFor } from "../db/readers/index.ts"
import type { TenantRow } from "../db/rows.ts"
import type { DueRow } from "../db/system.ts"
import type { Writer } from "../db/writer.ts"
import { writerFor } from "../db/writer.ts"
import type { WebhookAnswer, WebhookRequest } from "../domain/webhook.ts"
import type { EventSubject } from "../domain/webhook-events.ts"
import type { Instant } from "../domain/time.ts"
import { instant } from "../domain/time.ts"
import type { Mailer } from "../mail/port.ts"
import type { MeterClient } from "../meter/client.ts"
import type { Processor, SandboxDesk, SandboxWindow, StripeAccount } from "../payments/port.ts"
import { seal, unseal } from "../runtime/seal.ts"
import type { TermsCache } from "./terms-cache.ts"

/** The machine below all tenants. Built once per request or job by the composition root. */
export type Platform = {
  readonly db: Database
  readonly rootKey: string
  readonly jwtSecret: string
  readonly wallNow: () => Instant
  readonly newId: () => string
  readonly meter: (tenantId: string, subscriptionId: string) => MeterClient
  readonly usageTerms: TermsCache
  readonly archive: ArchiveStore
  readonly budget: (tenantId: string, customerId: string) => BudgetClient
  /** Who moves a tenant's money: its own account at Stripe, or the sandbox. */
  readonly processorOf: (tenant: TenantRow) => Processor
  /** The operator's account at Stripe, which live tenants without one of their own share; null: there is none. */
  readonly operatorStripe: () => Processor | null
  /** The sandbox and what its own site would do, whoever moves the tenant's money now. */
  readonly sandboxOf: (tenant: Pick<TenantRow, "id">) => SandboxDesk & { readonly processor: Processor }
  /** What of the sandbox can be looked at. */
  readonly windowOf: (tenant: TenantRow) => SandboxWindow
  /** What is kept of an account at Stripe. */
  readonly sealStripe: (tenantId: string, account: StripeAccount) => Promise<string>
  readonly postWebhook: (request: WebhookRequest) => Promise<WebhookAnswer>
  /** Sends mails, or stands in for who would. */
  readonly mailer: Mailer
  /** Where customers reach this worker. */
  readonly publicUrl: string
  /** In local development webhooks may go to this machine and its neighbours. */
  readonly allowPrivateWebhooks: boolean
  /** What an event is of, as the API shows it. */
  readonly showSubject: (read: Readers, subject: EventSubject) => Promise<unknown>
  /** Puts agenda rows on the queue, of all tenants together. Losing the call loses nothing: cron finds the rows. */
  readonly enqueue: (rows: readonly DueRow[]) => Promise<void>
  /** What an invocation may ask of D1; null: as much as it likes, as on one's own machine. */
  readonly queries: number | null
  /** The database of an advance, which counts what is asked of it. */
  readonly countedDb: () => { readonly db: Database; readonly count: Readonly<Count> }
  /** Brings the next turn of the advances of these tenants' clocks. Losing the call loses nothing: cron finds them. */
  readonly continueAdvance: (tenantIds: readonly string[]) => Promise<void>
  /** Keeps the isolate alive for work whose loss does no harm. */
  readonly background: (work: Promise<unknown>) => void
}

export type ClaimState = { readonly claim: Claim; stored: boolean }

export type Scope = {
  readonly platform: Platform
  readonly tenant: TenantRow
  readonly now: Instant
  readonly actor: Actor
  /** Set when the caller is a customer, who reaches nobody else. */
  readonly customerId: string | null
  readonly jobId: string | null
  readonly claim: ClaimState | null
  readonly read: Readers
  readonly write: Writer
  readonly newId: () => string
  readonly meter: (subscriptionId: string) => MeterClient
  readonly budget: (customerId: string) => BudgetClient
  readonly commit: (plan: Commit) => Promise<CommitOutcome>
  /** The same for a commit of its own, which neither ends the job nor answers the request. */
  readonly aside: () => Scope
}

export type ScopeOptions = {
  readonly actor: Actor
  readonly requestId: string
  readonly now: Instant
  readonly customerId?: string | null
  readonly jobId?: string | null
  readonly claim?: ClaimState | null
  /** Whether rows that are due at once go to the queue right after the commit. An advance runs them itself. */
  readonly announce?: boolean
}

export function scopeFor(platform: Platform, tenant: TenantRow, options: ScopeOptions): Scope {
  const claim = options.claim ?? null
  const jobId = options.jobId ?? null
  let read: Readers | null = null
  let write: Writer | null = null
  return {
    platform,
    tenant,
    now: options.now,
    actor: options.actor,
    customerId: options.customerId ?? null,
    jobId,
    claim,
    // Made when they are wanted: usage events want neither.
    get read() {
      return (read ??= readersFor(platform.db, tenant.id))
    },
    get write() {
      return (write ??= writerFor(platform.db, tenant.id))
    },
    newId: platform.newId,
    meter: (subscriptionId) => platform.meter(tenant.id, subscriptionId),
    budget: (customerId) => platform.budget(tenant.id, customerId),
    aside: () => scopeFor(platform, tenant, { ...options, claim: null, jobId: null }),
    async commit(plan) {
      const context = {
        tenantId: tenant.id,
        now: options.now,
        actor: options.actor,
        requestId: options.requestId,
        claim: claim?.claim ?? null,
        jobId,
        newId: platform.newId,
      }
      const outcome = await commit(platform.db, context, await sealed(platform, plan))
      if (outcome.kind === "Committed") {
        if (claim !== null && plan.answer !== undefined) claim.stored = true
        if (options.announce !== false) announce(platform, tenant.id, options.now, outcome.scheduled)
      }
      return outcome
    },
  }
}

const SEALED_ANSWERS = "idempotent answers"

/** An answer with a credential in it is stored so that only this platform's secret opens it again. */
async function sealed(platform: Platform, plan: Commit): Promise<Commit> {
  const { answer } = plan
  if (answer?.secret !== true) return plan
  return { ...plan, answer: { ...answer, body: await seal(answer.body, platform.jwtSecret, SEALED_ANSWERS) } }
}

/** The stored answer as it was told the first time. */
export async function opened(platform: Platform, answer: Answer): Promise<string> {
  return answer.secret === true ? unseal(answer.body, platform.jwtSecret, SEALED_ANSWERS) : answer.body
}

function announce(platform: Platform, tenantId: string, now: Instant, scheduled: readonly Scheduled[]): void {
  const due = scheduled.filter((item) => item.dueAt <= now).map(({ id, kind }) => ({ id, tenantId, kind }))
  if (due.length > 0) platform.background(platform.enqueue(due))
}

/** Where a tenant's clock stands: the wall for live tenants, and for test tenants whose clock was never set. */
export function tenantNow(tenant: Pick<TenantRow, "clockAt">, wall: Instant): Instant {
  return tenant.clockAt === null ? wall : instant(tenant.clockAt)
}

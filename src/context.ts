// The composition root: what a request or job works with, made from the environment.

import { exports } from "cloudflare:workers"
import { CredentialCache } from "./actions/authenticate.ts"
import type { Platform } from "./actions/scope.ts"
import { TermsCache } from "./actions/terms-cache.ts"
import { ArchiveStore } from "./archive/store.ts"
import type { Door } from "./api/shared/door.ts"
import type { Door as BillyDoor } from "./billy/door.ts"
import { readOrigins } from "./billy/origins.ts"
import { showSubject } from "./api/webhooks/show.ts"
import { budgetOf } from "./budget/client.ts"
import { countedD1 } from "./db/counted-d1.ts"
import type { Database } from "./db/database.ts"
import { openDatabase } from "./db/database.ts"
import { sandboxStore } from "./db/sandbox.ts"
import type { DueRow } from "./db/system.ts"
import type { JobMessage } from "./domain/agenda.ts"
import { JOB_QUEUES, queueOf } from "./domain/agenda.ts"
import { budgetName } from "./domain/alert.ts"
import { instant } from "./domain/time.ts"
import type { Env, Outside, Secrets } from "./env.ts"
import { outsideOf, secretsOf } from "./env.ts"
import { httpMailer } from "./mail/http.ts"
import { logMailer } from "./mail/log.ts"
import { meterOf } from "./meter/client.ts"
import type { Setup } from "./payments/index.ts"
import {
  deskFor,
  operatorStripe,
  processorFor,
  sandboxFor,
  sealAccount,
  windowFor,
} from "./payments/index.ts"
import { wallNowMs } from "./runtime/clock.ts"
import { newId } from "./runtime/ids.ts"
import { postWebhook } from "./webhooks/post.ts"

const QUEUE_BATCH = 100

/** What is the same for every request of an isolate. Bindings are no handles of a request, so they may be kept. */
type Shared = { readonly db: Database; readonly secrets: Secrets; readonly outside: Outside }

const sharedByEnv = new WeakMap<Env, Shared>()

function sharedOf(env: Env): Shared {
  const known = sharedByEnv.get(env)
  if (known !== undefined) return known
  const shared = { db: openDatabase(env.DB), secrets: secretsOf(env), outside: outsideOf(env) }
  sharedByEnv.set(env, shared)
  return shared
}

export function platformOf(env: Env, ctx: ExecutionContext): Platform {
  const { db, secrets, outside } = sharedOf(env)
  const payments = paymentsOf({ db, secrets, outside })
  const allowPrivateWebhooks = env.ALLOW_PRIVATE_WEBHOOKS === "1"
  return {
    db,
    rootKey: secrets.rootKey,
    jwtSecret: secrets.jwtSecret,
    wallNow: () => instant(wallNowMs()),
    newId,
    meter: (tenantId, subscriptionId) => meterOf(env.METER, tenantId, subscriptionId),
    usageTerms,
    archive: new ArchiveStore(env.ARCHIVE),
    budget: (tenantId, customerId) => budgetOf(env.BUDGET, budgetName(tenantId, customerId)),
    processorOf: (tenant) => processorFor(payments, tenant),
    operatorStripe: () => operatorStripe(payments),
    sandboxOf: (tenant) => ({ ...deskFor(payments, tenant), processor: sandboxFor(payments, tenant) }),
    windowOf: (tenant) => windowFor(payments, tenant),
    sealStripe: (tenantId, account) => sealAccount(account, secrets.jwtSecret, tenantId),
    postWebhook: (request) => postWebhook(request, allowPrivateWebhooks),
    allowPrivateWebhooks,
    mailer: outside.mail === null ? logMailer : httpMailer(outside.mail),
    publicUrl: outside.publicUrl,
    showSubject,
    async enqueue(rows) {
      for (const queue of JOB_QUEUES) {
        const mine = rows.filter(({ kind }) => queueOf(kind) === queue)
        await sendAll(queue === "Webhooks" ? env.WEBHOOKS : env.JOBS, mine)
      }
    },
    queries: outside.d1Queries,
    countedDb() {
      const count = { calls: 0, statements: 0 }
      return { count, db: openDatabase(countedD1(env.DB, count)) }
    },
    async continueAdvance(tenantIds) {
      for (const id of tenantIds) await env.JOBS.send({ kind: "advance-clock", tenant_id: id })
    },
    background: (work) => ctx.waitUntil(work),
  }
}

async function sendAll(queue: Queue<JobMessage>, rows: readonly DueRow[]): Promise<void> {
  for (let from = 0; from < rows.length; from += QUEUE_BATCH) {
    const some = rows.slice(from, from + QUEUE_BATCH)
    await queue.sendBatch(some.map(({ id, tenantId }) => ({ body: { agenda_id: id, tenant_id: tenantId } })))
  }
}

function paymentsOf({ db, secrets, outside }: Shared): Setup {
  const wallNow = () => instant(wallNowMs())
  return {
    secret: secrets.jwtSecret,
    ...outside,
    wallNow,
    storeOf: (tenantId) => sandboxStore(db, tenantId, { wallNow, newId }),
    call: (request) => exports.default.fetch(request),
  }
}

/** One of each per isolate: they hold no promise and no handle of any request. */
const credentials = new CredentialCache()
const usageTerms = new TermsCache()

export function doorOf(env: Env, ctx: ExecutionContext): Door {
  return {
    platform: platformOf(env, ctx),
    credentials,
    rates: {
      mayTryCredentials: async (key) => (await env.AUTH_LIMIT.limit({ key })).success,
      mayCall: async (key) => (await env.API_LIMIT.limit({ key })).success,
    },
  }
}

export function billyDoorOf(env: Env, ctx: ExecutionContext): BillyDoor {
  return {
    ...doorOf(env, ctx),
    isRegistrationOpen: env.BILLY_REGISTRATION !== "closed",
    allowedOrigins: readOrigins(env.BILLY_ALLOWED_ORIGINS),
  }
}

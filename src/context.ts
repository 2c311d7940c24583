// The composition root: what a request or job works with, made from the environment.

import { exports } from "cloudflare:workers"
import { CredentialCache } from "./actions/authenticate.ts"
import type { Platform } from "./actions/scope.ts"
import { TermsCache } from "./actions/terms-cache.ts"
import { ArchiveStore } from "./archive/store.ts"
import type { Door } from "./api/shared/door.ts"
import { showSubject } from "./api/webhooks/show.ts"
import { budgetOf } from "./budget/client.ts"
import type { Database } from "./db/database.ts"
import { openDatabase } from "./db/database.ts"
import { sandboxStore } from "./db/sandbox.ts"
import { budgetName } from "./domain/alert.ts"
import { instant } from "./domain/time.ts"
import type { Env, Outside, Secrets } from "./env.ts"
import { outsideOf, secretsOf } from "./env.ts"
import { meterOf } from "./meter/client.ts"
import type { Setup } from "./payments/index.ts"
import { deskFor, processorFor, sandboxFor, sealAccount } from "./payments/index.ts"
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
    sandboxOf: (tenant) => ({ ...deskFor(payments, tenant), processor: sandboxFor(payments, tenant) }),
    sealStripe: (tenantId, account) => sealAccount(account, secrets.jwtSecret, tenantId),
    postWebhook: (request) => postWebhook(request, allowPrivateWebhooks),
    allowPrivateWebhooks,
    showSubject,
    async enqueue(rows) {
      for (let from = 0; from < rows.length; from += QUEUE_BATCH) {
        const some = rows.slice(from, from + QUEUE_BATCH)
        await env.JOBS.sendBatch(
          some.map(({ id, tenantId }) => ({ body: { agenda_id: id, tenant_id: tenantId } })),
        )
      }
    },
    background: (work) => ctx.waitUntil(work),
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

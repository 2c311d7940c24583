// The bindings and secrets of the worker, parsed once per isolate. The only reader of the raw environment.

import type { CustomerBudget } from "./budget/customer-budget.ts"
import type { AdvanceMessage } from "./domain/advance.ts"
import type { JobMessage } from "./domain/agenda.ts"
import type { AlertMessage } from "./domain/alert.ts"
import type { ThresholdMessage } from "./domain/threshold.ts"
import type { SubscriptionMeter } from "./meter/subscription-meter.ts"

export interface Env {
  readonly DB: D1Database
  readonly METER: DurableObjectNamespace<SubscriptionMeter>
  readonly BUDGET: DurableObjectNamespace<CustomerBudget>
  readonly JOBS: Queue<JobMessage | AlertMessage | ThresholdMessage | AdvanceMessage>
  /** What tells others: webhooks and mails. */
  readonly WEBHOOKS: Queue<JobMessage>
  readonly ARCHIVE: R2Bucket
  readonly ASSETS: Fetcher
  readonly AUTH_LIMIT: RateLimit
  readonly API_LIMIT: RateLimit
  readonly ROOT_API_KEY?: string
  readonly JWT_SECRET?: string
  /** `1` in local development: webhooks may go to private addresses, and without TLS. */
  readonly ALLOW_PRIVATE_WEBHOOKS?: string
  /** `closed`: companies of Billy are registered with the root key only. Anything else: by everybody. */
  readonly BILLY_REGISTRATION?: string
  /** Origins whose pages may call Billy from a browser, with spaces between them. Without it: none. */
  readonly BILLY_ALLOWED_ORIGINS?: string
  /** The operator's own account at Stripe, for live tenants that have none of their own. Its events come to `/v1/webhooks/stripe`. */
  readonly STRIPE_SECRET_KEY?: string
  readonly STRIPE_WEBHOOK_SECRET?: string
  /** Where Stripe's API is, if not at Stripe: an emulator. */
  readonly STRIPE_API_BASE?: string
  /** How many queries of D1 an invocation may make by the account's plan. Without it: as many as it likes. */
  readonly D1_QUERIES?: string
  /** Where customers reach this worker. */
  readonly PUBLIC_URL?: string
  /** The mail provider: its key, who writes, and its address if that is not Resend's. Without a key mails are in the log only. */
  readonly MAIL_API_KEY?: string
  readonly MAIL_FROM?: string
  readonly MAIL_API_URL?: string
}

export type Secrets = { readonly rootKey: string; readonly jwtSecret: string }

/** What is set about the world outside. */
export type Outside = {
  readonly stripe: { readonly secretKey: string; readonly webhookSecret: string | null } | null
  readonly stripeApiBase: string | null
  readonly publicUrl: string
  /** Queries of D1 in one invocation; null: no bound. */
  readonly d1Queries: number | null
  readonly mail: { readonly url: string; readonly key: string; readonly from: string } | null
}

/** Where `npm start` serves. */
const LOCAL_URL = "http://127.0.0.1:8787"

export function outsideOf(env: Env): Outside {
  const secretKey = env.STRIPE_SECRET_KEY ?? ""
  const webhookSecret = env.STRIPE_WEBHOOK_SECRET ?? ""
  return {
    stripe:
      secretKey === "" ? null : { secretKey, webhookSecret: webhookSecret === "" ? null : webhookSecret },
    stripeApiBase: urlOf("STRIPE_API_BASE", env.STRIPE_API_BASE),
    publicUrl: urlOf("PUBLIC_URL", env.PUBLIC_URL) ?? LOCAL_URL,
    d1Queries: wholeOf("D1_QUERIES", env.D1_QUERIES),
    mail: mailOf(env),
  }
}

const RESEND_URL = "https://api.resend.com/emails"

/** A key without an address that mails come from is a mistake that would be noticed late. */
function mailOf({ MAIL_API_KEY: key = "", MAIL_FROM: from = "", MAIL_API_URL }: Env): Outside["mail"] {
  if (key === "") return null
  if (from === "")
    throw new Error("The variable MAIL_FROM is missing: MAIL_API_KEY needs an address to write from.")
  return { url: urlOf("MAIL_API_URL", MAIL_API_URL) ?? RESEND_URL, key, from }
}

/** Null: it is not set. */
function wholeOf(name: string, value: string | undefined): number | null {
  if (value === undefined || value === "") return null
  if (!/^[1-9][0-9]{0,6}$/.test(value)) throw new Error(`The variable ${name} is no whole number.`)
  return Number(value)
}

/** Without the slash at its end; null: it is not set. */
function urlOf(name: string, value: string | undefined): string | null {
  if (value === undefined || value === "") return null
  if (!URL.canParse(value)) throw new Error(`The variable ${name} is no URL.`)
  return value.replace(/\/+$/, "")
}

/** Refuses to serve with secrets that are missing or can be guessed: better no answer than an open door. */
export function secretsOf(env: Env): Secrets {
  return {
    rootKey: secret("ROOT_API_KEY", env.ROOT_API_KEY, 24),
    jwtSecret: secret("JWT_SECRET", env.JWT_SECRET, 32),
  }
}

function secret(name: string, value: string | undefined, minLength: number): string {
  if (value === undefined || value.length < minLength) {
    throw new Error(
      `The secret ${name} is missing or shorter than ${minLength} characters. ` +
        `Locally \`npm start\` writes it to .dev.vars; deployed, run \`wrangler secret put ${name}\`.`,
    )
  }
  return value
}

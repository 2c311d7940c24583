// The bindings and secrets of the worker, parsed once per isolate. The only reader of the raw environment.

import type { CustomerBudget } from "./budget/customer-budget.ts"
import type { JobMessage } from "./domain/agenda.ts"
import type { AlertMessage } from "./domain/alert.ts"
import type { ThresholdMessage } from "./domain/threshold.ts"
import type { SubscriptionMeter } from "./meter/subscription-meter.ts"

export interface Env {
  readonly DB: D1Database
  readonly METER: DurableObjectNamespace<SubscriptionMeter>
  readonly BUDGET: DurableObjectNamespace<CustomerBudget>
  readonly JOBS: Queue<JobMessage | AlertMessage | ThresholdMessage>
  readonly ARCHIVE: R2Bucket
  readonly ASSETS: Fetcher
  readonly AUTH_LIMIT: RateLimit
  readonly API_LIMIT: RateLimit
  readonly ROOT_API_KEY?: string
  readonly JWT_SECRET?: string
}

export type Secrets = { readonly rootKey: string; readonly jwtSecret: string }

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

// What a request at Billy's door works with.

import type { Context, Hono } from "hono"
import type { CredentialCache } from "../actions/authenticate.ts"
import type { Platform } from "../actions/scope.ts"

export type Door = {
  readonly platform: Platform
  readonly credentials: CredentialCache
  readonly rates: {
    readonly mayTryCredentials: (address: string) => Promise<boolean>
    readonly mayCall: (tenantId: string) => Promise<boolean>
  }
  /** Whether anybody may register a company. Otherwise the root key may, as the user name. */
  readonly isRegistrationOpen: boolean
  /** Origins whose pages may read what is answered to a browser. */
  readonly allowedOrigins: readonly URL[]
}

export type BillyEnv = { Bindings: object; Variables: { door: Door; requestId: string } }
export type Ctx = Context<BillyEnv>
export type Api = Hono<BillyEnv>

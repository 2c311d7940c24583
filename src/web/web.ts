// What a page works with.

import type { Context, Hono } from "hono"
import type { Platform } from "../actions/scope.ts"

export type WebEnv = { Bindings: object; Variables: { platform: Platform } }
export type Web = Hono<WebEnv>
export type WebCtx = Context<WebEnv>

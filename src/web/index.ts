// The pages for people: where a customer gives a payment method, the page of the sandbox's bank, and where a bank sends it back to.
// Each is reached by a link that permits what it does; there is nothing to log in to.

import { Hono } from "hono"
import { bodyLimit } from "hono/body-limit"
import type { Platform } from "../actions/scope.ts"
import { limits } from "../limits.ts"
import { log } from "../runtime/log.ts"
import { register as bank } from "./bank-page.ts"
import { register as method } from "./method-page.ts"
import { deadLink, messagePage } from "./page.ts"
import type { Web, WebCtx, WebEnv } from "./web.ts"

/** Where the pages are; nothing else is below these paths. */
const PAGES = /^https?:\/\/[^/]+\/(?:pay\/|v1\/sandbox\/approve|v1\/payments\/returned)/

export function isPage(request: Request): boolean {
  return PAGES.test(request.url)
}

export function webPages(platformOf: (c: WebCtx) => Platform): Web {
  const web: Web = new Hono<WebEnv>()
  web.use(async (c, next) => {
    c.set("platform", platformOf(c))
    await next()
  })
  web.use(bodyLimit({ maxSize: limits.formBytes }))
  web.notFound(() => deadLink())
  web.onError((error) => {
    log.error("a page failed", error)
    return messagePage("Something went wrong", "Nothing was done. Try again in a moment.", 500)
  })
  web.get("/v1/payments/returned", () => messagePage("Thank you", "You can close this page."))
  bank(web)
  method(web)
  return web
}

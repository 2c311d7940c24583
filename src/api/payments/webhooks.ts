// POST /v1/webhooks/stripe and /v1/webhooks/sandbox: where payment processors tell what happened. Open to everybody and
// believed only for its signature, so these are no operations of the API's document.

import { receiveWebhook } from "../../actions/receive-webhook.ts"
import { isUuid } from "../../runtime/ids.ts"
import type { Api } from "../app.ts"
import type { Ctx } from "../shared/door.ts"
import { Problem, problemOf } from "../shared/problems.ts"

export function register(api: Api): void {
  api.post("/v1/webhooks/stripe", (c) => receive(c, "stripe"))
  api.post("/v1/webhooks/sandbox", (c) => receive(c, "sandbox"))
}

async function receive(c: Ctx, processor: "stripe" | "sandbox"): Promise<Response> {
  const { platform, rates } = c.get("door")
  if (!isUuid(c.req.query("tenant") ?? ""))
    throw new Problem("malformed_request", "The address names no tenant.")
  const received = await receiveWebhook(platform, {
    processor,
    tenantId: c.req.query("tenant") ?? "",
    rawBody: await c.req.text(),
    headers: c.req.raw.headers,
    requestId: c.get("requestId"),
  })
  if (received.ok) return c.json({ received: true })
  if (received.error !== "Unverified") throw problemOf(received.error)
  const address = c.req.header("CF-Connecting-IP") ?? "unknown"
  if (!(await rates.mayTryCredentials(address))) {
    throw new Problem("rate_limited", "Too many calls that could not be verified.", undefined, 60)
  }
  throw new Problem("malformed_request", "The call could not be verified.")
}

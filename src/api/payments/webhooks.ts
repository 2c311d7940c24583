// POST /v1/webhooks/stripe and /v1/webhooks/sandbox: where payment processors tell what happened. Open to everybody and
// believed only for its signature, so these are no operations of the API's document. `?tenant=` names the tenant whose account it is;
// without it, it is the operator's account at Stripe.

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
  const address = c.req.header("CF-Connecting-IP") ?? "unknown"
  // Before anything is read: to check a call of a tenant's own account takes its row.
  if (!(await rates.mayCall(`webhooks of ${address}`))) throw tooMany(10)
  const tenantId = c.req.query("tenant") ?? null
  // Stripe's may leave it out, for the operator's account.
  if (tenantId === null ? processor === "sandbox" : !isUuid(tenantId))
    throw new Problem("malformed_request", "The address names no tenant.")
  const received = await receiveWebhook(platform, {
    processor,
    tenantId,
    rawBody: await c.req.text(),
    headers: c.req.raw.headers,
    requestId: c.get("requestId"),
  })
  if (received.ok) return c.json({ received: true })
  if (received.error !== "Unverified") throw problemOf(received.error)
  if (!(await rates.mayTryCredentials(address))) throw tooMany(60)
  throw new Problem("malformed_request", "The call could not be verified.")
}

function tooMany(retryAfterSeconds: number): Problem {
  return new Problem(
    "rate_limited",
    "Too many calls from this address, or too many that could not be verified.",
    undefined,
    retryAfterSeconds,
  )
}

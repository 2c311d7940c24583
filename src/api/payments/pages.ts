// The pages that a payment leads a customer to: the bank of the sandbox, and where a bank sends it back to. The link alone
// permits it, so these are no operations of the API's document.

import { z } from "@hono/zod-openapi"
import { answerSandbox } from "../../actions/answer-sandbox.ts"
import type { Api } from "../app.ts"
import type { Ctx } from "../shared/door.ts"
import { Problem } from "../shared/problems.ts"

const HEADERS = {
  "Content-Type": "text/html; charset=utf-8",
  "Cache-Control": "no-store",
  "Content-Security-Policy":
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'; frame-ancestors 'none'",
  "Referrer-Policy": "no-referrer",
}

// The answer goes back to the page's own address, so nothing of the address is written into the page.
const APPROVE = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Sandbox bank</title>
<body style="font-family:sans-serif;max-width:30em;margin:4em auto"><h1>Sandbox bank</h1>
<p>This page stands for the page of a bank. No money moves.</p>
<p><button id="yes">Approve the payment</button> <button id="no">Refuse it</button></p><p id="told" role="status"></p>
<script>
const answer = (approve) => fetch(location.href, {
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify({ approve }),
}).then((reply) => {
  document.getElementById("told").textContent = reply.ok ? "Thank you. You can close this page." : "This link is not valid any more."
})
document.getElementById("yes").onclick = () => answer(true)
document.getElementById("no").onclick = () => answer(false)
</script></body></html>`

const RETURNED = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Payment</title>
<body style="font-family:sans-serif;max-width:30em;margin:4em auto"><p>Thank you. You can close this page.</p></body></html>`

const Answer = z.strictObject({ approve: z.boolean() })

export function register(api: Api): void {
  api.get("/v1/payments/returned", (c) => c.body(RETURNED, 200, HEADERS))
  api.get("/v1/sandbox/approve", (c) => c.body(APPROVE, 200, HEADERS))
  api.post("/v1/sandbox/approve", (c) => approve(c))
}

async function approve(c: Ctx): Promise<Response> {
  const answer = Answer.safeParse(await c.req.json<unknown>().catch(() => null))
  if (!answer.success)
    throw new Problem("malformed_request", 'Send `{"approve": true}` or `{"approve": false}`.')
  const { tenant = "", charge = "", token = "" } = c.req.query()
  const link = { tenantId: tenant, chargeRef: charge, token }
  if (!(await answerSandbox(c.get("door").platform, link, answer.data.approve))) {
    throw new Problem("not_found", "This link is not valid any more.")
  }
  return c.json({ received: true })
}

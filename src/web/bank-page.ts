// The page of the sandbox's bank, on which a customer approves a payment or refuses it. People send its form; a test sends JSON.

import { html } from "hono/html"
import type { SandboxLink } from "../actions/answer-sandbox.ts"
import { answerSandbox, showSandbox } from "../actions/answer-sandbox.ts"
import { amountText } from "../domain/mail.ts"
import { deadLink, messagePage, pageResponse, TEST_MODE } from "./page.ts"
import type { Web, WebCtx } from "./web.ts"

export function register(web: Web): void {
  web.get("/v1/sandbox/approve", (c) => show(c))
  web.post("/v1/sandbox/approve", (c) => (isJson(c) ? answerJson(c) : answerForm(c)))
}

function linkOf(c: WebCtx): SandboxLink {
  const { tenant = "", charge = "", token = "" } = c.req.query()
  return { tenantId: tenant, chargeRef: charge, token }
}

async function show(c: WebCtx): Promise<Response> {
  const asked = await showSandbox(c.get("platform"), linkOf(c))
  if (asked === null) return deadLink()
  const { tenant, charge, invoiceNumber } = asked
  if (!charge.isOpen) return messagePage("This payment was answered", "You can close this page.")
  const { amountMinor: minor, currency } = charge
  const description = invoiceNumber === null ? charge.description : `Invoice ${invoiceNumber}`
  // The form goes to the page's own address, so nothing of the address is written into the page.
  const body = html`${TEST_MODE}
    <h1>Approve this payment?</h1>
    <p class="amount">${amountText({ minor, currency })}</p>
    <p>to ${tenant.settings.companyName ?? tenant.name}<br /><span class="soft">${description}</span></p>
    <form method="post" class="actions">
      <button name="approve" value="no">Refuse</button>
      <button name="approve" value="yes" class="go">Approve</button>
    </form>`
  return pageResponse({ title: "Sandbox bank", body })
}

async function answerForm(c: WebCtx): Promise<Response> {
  const { approve } = await c.req.parseBody()
  if (approve !== "yes" && approve !== "no")
    return messagePage("Approve or refuse?", "Go back and choose.", 400)
  const isApproved = approve === "yes"
  if (!(await answerSandbox(c.get("platform"), linkOf(c), isApproved))) return deadLink()
  return messagePage(isApproved ? "Payment approved" : "Payment refused", "You can close this page.")
}

function isJson(c: WebCtx): boolean {
  return c.req.header("Content-Type")?.startsWith("application/json") === true
}

async function answerJson(c: WebCtx): Promise<Response> {
  const answer: unknown = await c.req.json<unknown>().catch(() => null)
  const isApproved = approvalOf(answer)
  if (isApproved === null) return problem(c, "malformed_request")
  const isTaken = await answerSandbox(c.get("platform"), linkOf(c), isApproved)
  return isTaken ? c.json({ received: true }) : problem(c, "not_found")
}

/** As the API tells problems, for a test that reads them the same way. */
const PROBLEMS = {
  malformed_request: [400, "The request could not be read", 'Send {"approve": true} or {"approve": false}.'],
  not_found: [404, "Not found", "This link is not valid any more."],
} as const

function problem(c: WebCtx, code: keyof typeof PROBLEMS): Response {
  const [status, title, detail] = PROBLEMS[code]
  const type = `https://ledgerline.dev/problems/${code}`
  const body = { type, title, status, detail, code, request_id: c.get("platform").newId() }
  return c.body(JSON.stringify(body), status, { "Content-Type": "application/problem+json" })
}

function approvalOf(answer: unknown): boolean | null {
  if (typeof answer !== "object" || answer === null || !("approve" in answer)) return null
  return typeof answer.approve === "boolean" ? answer.approve : null
}

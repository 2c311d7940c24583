// The quick start with a client that a generator made of our OpenAPI document: openapi-typescript gives `paths`,
// openapi-fetch the calls. That it compiles is half of the test: every field that it reads and sends is in the document.

import createClient from "openapi-fetch"
import type { components, paths } from "./schema.js"

type Problem = components["schemas"]["Problem"]

const [baseUrl = "", token = "", planId = ""] = process.argv.slice(2)
const client = createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${token}` } })

/** The data of an answer, typed by its operation; a problem is thrown. */
async function ok<T>(answer: Promise<{ data?: T; error?: Problem | undefined }>): Promise<T> {
  const { data, error } = await answer
  if (data === undefined) throw new Error(`${error?.code}: ${error?.detail}`)
  return data
}

const customer = await ok(
  client.POST("/admin/v1/customers", {
    body: {
      display_name: "Acme Corp",
      email: "billing@acmecorp.com",
      currency: "USD",
      account_type: "Organization",
      metadata: { team: "growth" },
    },
  }),
)

const subscription = await ok(
  client.POST("/v1/subscriptions", {
    params: { header: { "Idempotency-Key": "onboard-acme-sub-001" } },
    body: { customer_id: customer.id, plan_id: planId, currency: "USD", trial_days: 14 },
  }),
)

const id = subscription.id
const event = await ok(
  client.POST("/v1/events", {
    body: {
      id: "evt-acme-2026-02-28-001",
      event_type: "api.request",
      customer_id: customer.id,
      subscription_id: id,
      timestamp: "2026-02-28T12:34:56Z",
      properties: { model: "gpt-4", tokens: 1500, region: "us-east-1" },
    },
  }),
)

const usage = await ok(client.GET("/v1/subscriptions/{id}/usage", { params: { path: { id } } }))
const values = usage.meters.map((meter) => `${meter.event_type} (${meter.aggregation}): ${meter.value}`)

const billed = await ok(client.POST("/admin/v1/subscriptions/{id}/bill", { params: { path: { id } } }))
const drafts = await ok(
  client.GET("/admin/v1/invoices", {
    params: { query: { customer_id: customer.id, status: "Draft", limit: 10 } },
  }),
)
const draft = drafts[0]
if (draft === undefined || draft.id !== billed.id) throw new Error("The draft is not listed.")
const invoice = await ok(
  client.POST("/admin/v1/invoices/{id}/finalize", { params: { path: { id: draft.id } } }),
)

const { error } = await client.POST("/admin/v1/customers", {
  body: { display_name: "", email: "billing@acmecorp.com", currency: "USD" },
})
const faults = error?.errors?.map((fault) => fault.path) ?? []

console.log(
  JSON.stringify({
    status: subscription.status,
    period: [subscription.period_start, subscription.period_end],
    event,
    values,
    draft: draft.status,
    invoice: [invoice.status, invoice.invoice_number, invoice.line_items.length],
    faults,
  }),
)

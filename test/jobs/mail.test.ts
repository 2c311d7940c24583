// Mails from the commit of their cause to the provider: off by default, under one key, and sent once however often they are asked for.

import { env } from "cloudflare:workers"
import { beforeAll, beforeEach, describe, expect, test, vi } from "vitest"
import { sendMail } from "../../src/actions/send-mail.ts"
import type { Json, Tenant } from "../support/client.ts"
import { advance, create, newTenant, setClock } from "../support/client.ts"
import { quiet } from "../support/database.ts"
import { FEE, newCustomer, newPlan, newSubscription } from "../support/fixtures.ts"
import { scopeOf } from "../support/race.ts"
import type { Received, Receiver } from "../support/receiver.ts"
import { receiverAt, standIn } from "../support/receiver.ts"

const NOW = "2026-03-01T00:00:00Z"
const EMAIL = "billing@acmecorp.com"

let provider: Receiver

beforeAll(standIn)
beforeEach(() => {
  provider = receiverAt("https://mail.example.org/emails")
  let sent = 0
  // As Resend does: the same key is the same mail.
  const known = new Map<string, string>()
  provider.answer = ({ headers }) => {
    const key = headers.get("Idempotency-Key") ?? ""
    if (!known.has(key)) known.set(key, `mail_${(sent += 1)}`)
    return Response.json({ id: known.get(key) })
  }
})

async function mailing(notifications: Json = { mail: true }): Promise<Tenant> {
  const tenant = await newTenant("test", { company_name: "Example Inc.", notifications })
  await setClock(tenant.api, NOW)
  return tenant
}

async function finalized({ api }: Tenant, customer: Json): Promise<any> {
  const draft = await create(api, "/admin/v1/invoices", {
    customer_id: customer["id"],
    lines: [{ description: "Workshop <b>", unit_amount_nanos: "250500000000000" }],
  })
  return (await api.post(`/admin/v1/invoices/${draft.id}/finalize`)).json
}

const mailJobs = async ({ id }: Tenant) =>
  (
    await env.DB.prepare(
      "SELECT id, subject, status, attempts FROM agenda WHERE tenant_id = ? AND kind = 'send-mail'",
    )
      .bind(id)
      .all<{ id: string; subject: string; status: string; attempts: number }>()
  ).results

const audits = async ({ api }: Tenant, action: string) =>
  (await api.get(`/admin/v1/audit?action=${action}`)).json

const subjects = () => provider.received.map(({ json }: Received) => json.subject)

describe("what is mailed", () => {
  test("is nothing, until a tenant wants it", async () => {
    const tenant = await newTenant("test")
    expect((await tenant.api.get("/admin/v1/tenant")).json.notifications).toEqual({
      mail: false,
      from: null,
      reply_to: null,
    })
    await finalized(tenant, await newCustomer(tenant.api))
    await quiet()
    expect(provider.received).toEqual([])
    expect(await mailJobs(tenant)).toEqual([])
  })

  test("is an invoice and its receipt, as the provider wants them", async () => {
    const tenant = await mailing({ mail: true, reply_to: "help@example.com" })
    const customer = await newCustomer(tenant.api, { email: EMAIL, display_name: "Acme Corp" })
    const invoice = await finalized(tenant, customer)
    await quiet()
    const [first] = provider.received
    expect(first?.headers.get("Authorization")).toBe("Bearer mail_test_key")
    const events = (await tenant.api.get("/admin/v1/webhook-events")).json
    const event = events.find((one: any) => one.type === "invoice.finalized")
    expect(first?.headers.get("Idempotency-Key")).toBe(`mail/${event.id}`)
    expect(first?.json).toMatchObject({
      from: "Ledgerline <billing@ledgerline.example.org>",
      to: [EMAIL],
      reply_to: "help@example.com",
      subject: "Invoice INV-000001 from Example Inc.",
    })
    expect(first?.json.text).toContain("Workshop <b>: 250.50 USD")
    expect(first?.json.html).toContain("Workshop &lt;b&gt;")
    await tenant.api.post(`/admin/v1/invoices/${invoice.id}/pay`, {
      method: "Manual",
      amount_nanos: "100500000000000",
    })
    await quiet()
    expect(subjects()[1]).toBe("Receipt for invoice INV-000001 from Example Inc.")
    expect(provider.received[1]?.json.text).toContain("Still to be paid: 150.00 USD")
    expect(await audits(tenant, "mail.sent")).toHaveLength(2)
  })

  test("is a failed payment with its next try and a page, and the end of a trial", async () => {
    const tenant = await mailing({ mail: true, from: "Acme Billing <billing@example.com>" })
    const { api } = tenant
    const customer = await newCustomer(api, { email: EMAIL })
    await create(api, `/admin/v1/customers/${customer.id}/payment-methods`, {
      payment_method: "pm_card_chargeDeclinedInsufficientFunds",
    })
    await finalized(tenant, customer)
    await quiet()
    const failed = provider.received.find(({ json }) => json.subject.includes("failed"))
    expect(failed?.json.from).toBe("Acme Billing <billing@example.com>")
    expect(failed?.json.text).toContain("250.50 USD")
    expect(failed?.json.text).toContain("2026-03-04")
    expect(failed?.json.text).toMatch(/\/pay\/method\?link=[\w-]+\.[0-9a-f]{64}\n/)
    provider.received.length = 0
    const plan = await newPlan(api, [FEE], { trial_days: 14 })
    await newSubscription(api, plan, { customer_id: customer.id })
    await quiet()
    await advance(api, { to: "2026-03-12T00:00:00Z" })
    expect(subjects().filter((text) => text.startsWith("Your trial"))).toEqual([
      `Your trial of ${plan.name} ends on 2026-03-15`,
    ])
  })

  test("is never sent to an address that can't be one, nor after it was switched off", async () => {
    const tenant = await mailing()
    await finalized(tenant, await newCustomer(tenant.api, { email: "cu1@customers.invalid" }))
    await quiet()
    expect(provider.received).toEqual([])
    expect((await mailJobs(tenant)).map(({ status }) => status)).toEqual(["Done"])
    await tenant.api.patch("/admin/v1/tenant", { notifications: { mail: false } })
    const [job] = await mailJobs(tenant)
    await sendMail(await scopeOf(tenant.id), job?.subject ?? "")
    await finalized(tenant, await newCustomer(tenant.api, { email: EMAIL }))
    await quiet()
    expect(provider.received).toEqual([])
    expect(await mailJobs(tenant)).toHaveLength(1)
  })
})

describe("a provider", () => {
  test("that fails is asked again under the same key, and the mail is told once", async () => {
    const tenant = await mailing()
    const works = provider.answer
    provider.answer = () => new Response("busy", { status: 429 })
    await finalized(tenant, await newCustomer(tenant.api, { email: EMAIL }))
    await vi.waitFor(async () => expect((await mailJobs(tenant))[0]?.attempts).toBe(1), { timeout: 10_000 })
    expect(await audits(tenant, "mail.sent")).toEqual([])
    provider.answer = works
    await advance(tenant.api, { by: "PT1H" })
    const keys = provider.received.map(({ headers }) => headers.get("Idempotency-Key"))
    expect(keys.length).toBeGreaterThanOrEqual(2)
    expect(new Set(keys).size).toBe(1)
    expect(await audits(tenant, "mail.sent")).toHaveLength(1)
  })

  test("that knows the key from a try whose answer was lost has sent it", async () => {
    const tenant = await mailing()
    provider.answer = () =>
      Response.json({ name: "invalid_idempotent_request", message: "no" }, { status: 409 })
    await finalized(tenant, await newCustomer(tenant.api, { email: EMAIL }))
    await quiet()
    expect(provider.received).toHaveLength(1)
    expect(await audits(tenant, "mail.sent")).toHaveLength(1)
  })

  test("that refuses a mail is not asked again, and the audit trail says why", async () => {
    const tenant = await mailing()
    provider.answer = () => Response.json({ message: "The address does not exist." }, { status: 422 })
    await finalized(tenant, await newCustomer(tenant.api, { email: EMAIL }))
    await quiet()
    await advance(tenant.api, { by: "P1D" })
    expect(provider.received).toHaveLength(1)
    const [refused] = await audits(tenant, "mail.refused")
    expect(refused.after).toEqual({
      event_type: "invoice.finalized",
      to: EMAIL,
      reason: "The address does not exist.",
    })
  })

  test("is asked once for a job that comes five times after it was done", async () => {
    const tenant = await mailing()
    await finalized(tenant, await newCustomer(tenant.api, { email: EMAIL }))
    await quiet()
    const [job] = await mailJobs(tenant)
    await env.WEBHOOKS.sendBatch(
      Array.from({ length: 5 }, () => ({ body: { agenda_id: job?.id ?? "", tenant_id: tenant.id } })),
    )
    await scheduler.wait(300)
    expect(provider.received).toHaveLength(1)
  })
})

test.each([
  [{ mail: "yes" }, "notifications.mail"],
  [{}, "notifications.mail"],
  [{ mail: true, from: "Example\r\nBcc: <a@b.com>" }, "notifications.from"],
  [{ mail: true, from: "no address" }, "notifications.from"],
  [{ mail: true, reply_to: "no address" }, "notifications.reply_to"],
  [{ mail: true, sms: true }, "notifications.sms"],
])("settings %j are refused at %s", async (notifications, path) => {
  const { api } = await newTenant("test")
  const refused = await api.patch("/admin/v1/tenant", { notifications })
  expect([refused.status, refused.json.errors[0].path]).toEqual([422, path])
})

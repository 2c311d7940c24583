// What reaches the worker from processors and their customers: the webhook routes, the sandbox's page, and the keys of an
// account at Stripe.

import { env } from "cloudflare:workers"
import { beforeAll, describe, expect, test } from "vitest"
import { openDatabase } from "../../src/db/database.ts"
import { sandboxStore } from "../../src/db/sandbox.ts"
import type { Currency } from "../../src/domain/currency.ts"
import { minor } from "../../src/domain/money.ts"
import type { Instant } from "../../src/domain/time.ts"
import type { Setup } from "../../src/payments/index.ts"
import { sandboxFor } from "../../src/payments/index.ts"
import { signatureOf } from "../../src/payments/sandbox/signature.ts"
import { hmacHex } from "../../src/runtime/hmac.ts"
import { newId } from "../../src/runtime/ids.ts"
import type { Tenant } from "../support/client.ts"
import { advance, newTenant, request, setClock } from "../support/client.ts"
import { allRows } from "../support/database.ts"
import { stripeCall } from "../support/fake-stripe.ts"
import { newCustomer } from "../support/fixtures.ts"

const wallNow = () => Date.now() as Instant
const secretOf = (tenant: Tenant) => hmacHex(env.JWT_SECRET ?? "", `sandbox processor of ${tenant.id}`)

/** The sandbox as the worker makes it for a tenant. */
function sandboxOf(tenant: Tenant) {
  const setup: Setup = {
    secret: env.JWT_SECRET ?? "",
    stripe: null,
    stripeApiBase: null,
    publicUrl: "https://pay.test",
    wallNow,
    storeOf: (tenantId) => sandboxStore(openDatabase(env.DB), tenantId, { wallNow, newId }),
    call: () => Promise.reject(new Error("not called")),
  }
  return sandboxFor(setup, { id: tenant.id })
}

const charge = (tenant: Tenant, methodRef: string) =>
  sandboxOf(tenant).charge({
    key: `charge:${newId()}`,
    customerRef: "cus_1",
    methodRef,
    amountMinor: minor(1_999n),
    currency: "USD" as Currency,
    description: "Invoice INV-1",
    metadata: {},
  })

const eventIds = async (tenant: Tenant) => {
  const sql = "SELECT event_id FROM processor_events WHERE tenant_id = ? ORDER BY event_id"
  const { results } = await env.DB.prepare(sql).bind(tenant.id).all<{ event_id: string }>()
  return results.map(({ event_id }) => event_id)
}

let tenant: Tenant

beforeAll(async () => {
  tenant = await newTenant("test")
  await setClock(tenant.api, "2026-03-01T00:00:00Z")
})

describe("the sandbox tells what happens later through the webhook route", () => {
  test("when the test clock comes to it, once", async () => {
    const { ref } = await charge(tenant, "pm_card_pendingThenSucceeds")
    const early = await advance(tenant.api, { to: "2026-03-01T00:59:59Z" })
    expect(early.ran).toEqual([])
    const { ran } = await advance(tenant.api, { to: "2026-03-01T01:00:00Z" })
    expect(ran).toMatchObject([{ kind: "sandbox-event", due_at: "2026-03-01T01:00:00Z", error: null }])
    expect(await eventIds(tenant)).toEqual([`evt_${ref}_charge_succeeded`])
  })
})

describe("POST /v1/webhooks/sandbox", () => {
  const path = () => `/v1/webhooks/sandbox?tenant=${tenant.id}`
  const body = JSON.stringify({ id: "evt_by_hand", type: "something.else", object: { ref: "x" } })
  const signed = async (by: Tenant, at: number, text = body) => ({
    "Sandbox-Signature": await signatureOf(text, await secretOf(by), at as Instant),
  })

  test("takes what is signed", async () => {
    const reply = await request("POST", path(), body, await signed(tenant, Date.now()))
    expect([reply.status, reply.json]).toEqual([200, { received: true }])
  })

  test("refuses what is forged, old, changed, or another tenant's, and changes nothing", async () => {
    const other = await newTenant("test")
    const live = await newTenant("live")
    const good = await signed(tenant, Date.now())
    const calls: [string, string, Record<string, string>][] = [
      [path(), body, {}],
      [path(), body, { "Sandbox-Signature": "t=1,v1=00" }],
      [path(), body, await signed(tenant, Date.now() - 301_000)],
      [path(), body, await signed(other, Date.now())],
      [path(), body.replace("hand", "foot"), good],
      [path(), body.slice(0, -1), good],
      ["/v1/webhooks/sandbox", body, good],
      [`/v1/webhooks/sandbox?tenant=${live.id}`, body, await signed(live, Date.now())],
      [`/v1/webhooks/stripe?tenant=${tenant.id}`, body, good],
    ]
    const before = await allRows()
    for (const [to, text, headers] of calls) {
      const reply = await request("POST", to, text, headers)
      expect([reply.status, reply.json.code]).toEqual([400, "malformed_request"])
    }
    expect(await allRows()).toEqual(before)
  })
})

describe("an account at Stripe", () => {
  const keys = { secret_key: "sk_test_of_our_own_0001", webhook_secret: "whsec_of_our_own_0001" }

  test("is kept sealed, is never told, and its calls are taken", async () => {
    const own = await newTenant("test")
    const set = await own.api.patch("/admin/v1/tenant", { stripe: keys })
    expect([set.status, set.json.has_stripe]).toEqual([200, true])
    expect(set.text).not.toContain("of_our_own")
    expect(JSON.stringify(await allRows())).not.toContain("of_our_own")
    const { body, headers } = await stripeCall("ping", { id: "x" }, keys.webhook_secret, Date.now())
    const to = `/v1/webhooks/stripe?tenant=${own.id}`
    expect((await request("POST", to, body, Object.fromEntries(headers))).status).toBe(200)
    expect((await request("POST", to, `${body} `, Object.fromEntries(headers))).status).toBe(400)
    const gone = await own.api.patch("/admin/v1/tenant", { stripe: null })
    expect(gone.json.has_stripe).toBe(false)
  })

  test("is of the tenant's own mode", async () => {
    const live = await newTenant("live")
    const refused = await live.api.patch("/admin/v1/tenant", { stripe: keys })
    expect([refused.status, refused.json.errors[0].path]).toEqual([422, "stripe.secret_key"])
  })

  test("is needed by a live tenant before a method can be attached", async () => {
    const live = await newTenant("live")
    const customer = await newCustomer(live.api)
    const path = `/admin/v1/customers/${customer.id}/payment-methods`
    const refused = await live.api.post(path, { payment_method: "pm_card_visa" })
    expect([refused.status, refused.json.code]).toEqual([409, "invalid_state"])
  })
})

describe("the page of the sandbox's bank", () => {
  test("settles a payment that waits for its customer, by its link alone", async () => {
    const waiting = await charge(tenant, "pm_card_authenticationRequired")
    const url = new URL(waiting.status === "RequiresAction" ? waiting.actionUrl : "https://none.test")
    const link = url.pathname + url.search
    expect((await request("GET", link, undefined, {})).headers.get("Content-Type")).toContain("text/html")
    const forged = link.replace(/token=\w{4}/, "token=0000")
    expect((await request("POST", forged, { approve: true }, {})).status).toBe(404)
    expect((await request("POST", link, { approve: "yes" }, {})).status).toBe(400)
    expect((await request("POST", link, { approve: true }, {})).status).toBe(200)
    expect((await request("POST", link, { approve: false }, {})).status).toBe(404)
    expect(await eventIds(tenant)).toContain(`evt_${waiting.ref}_charge_succeeded`)
  })
})

describe("payment methods", () => {
  const methodsOf = (customer: any) => `/admin/v1/customers/${customer.id}/payment-methods`

  test("the first is the default, and there is only one", async () => {
    const path = methodsOf(await newCustomer(tenant.api))
    const first = (await tenant.api.post(path, { payment_method: "pm_card_visa" })).json
    const second = (await tenant.api.post(path, { payment_method: "pm_card_mastercard" })).json
    const third = (await tenant.api.post(path, { payment_method: "pm_card_amex", is_default: true })).json
    expect([first.is_default, second.is_default, third.is_default]).toEqual([true, false, true])
    const defaults = async () =>
      (await tenant.api.get(path)).json.map(({ brand, is_default }: any) => [brand, is_default])
    expect(await defaults()).toEqual([
      ["amex", true],
      ["mastercard", false],
      ["visa", false],
    ])
    expect((await tenant.api.post(`${path}/${second.id}/default`)).json.is_default).toBe(true)
    expect((await tenant.api.delete(`${path}/${second.id}`)).status).toBe(204)
    expect((await tenant.api.delete(`${path}/${second.id}`)).status).toBe(404)
    expect(await defaults()).toEqual([
      ["amex", false],
      ["visa", false],
    ])
  })

  test("many at once leave one default", async () => {
    const path = methodsOf(await newCustomer(tenant.api))
    const body = { payment_method: "pm_card_visa", is_default: true }
    const made = await Promise.all(Array.from({ length: 8 }, () => tenant.api.post(path, body)))
    for (const { status } of made) expect([201, 409]).toContain(status)
    const listed = (await tenant.api.get(path)).json
    expect(listed.filter(({ is_default }: any) => is_default)).toHaveLength(1)
  })

  test("of another customer are not there", async () => {
    const [owner, stranger] = [await newCustomer(tenant.api), await newCustomer(tenant.api)]
    const { id } = (await tenant.api.post(methodsOf(owner), { payment_method: "pm_card_visa" })).json
    expect((await tenant.api.post(`${methodsOf(stranger)}/${id}/default`)).status).toBe(404)
    expect((await tenant.api.delete(`${methodsOf(stranger)}/${id}`)).status).toBe(404)
  })
})

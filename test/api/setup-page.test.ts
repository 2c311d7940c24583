// The page on which a customer gives a payment method: reached by a link that can't be guessed, once, and for a while.

import { env, exports } from "cloudflare:workers"
import { expect, test } from "vitest"
import { TEST_CARDS } from "../../src/domain/test-cards.ts"
import { behaviourOf } from "../../src/payments/sandbox/behaviour.ts"
import { readSigned, signText } from "../../src/runtime/signed-text.ts"
import type { Json, Tenant } from "../support/client.ts"
import { create, newTenant, request } from "../support/client.ts"
import { newCustomer } from "../support/fixtures.ts"

const PURPOSE = "page for payment methods"
const SECRET = env.JWT_SECRET ?? ""

type Set = { tenant: Tenant; customer: any; path: string }

async function page(input: Json = {}): Promise<Set> {
  const tenant = await newTenant("test", { company_name: "Example <Inc.>" })
  const customer = await newCustomer(tenant.api)
  const { url } = await create(tenant.api, `/admin/v1/customers/${customer.id}/payment-methods/setup`, input)
  const { pathname, search } = new URL(url)
  return { tenant, customer, path: pathname + search }
}

const show = (path: string) => request("GET", path, undefined, {})
const send = (path: string, form: Record<string, string>) =>
  request("POST", path, new URLSearchParams(form).toString(), {
    "Content-Type": "application/x-www-form-urlencoded",
  })
const methods = async ({ tenant, customer }: Set) =>
  (await tenant.api.get(`/admin/v1/customers/${customer.id}/payment-methods`)).json

test("shows the test cards, runs nothing and takes nothing from elsewhere", async () => {
  const { path } = await page()
  const shown = await show(path)
  expect(shown.status).toBe(200)
  for (const { name, last4 } of TEST_CARDS) {
    expect(shown.text).toContain(`value="${name}"`)
    expect(shown.text).toContain(last4)
  }
  expect(shown.text).toContain("Example &lt;Inc.&gt;")
  expect(shown.text).not.toMatch(/<script|<link|<img|https?:\/\//)
  const policy = shown.headers.get("Content-Security-Policy")
  const nonce = /<style nonce="(\w{20,})">/.exec(shown.text)?.[1]
  expect(policy).toBe(
    `default-src 'none'; style-src 'nonce-${nonce}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
  )
  expect(shown.headers.get("Cache-Control")).toBe("no-store")
  expect(shown.headers.get("Referrer-Policy")).toBe("no-referrer")
  expect((await show(path)).text).not.toContain(nonce)
})

test("each card that it offers is one of the sandbox, with its number", () => {
  expect(TEST_CARDS.map(({ name }) => behaviourOf(name)?.last4)).toEqual(TEST_CARDS.map(({ last4 }) => last4))
})

test("the card that is chosen becomes the default, by the customer, and once", async () => {
  const given = await page()
  const { tenant, customer, path } = given
  const answer = await send(path, { card: "pm_card_mastercard" })
  expect([answer.status, answer.text.includes("Thank you")]).toEqual([200, true])
  expect((await send(path, { card: "pm_card_visa" })).text).toContain("Thank you")
  expect((await show(path)).text).toContain("This link was used")
  const twice = await Promise.all([
    send(path, { card: "pm_card_visa" }),
    send(path, { card: "pm_card_visa" }),
  ])
  expect(twice.map(({ status }) => status)).toEqual([200, 200])
  expect(await methods(given)).toMatchObject([{ brand: "mastercard", last4: "4444", is_default: true }])
  const [entry] = (await tenant.api.get("/admin/v1/audit?action=payment_method.attached")).json
  expect(entry.actor).toEqual({ type: "Customer", id: customer.id })
})

test("two forms at the same moment give one card", async () => {
  const given = await page()
  const answers = await Promise.all(
    ["pm_card_visa", "pm_card_mastercard"].map((card) => send(given.path, { card })),
  )
  expect(answers.some(({ status }) => status === 200)).toBe(true)
  expect(await methods(given)).toHaveLength(1)
})

test("leads back to where the tenant said, and its form may go there alone", async () => {
  const { path } = await page({ return_url: "https://shop.example.com/account?tab=1&x=<b>" })
  const shown = await show(path)
  expect(shown.headers.get("Content-Security-Policy")).toContain(
    "form-action 'self' https://shop.example.com;",
  )
  expect(shown.text).toContain("&amp;x=%3Cb%3E")
  const answer = await exports.default.fetch(
    new Request(`https://ledgerline.test${path}`, {
      method: "POST",
      redirect: "manual",
      headers: { "Content-Type": "application/x-www-form-urlencoded" },
      body: "card=pm_card_visa",
    }),
  )
  expect([answer.status, answer.headers.get("Location")]).toEqual([
    303,
    "https://shop.example.com/account?tab=1&x=%3Cb%3E",
  ])
})

test.each([{}, { card: "" }, { card: "pm_card_none" }, { card: "constructor" }])(
  "a form with %j gives nothing, and the link is still good",
  async (form) => {
    const given = await page()
    expect((await send(given.path, form as Record<string, string>)).status).toBe(400)
    expect(await methods(given)).toEqual([])
    expect((await send(given.path, { card: "pm_card_visa" })).status).toBe(200)
  },
)

test("a link that was changed, is over, or is for something else is worth nothing", async () => {
  const { tenant, customer, path } = await page()
  const other = await newTenant("test")
  const token = new URL(path, "https://none.test").searchParams.get("link") ?? ""
  const link = JSON.parse((await readSigned(token, SECRET, PURPOSE)) ?? "") as unknown[]
  expect(link.slice(1, 3)).toEqual([tenant.id, customer.id])
  const signed = (fields: unknown[], purpose = PURPOSE, secret = SECRET) =>
    signText(JSON.stringify(fields), secret, purpose)
  const [id, tenantId, customerId, expiresAt, returnUrl] = link
  const [text, signature = ""] = token.split(".")
  const tokens = [
    "",
    "nothing",
    `${text}.`,
    `${text}.${"0".repeat(64)}`,
    `${text}.${signature}.more`,
    `%ff.${signature}`,
    // As it was, but for one part.
    await signed([id, tenantId, customerId, Date.now() - 1, returnUrl]),
    await signed([id, other.id, customerId, expiresAt, returnUrl]),
    await signed(link, "another purpose"),
    await signed(link, PURPOSE, "another secret of the platform 0123456789"),
  ]
  for (const one of tokens) {
    const at = `/pay/method?link=${encodeURIComponent(one)}`
    expect([one, (await show(at)).status, (await send(at, { card: "pm_card_visa" })).status]).toEqual([
      one,
      404,
      404,
    ])
  }
  expect((await show(path)).status).toBe(200)
})

test.each([
  "javascript:alert(1)",
  "/relative",
  "ftp://example.com/",
  "https://user:secret@example.com/",
  "https://a;script-src.example.com/",
])("%s is no return_url", async (return_url) => {
  const { api } = await newTenant("test")
  const customer = await newCustomer(api)
  const refused = await api.post(`/admin/v1/customers/${customer.id}/payment-methods/setup`, { return_url })
  expect([refused.status, refused.json.errors[0].path]).toEqual([422, "return_url"])
})

test("a live tenant without a processor has no page, nor has another tenant's customer", async () => {
  const live = await newTenant("live")
  const customer = await newCustomer(live.api)
  const path = `/admin/v1/customers/${customer.id}/payment-methods/setup`
  expect((await live.api.post(path)).json.code).toBe("invalid_state")
  expect((await (await newTenant("test")).api.post(path)).status).toBe(404)
})

test("a customer that was closed meanwhile gives nothing", async () => {
  const given = await page()
  await given.tenant.api.patch(`/admin/v1/customers/${given.customer.id}`, { status: "Closed" })
  expect((await send(given.path, { card: "pm_card_visa" })).status).toBe(409)
  expect(await methods(given)).toEqual([])
})

test("the page of the sandbox's bank asks for the amount, and takes a form", async () => {
  const given = await page()
  const { tenant, customer } = given
  await send(given.path, { card: "pm_card_authenticationRequired" })
  const draft = await create(tenant.api, "/admin/v1/invoices", {
    customer_id: customer.id,
    lines: [{ description: "Workshop", unit_amount_nanos: "250500000000000" }],
  })
  await tenant.api.post(`/admin/v1/invoices/${draft.id}/finalize`)
  const paid = await create(tenant.api, `/admin/v1/invoices/${draft.id}/pay`, { method: "Default" }).catch(
    () => null,
  )
  const [payment] =
    paid === null ? (await tenant.api.get(`/admin/v1/payments?invoice_id=${draft.id}`)).json : [paid]
  const url = new URL(payment.action_url)
  const path = url.pathname + url.search
  const shown = await show(path)
  expect(shown.text).toContain("250.50 USD")
  expect(shown.text).toContain("Example &lt;Inc.&gt;")
  const { invoice_number: number } = (await tenant.api.get(`/v1/invoices/${draft.id}`)).json
  expect(shown.text).toContain(`Invoice ${number}`)
  expect(shown.text).not.toContain(draft.id)
  expect((await show(path.replace(/token=\w{4}/, "token=0000"))).status).toBe(404)
  expect((await send(path, { approve: "perhaps" })).status).toBe(400)
  expect((await send(path, { approve: "yes" })).text).toContain("Payment approved")
  expect((await tenant.api.get(`/admin/v1/payments/${payment.id}`)).json.status).toBe("Succeeded")
  expect((await show(path)).text).toContain("This payment was answered")
})

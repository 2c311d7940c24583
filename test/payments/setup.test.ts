// Stripe's page for a payment method: what is given there counts when Stripe tells of it as well as when the customer comes back, once;
// and a customer that was deleted at Stripe is made anew.

import { expect, test } from "vitest"
import { attachPaymentMethod } from "../../src/actions/attach-payment-method.ts"
import { comeBack, createSetup } from "../../src/actions/create-setup.ts"
import { visitByLink } from "../../src/actions/give-method.ts"
import { receiveWebhook } from "../../src/actions/receive-webhook.ts"
import { newTenant } from "../support/client.ts"
import { FakeStripe, stripeCall } from "../support/fake-stripe.ts"
import { newCustomer } from "../support/fixtures.ts"
import { answer, platformWith, scopeWith, SECRET, stripeOn } from "./stripe-tenant.ts"

async function atStripe() {
  const tenant = await newTenant("live")
  const customer = await newCustomer(tenant.api)
  const fake = new FakeStripe()
  const operator = stripeOn(fake)
  const platform = platformWith(operator, { operatorStripe: () => operator })
  const scope = await scopeWith(tenant, operator)
  const setUp = () => createSetup(scope, customer.id, null, answer)
  const page = () => [...fake.books.sessions.values()].at(-1) ?? {}
  const tell = async (type: string, object: object) => {
    const { body: rawBody, headers } = await stripeCall(type, { ...object }, SECRET, Date.now())
    const call = { processor: "stripe", tenantId: null, rawBody, headers, requestId: "test" } as const
    return receiveWebhook(platform, call)
  }
  /** The customer of the last page comes back to where that leads. */
  const back = async () => {
    const asked = fake.requests.findLast(({ path }) => path === "/v1/checkout/sessions")
    const link = new URL(asked?.form.get("success_url") ?? "").searchParams.get("link") ?? ""
    const visit = await visitByLink(platform, link)
    if (visit === null) throw new Error("no such link")
    return comeBack(visit, String(page()["id"]))
  }
  const methods = async () =>
    (await tenant.api.get(`/admin/v1/customers/${customer.id}/payment-methods`)).json.map((one: any) => [
      one.last4,
      one.is_default,
    ])
  return { fake, scope, customer, setUp, page, tell, back, methods }
}

const told = { ok: true, value: null }
const ONE = [["4242", true]]

test("what is given there counts, also where the customer never comes back", async () => {
  const { fake, setUp, page, tell, methods } = await atStripe()
  expect(await setUp()).toMatchObject({ ok: true })
  // Told before anything was given, it gives nothing.
  expect(await tell("checkout.session.completed", page())).toEqual(told)
  expect(await methods()).toEqual([])
  const given = fake.books.giveOn(String(page()["id"]), "pm_card_visa")
  expect(await tell("checkout.session.completed", given)).toEqual(told)
  expect(await methods()).toEqual(ONE)
})

test.each([["Stripe"], ["the customer"]])("is attached once, whoever comes first: %s", async (first) => {
  const { fake, setUp, page, tell, back, methods } = await atStripe()
  await setUp()
  const given = fake.books.giveOn(String(page()["id"]), "pm_card_visa")
  const byStripe = () => tell("checkout.session.completed", given)
  const [one, other] = first === "Stripe" ? [byStripe, back] : [back, byStripe]
  await one()
  await other()
  await Promise.all([back(), byStripe()])
  expect(await methods()).toEqual(ONE)
})

test("where Stripe does not answer while it is attached, it is told again and attached then", async () => {
  const { fake, setUp, page, tell, methods } = await atStripe()
  await setUp()
  const given = fake.books.giveOn(String(page()["id"]), "pm_card_visa")
  // The page is read twice, for its tenant and for what was given; then the method is attached.
  fake.loseAnswer(3)
  const lost = { ok: false, error: { code: "processor_unavailable" } }
  expect(await tell("checkout.session.completed", given)).toMatchObject(lost)
  expect(await methods()).toEqual([])
  expect(await tell("checkout.session.completed", given)).toEqual(told)
  expect(await methods()).toEqual(ONE)
})

test("a page of another on the same account gives nothing", async () => {
  const { fake, setUp, page, tell, methods } = await atStripe()
  await setUp()
  const given = fake.books.giveOn(String(page()["id"]), "pm_card_visa")
  const stranger = await atStripe()
  const metadata = { ...given["metadata"], customer_id: stranger.customer.id }
  fake.books.sessions.set("cs_other", { ...given, id: "cs_other", metadata })
  expect(await tell("checkout.session.completed", { ...given, id: "cs_other", metadata })).toEqual(told)
  expect(await methods()).toEqual([])
  expect(await stranger.methods()).toEqual([])
})

test("a customer that was deleted there is made anew, and has what is given", async () => {
  const { fake, scope, customer, setUp, page, tell, methods } = await atStripe()
  const card = { methodRef: "pm_card_chargeCustomerFail", isDefault: true }
  await attachPaymentMethod(scope, customer.id, card, answer)
  const [old] = fake.books.customers.keys()
  fake.books.customers.clear()
  expect(await setUp()).toMatchObject({ ok: true, value: { url: expect.any(String) as string } })
  expect(page()["customer"]).not.toBe(old)
  const given = fake.books.giveOn(String(page()["id"]), "pm_card_visa")
  expect(await tell("checkout.session.completed", given)).toEqual(told)
  expect(await methods()).toEqual([
    ["4242", true],
    ["0341", false],
  ])
  expect((await scope.read.paymentMethods.defaultOf(customer.id))?.customerRef).toBe(page()["customer"])
})

// A processor with a page of its own: the customer is led there, and what it gave there is attached when it comes back, once.

import { createExecutionContext, env } from "cloudflare:test"
import { expect, test } from "vitest"
import { comeBack, createSetup, SETUP_RETURN, setupPage } from "../../src/actions/create-setup.ts"
import { visitByLink } from "../../src/actions/give-method.ts"
import type { Platform } from "../../src/actions/scope.ts"
import { scopeFor } from "../../src/actions/scope.ts"
import { platformOf } from "../../src/context.ts"
import { tenantById } from "../../src/db/system.ts"
import { ok } from "../../src/domain/result.ts"
import type { Processor, SetupRequest } from "../../src/payments/port.ts"
import { newTenant } from "../support/client.ts"
import { newCustomer } from "../support/fixtures.ts"

const CHECKOUT = "https://checkout.example.com/c/pay/1"

/** As Stripe's, as far as its page goes. `given`: what a customer gave there, by the name of the page. */
function withPage(asked: SetupRequest[], attached: string[], given: Readonly<Record<string, string>>) {
  return (sandbox: Processor): Processor => ({
    ...sandbox,
    name: "stripe",
    accountRef: async () => "acct_1",
    createCustomer: async ({ key }) => ({ ref: `cus_${key}` }),
    createSetup: async (request) => {
      asked.push(request)
      return ok({ ref: "cs_1", url: CHECKOUT })
    },
    async findSetup(setupRef) {
      const [page, methodRef] = [asked[0], given[setupRef]]
      if (page === undefined || methodRef === undefined) return null
      const { customerRef, key, metadata } = page
      return { methodRef, customerRef, key, metadata }
    },
    attachMethod: async ({ methodRef }) => {
      attached.push(methodRef)
      return ok({ ref: methodRef, kind: "Card", brand: "visa", last4: "4242", expiresOn: "2030-12-31" })
    },
  })
}

async function setUp(given: Readonly<Record<string, string>>) {
  const { id, api } = await newTenant("test")
  const customer = await newCustomer(api)
  const asked: SetupRequest[] = []
  const attached: string[] = []
  const own = platformOf(env, createExecutionContext())
  const stripe = withPage(asked, attached, given)
  const platform: Platform = { ...own, processorOf: (tenant) => stripe(own.processorOf(tenant)) }
  const tenant = await tenantById(own.db, id)
  if (tenant === null) throw new Error("no such tenant")
  const actor = { type: "ApiKey" as const, id: "test" }
  const scope = scopeFor(platform, tenant, { actor, requestId: "test", now: own.wallNow() })
  const setup = await createSetup(scope, customer.id, "https://shop.example.com/", () => ({
    status: 201,
    body: "{}",
  }))
  const back = new URL(asked[0]?.returnUrl ?? "https://none.test")
  const visit = await visitByLink(platform, back.searchParams.get("link") ?? "")
  if (visit === null) throw new Error("the page leads back with a link of ours")
  const methods = async () => (await api.get(`/admin/v1/customers/${customer.id}/payment-methods`)).json
  return { setup, asked, attached, back, visit, methods, customer, tenant }
}

test("leads to the processor's page, and from there back to ours with what was given", async () => {
  const { setup, asked, back, customer, tenant } = await setUp({})
  expect(setup).toEqual({ ok: true, value: { url: CHECKOUT } })
  expect(asked).toMatchObject([
    { currency: "USD", metadata: { tenant_id: tenant.id, customer_id: customer.id } },
  ])
  expect([back.pathname, asked[0]?.returnUrl.endsWith("&setup={CHECKOUT_SESSION_ID}")]).toEqual([
    SETUP_RETURN,
    true,
  ])
})

test("attaches what was given as the default, however often the customer comes back", async () => {
  const { attached, visit, methods } = await setUp({ cs_1: "pm_1" })
  expect(await comeBack(visit, "cs_1")).toEqual({ ok: true, value: true })
  expect(await comeBack(visit, "cs_1")).toEqual({ ok: true, value: true })
  expect(attached).toEqual(["pm_1"])
  expect(await methods()).toMatchObject([{ processor: "stripe", last4: "4242", is_default: true }])
})

test("attaches nothing where nothing was given", async () => {
  const { attached, visit } = await setUp({ cs_1: "pm_1" })
  for (const setupRef of ["", "cs_2", "{CHECKOUT_SESSION_ID}"]) {
    expect(await comeBack(visit, setupRef)).toEqual({ ok: true, value: false })
  }
  expect(attached).toEqual([])
})

test("a page that is asked for again within the hour is the same one", async () => {
  const { asked, visit } = await setUp({})
  const again = await setupPage(visit.scope, visit.tenant, visit.customer, visit.link)
  expect(again).toEqual({ ok: true, value: CHECKOUT })
  const [first, second] = asked.map(({ key }) => key.split(":"))
  expect(second?.slice(0, 2)).toEqual(first?.slice(0, 2))
})

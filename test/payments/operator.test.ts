// Several tenants that share the operator's account at Stripe: each event reaches the tenant that it is of, whichever address it came to.

import { describe, expect, test } from "vitest"
import { attachPaymentMethod } from "../../src/actions/attach-payment-method.ts"
import { payInvoice } from "../../src/actions/pay-invoice.ts"
import type { WebhookCall } from "../../src/actions/receive-webhook.ts"
import { receiveWebhook } from "../../src/actions/receive-webhook.ts"
import type { Tenant } from "../support/client.ts"
import { newTenant } from "../support/client.ts"
import { allRows } from "../support/database.ts"
import { FakeStripe, stripeCall } from "../support/fake-stripe.ts"
import { answer, openInvoice, platformWith, scopeWith, SECRET, stripeOn } from "./stripe-tenant.ts"

async function sharing() {
  const fake = new FakeStripe()
  const operator = stripeOn(fake)
  const platform = platformWith(operator, { operatorStripe: () => operator })
  const [payer, neighbour] = [await newTenant("live"), await newTenant("live")]
  const { customer, invoiceId } = await openInvoice(payer)
  const scope = await scopeWith(payer, operator)
  const method = { methodRef: "pm_usBankAccount_success", isDefault: true }
  await attachPaymentMethod(scope, customer.id, method, answer)
  const input = { method: "Default", amountNanos: null, reference: null } as const
  const paid = await payInvoice(scope, invoiceId, input, answer)
  if (!paid.ok) throw new Error(paid.error.detail)
  expect(paid.value.status).toBe("Pending")
  const [intent = {}] = [...fake.books.intents.values()]
  const tell = async (type: string, object: object, tenantId: string | null = null) => {
    const { body, headers } = await stripeCall(type, object, SECRET, Date.now())
    const call: WebhookCall = { processor: "stripe", tenantId, rawBody: body, headers, requestId: "test" }
    return { call, told: await receiveWebhook(platform, call) }
  }
  const succeeds = (tenantId: string | null) => {
    intent["status"] = "succeeded"
    return tell("payment_intent.succeeded", intent, tenantId)
  }
  const payment = () => scope.read.payments.byId(paid.value.id)
  return { fake, platform, payer, neighbour, intent, tell, succeeds, payment }
}

const eventsOf = async ({ id }: Tenant) => {
  const rows = (await allRows()) as Record<string, { tenant_id?: string }[]>
  return (rows["processor_events"] ?? []).filter(({ tenant_id }) => tenant_id === id).length
}

describe("an event of the operator's account", () => {
  test.each([
    ["without a tenant in its address", () => null],
    ["at the address of its tenant", ({ payer }: Shared) => payer.id],
    ["at the address of another tenant", ({ neighbour }: Shared) => neighbour.id],
  ])("%s reaches the tenant whose charge it is", async (_, named) => {
    const at = await sharing()
    expect((await at.succeeds(named(at))).told).toEqual({ ok: true, value: null })
    expect((await at.payment())?.status).toBe("Succeeded")
    expect([await eventsOf(at.payer), await eventsOf(at.neighbour)]).toEqual([1, 0])
  })

  test("about a dispute, which says nothing of tenants itself, is routed by its charge", async () => {
    const at = await sharing()
    await at.succeeds(null)
    const dispute = { id: "dp_1", status: "needs_response", amount: 25_000, currency: "usd" }
    await at.tell("charge.dispute.created", { ...dispute, payment_intent: at.intent["id"] })
    expect((await at.payment())?.disputeStatus).toBe("Open")
  })

  test("of nobody here is taken, and nothing is kept of it", async () => {
    const at = await sharing()
    const trial = await newTenant("test")
    const before = await allRows()
    const foreign = { ...at.intent, id: "pi_of_a_shop", metadata: {}, status: "succeeded" }
    const ofTest = {
      ...at.intent,
      id: "pi_of_a_test",
      metadata: { tenant_id: trial.id },
      status: "succeeded",
    }
    for (const intent of [foreign, ofTest]) {
      at.fake.books.intents.set(intent.id, intent)
      expect((await at.tell("payment_intent.succeeded", intent)).told).toEqual({ ok: true, value: null })
    }
    expect((await at.tell("customer.created", { id: "cus_1" })).told).toEqual({ ok: true, value: null })
    expect(await allRows()).toEqual(before)
  })

  test("that is forged, truncated or old is refused", async () => {
    const at = await sharing()
    const { call } = await at.succeeds(null)
    const old = await stripeCall("payment_intent.succeeded", at.intent, SECRET, Date.now() - 301_000)
    const forged = await stripeCall("payment_intent.succeeded", at.intent, "whsec_other", Date.now())
    const before = await allRows()
    const refused: Partial<WebhookCall>[] = [
      { rawBody: call.rawBody.slice(0, -1) },
      { rawBody: "" },
      { headers: new Headers() },
      { rawBody: old.body, headers: old.headers },
      { rawBody: forged.body, headers: forged.headers },
    ]
    for (const change of refused) {
      expect(await receiveWebhook(at.platform, { ...call, ...change })).toEqual({
        ok: false,
        error: "Unverified",
      })
    }
    expect(await allRows()).toEqual(before)
  })
})

type Shared = Awaited<ReturnType<typeof sharing>>

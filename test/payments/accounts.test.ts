// A tenant that changes its account at the processor, customers that were deleted there, and a key that is not taken.

import { env } from "cloudflare:workers"
import { describe, expect, test } from "vitest"
import { attachPaymentMethod } from "../../src/actions/attach-payment-method.ts"
import { cancelPayment } from "../../src/actions/cancel-payment.ts"
import { createSetup } from "../../src/actions/create-setup.ts"
import { payInvoice } from "../../src/actions/pay-invoice.ts"
import type { Scope } from "../../src/actions/scope.ts"
import { problemOf } from "../../src/api/shared/problems.ts"
import type { Tenant } from "../support/client.ts"
import { newTenant } from "../support/client.ts"
import { FakeStripe } from "../support/fake-stripe.ts"
import { answer, openInvoice, scopeWith, stripeOn } from "./stripe-tenant.ts"

const CARD = { methodRef: "pm_card_visa", isDefault: true }
const BY_DEFAULT = { method: "Default", amountNanos: null, reference: null } as const

/** The same tenant at two accounts, one after the other. */
async function twoAccounts() {
  const tenant = await newTenant("test")
  const { customer, invoiceId } = await openInvoice(tenant)
  const first = new FakeStripe("sk_test_first", "acct_first")
  const second = new FakeStripe("sk_test_second", "acct_second")
  const atFirst = await scopeWith(tenant, stripeOn(first, "sk_test_first"))
  const atSecond = await scopeWith(tenant, stripeOn(second, "sk_test_second"))
  return { tenant, customer, invoiceId, first, second, atFirst, atSecond }
}

const attach = (scope: Scope, customer: { id: string }) =>
  attachPaymentMethod(scope, customer.id, CARD, answer)

const intentsOf = ({ books }: FakeStripe) => [...books.intents.values()].map(({ amount }) => amount)

/** But for its name, which an isolate asks for once. */
const askedOf = ({ requests }: FakeStripe) =>
  requests.map(({ path }) => path).filter((path) => path !== "/v1/account")

async function statusOf({ api }: Tenant, invoiceId: string) {
  return (await api.get(`/v1/invoices/${invoiceId}`)).json.status
}

describe("another account of the same processor", () => {
  test("never charges a method of the account before it, and says why", async () => {
    const { customer, invoiceId, second, atFirst, atSecond } = await twoAccounts()
    expect(await attach(atFirst, customer)).toMatchObject({ ok: true, value: { accountRef: "acct_first" } })
    const paid = await payInvoice(atSecond, invoiceId, BY_DEFAULT, answer)
    expect(paid).toMatchObject({ ok: false, error: { code: "invalid_state" } })
    expect(!paid.ok && paid.error.detail).toContain("another account")
    expect(askedOf(second)).toEqual([])
  })

  test("gets a customer and a method of its own, which pay", async () => {
    const { tenant, customer, invoiceId, first, second, atFirst, atSecond } = await twoAccounts()
    await attach(atFirst, customer)
    expect(await attach(atSecond, customer)).toMatchObject({ ok: true, value: { accountRef: "acct_second" } })
    const paid = await payInvoice(atSecond, invoiceId, BY_DEFAULT, answer)
    expect(paid).toMatchObject({ ok: true, value: { status: "Succeeded", accountRef: "acct_second" } })
    expect([intentsOf(first), intentsOf(second)]).toEqual([[], [25_000]])
    expect(await statusOf(tenant, invoiceId)).toBe("Paid")
  })

  test("is not asked for a payment of the account before it, which can be cancelled here", async () => {
    const { tenant, customer, invoiceId, second, atFirst, atSecond } = await twoAccounts()
    const card = { methodRef: "pm_card_authenticationRequired", isDefault: true }
    await attachPaymentMethod(atFirst, customer.id, card, answer)
    const waits = await payInvoice(atFirst, invoiceId, BY_DEFAULT, answer)
    if (!waits.ok) throw new Error(waits.error.detail)
    expect(waits.value.status).toBe("RequiresAction")
    const cancelled = await cancelPayment(atSecond, waits.value.id, answer)
    expect(cancelled).toMatchObject({ ok: true, value: { status: "Failed", failureCode: "canceled" } })
    expect(askedOf(second)).toEqual([])
    expect(await statusOf(tenant, invoiceId)).toBe("Open")
  })
})

describe("attaching", () => {
  test("makes a customer anew who was deleted at the processor", async () => {
    const { customer, first, atFirst } = await twoAccounts()
    const before = await attach(atFirst, customer)
    first.books.customers.clear()
    const after = await attach(atFirst, customer)
    if (!before.ok || !after.ok) throw new Error("not attached")
    expect([...first.books.customers.keys()]).toEqual([after.value.customerRef])
    expect(after.value.customerRef).not.toBe(before.value.customerRef)
  })

  test("takes no other customer for one whose name was given", async () => {
    const { customer, first, atFirst } = await twoAccounts()
    const given = "UPDATE customers SET processor_ref = 'cus_gone' WHERE id = ?"
    await env.DB.prepare(given).bind(customer.id).run()
    const refused = await attach(atFirst, customer)
    expect(refused).toMatchObject({ ok: false, error: { code: "invalid_state" } })
    expect(!refused.ok && refused.error.detail).toContain("cus_gone")
    expect(first.books.customers.size).toBe(0)
  })

  test("with a key that Stripe does not take is the tenant's fault, not the server's", async () => {
    const tenant = await newTenant("test")
    const { customer } = await openInvoice(tenant)
    const scope = await scopeWith(tenant, stripeOn(new FakeStripe(), "sk_test_wrong"))
    const refused = await attach(scope, customer)
    expect(refused).toMatchObject({ ok: false, error: { code: "invalid_state" } })
    expect(!refused.ok && refused.error.detail).toContain("does not take the secret key")
  })

  test("at a processor that gives no answer says so, and is asked for again", async () => {
    const tenant = await newTenant("test")
    const { customer } = await openInvoice(tenant)
    const stripe = new FakeStripe()
    const away = stripeOn(stripe, `sk_test_${crypto.randomUUID()}`, () =>
      Promise.reject(new TypeError("refused")),
    )
    const scope = await scopeWith(tenant, away)
    for (const refused of [
      await attach(scope, customer),
      await createSetup(scope, customer.id, null, answer),
    ]) {
      if (refused.ok) throw new Error("a processor that is away has answered")
      const { code, retryAfterSeconds, message } = problemOf(refused.error)
      expect([code, retryAfterSeconds]).toEqual(["processor_unavailable", 10])
      expect(message).toContain("repeat it, under the same Idempotency-Key")
    }
    expect((await tenant.api.get(`/admin/v1/customers/${customer.id}/payment-methods`)).json).toEqual([])
    expect((await attach(await scopeWith(tenant, stripeOn(stripe)), customer)).ok).toBe(true)
  })
})

// Disputes as they come: beyond the payment, in another currency, in any order. The invoice stays paid, the ledger balances.

import { expect, test } from "vitest"
import { applyProcessorEvent } from "../../src/actions/apply-processor-event.ts"
import type { Currency } from "../../src/domain/currency.ts"
import { minor } from "../../src/domain/money.ts"
import type { ProcessorEvent } from "../../src/payments/port.ts"
import { create, newTenant } from "../support/client.ts"
import { FakeStripe } from "../support/fake-stripe.ts"
import { openInvoice, scopeWith, stripeOn } from "./stripe-tenant.ts"

type Kind = Extract<ProcessorEvent, { amountMinor: unknown }>["kind"]

/** An invoice of $250 that is paid in the sandbox, and what its processor may tell. */
async function paid() {
  const tenant = await newTenant("test")
  const { api } = tenant
  const { customer, invoiceId } = await openInvoice(tenant)
  await create(api, `/admin/v1/customers/${customer.id}/payment-methods`, { payment_method: "pm_card_visa" })
  const payment = (await api.post(`/admin/v1/invoices/${invoiceId}/pay`, { method: "Default" })).json
  const scope = await scopeWith(tenant, stripeOn(new FakeStripe()))
  const row = await scope.read.payments.byId(payment.id)
  const tell = (kind: Kind, amount: bigint, currency = "USD") =>
    applyProcessorEvent(scope, "sandbox", {
      id: `evt_${crypto.randomUUID()}`,
      kind,
      chargeRef: row?.chargeRef ?? "",
      amountMinor: minor(amount),
      currency: currency as Currency,
    })
  const stands = async () => {
    const { dispute_status, disputed_nanos } = (await api.get(`/admin/v1/payments/${payment.id}`)).json
    const { status } = (await api.get(`/v1/invoices/${invoiceId}`)).json
    return [dispute_status, disputed_nanos, status]
  }
  /** The balances of the customer, and what an audit of the ledger finds. */
  const books = async () => {
    const { balances } = (await api.get(`/admin/v1/customers/${customer.id}`)).json
    const audit = (await api.get("/admin/v1/ledger/audit")).json
    expect(audit.differences).toEqual([])
    return Object.fromEntries(balances.map(({ account, amount_nanos: nanos }: any) => [account, nanos]))
  }
  return { api, payment, tell, stands, books }
}

const DOLLAR = 1_000_000_000_000n
const dollars = (amount: bigint) => String(amount * DOLLAR)

test("one in another currency takes the whole payment: nobody can tell what part of it is claimed", async () => {
  const { api, payment, tell, stands, books } = await paid()
  expect(await tell("DisputeOpened", 23_100n, "EUR")).toMatchObject({ ok: true })
  expect(await stands()).toEqual(["Open", dollars(250n), "Paid"])
  expect(await books()).toMatchObject({ Disputes: dollars(250n) })
  const refused = await api.post(`/admin/v1/payments/${payment.id}/refund`, { amount_nanos: dollars(1n) })
  expect([refused.status, refused.json.code]).toEqual([409, "invalid_state"])
  await tell("DisputeWon", 23_100n, "EUR")
  expect(await stands()).toEqual(["Won", dollars(250n), "Paid"])
  expect(await books()).toMatchObject({ Cash: dollars(250n) })
})

test("one beyond the payment is booked as the processor took it", async () => {
  const { tell, stands, books } = await paid()
  await tell("DisputeOpened", 26_500n)
  expect(await stands()).toEqual(["Open", dollars(265n), "Paid"])
  expect(await books()).toMatchObject({ Disputes: dollars(265n), Cash: dollars(-15n) })
})

test("one of a part leaves the rest to be refunded, and one that is lost leaves the invoice paid", async () => {
  const { api, payment, tell, stands, books } = await paid()
  await tell("DisputeLost", 10_000n)
  // The beginning is told behind the end.
  await tell("DisputeOpened", 10_000n)
  expect(await stands()).toEqual(["Lost", dollars(100n), "Paid"])
  expect(await books()).toMatchObject({ BadDebt: dollars(100n), Cash: dollars(150n) })
  const refund = (amount: bigint) =>
    api.post(`/admin/v1/payments/${payment.id}/refund`, { amount_nanos: dollars(amount) })
  expect((await refund(151n)).status).toBe(422)
  expect((await refund(150n)).status).toBe(201)
})

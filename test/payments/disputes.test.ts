// Disputes as they come: beyond the payment, in another currency, in any order. The invoice stays paid, the ledger balances.

import { expect, test } from "vitest"
import { applyProcessorEvent } from "../../src/actions/apply-processor-event.ts"
import type { Currency } from "../../src/domain/currency.ts"
import { minor } from "../../src/domain/money.ts"
import type { FoundDispute, ProcessorEvent } from "../../src/payments/port.ts"
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
  const bank = { name: "sandbox" as const, accountRef: async () => "sandbox" }
  /** How each dispute stands, for who asks. */
  const stand = new Map<string, FoundDispute>()
  const readDispute = async (ref: string) => stand.get(ref) ?? null
  const scope = await scopeWith(tenant, { ...stripeOn(new FakeStripe()), ...bank, readDispute })
  const row = await scope.read.payments.byId(payment.id)
  const event = (kind: Kind, amount: bigint, currency = "USD") => ({
    id: `evt_${crypto.randomUUID()}`,
    kind,
    chargeRef: row?.chargeRef ?? "",
    amountMinor: minor(amount),
    currency: currency as Currency,
  })
  const tell = (kind: Kind, amount: bigint, currency = "USD") =>
    applyProcessorEvent(scope, "sandbox", event(kind, amount, currency))
  /** Of a dispute with a name. `now`: how it stands by the time that it is told. */
  const tellOf = (disputeRef: string, kind: Kind, amount: bigint, now = STATUS[kind]) => {
    const { amountMinor, currency } = event(kind, amount)
    stand.set(disputeRef, { status: now, amountMinor, currency })
    return applyProcessorEvent(scope, "sandbox", { ...event(kind, amount), disputeRef })
  }
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
  return { api, payment, tell, tellOf, stands, books }
}

const STATUS = { DisputeOpened: "Open", DisputeWon: "Won", DisputeLost: "Lost" } as const

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

test("a second one of the same charge is booked by itself, and the rest can be refunded", async () => {
  const { api, payment, tellOf, stands, books } = await paid()
  await tellOf("dp_1", "DisputeOpened", 10_000n)
  await tellOf("dp_1", "DisputeLost", 10_000n)
  expect(await books()).toMatchObject({ BadDebt: dollars(100n), Cash: dollars(150n) })
  await tellOf("dp_2", "DisputeOpened", 5_000n)
  expect(await stands()).toEqual(["Open", dollars(150n), "Paid"])
  expect(await books()).toMatchObject({
    BadDebt: dollars(100n),
    Disputes: dollars(50n),
    Cash: dollars(100n),
  })
  await tellOf("dp_2", "DisputeWon", 5_000n)
  expect(await stands()).toEqual(["Lost", dollars(100n), "Paid"])
  expect(await books()).toMatchObject({ BadDebt: dollars(100n), Cash: dollars(150n) })
  const refund = (amount: bigint) =>
    api.post(`/admin/v1/payments/${payment.id}/refund`, { amount_nanos: dollars(amount) })
  expect((await refund(151n)).status).toBe(422)
  expect((await refund(150n)).status).toBe(201)
})

test("one that is won after it was lost brings the money back, once", async () => {
  const { tellOf, stands, books } = await paid()
  await tellOf("dp_1", "DisputeOpened", 25_000n)
  await tellOf("dp_1", "DisputeLost", 25_000n)
  await tellOf("dp_1", "DisputeWon", 25_000n)
  await tellOf("dp_1", "DisputeWon", 25_000n)
  expect(await stands()).toEqual(["Won", dollars(250n), "Paid"])
  expect(await books()).toMatchObject({ Cash: dollars(250n), Disputes: "0", BadDebt: "0" })
})

test("one whose money is withdrawn twice takes it twice, and is lost once", async () => {
  const { tellOf, stands, books } = await paid()
  await tellOf("dp_1", "DisputeOpened", 25_000n)
  await tellOf("dp_1", "DisputeOpened", 25_000n)
  expect(await books()).toMatchObject({ Disputes: dollars(250n), Cash: "0" })
  await tellOf("dp_1", "DisputeWon", 25_000n)
  await tellOf("dp_1", "DisputeOpened", 20_000n)
  expect(await stands()).toEqual(["Open", dollars(200n), "Paid"])
  expect(await books()).toMatchObject({ Disputes: dollars(200n), Cash: dollars(50n) })
  await tellOf("dp_1", "DisputeLost", 20_000n)
  await tellOf("dp_1", "DisputeLost", 20_000n)
  expect(await books()).toMatchObject({ BadDebt: dollars(200n), Disputes: "0", Cash: dollars(50n) })
})

test("old news of one whose end is known change nothing", async () => {
  const { tellOf, stands, books } = await paid()
  await tellOf("dp_1", "DisputeLost", 25_000n)
  await tellOf("dp_1", "DisputeOpened", 25_000n, "Lost")
  await tellOf("dp_1", "DisputeWon", 25_000n, "Lost")
  expect(await stands()).toEqual(["Lost", dollars(250n), "Paid"])
  expect(await books()).toMatchObject({ BadDebt: dollars(250n), Cash: "0" })
})

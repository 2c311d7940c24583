// Nothing is charged twice or lost: jobs and events that come twice, at once, in another order or not at all, answers that are lost,
// and a worker that dies between any two steps. The processor here remembers what it really did.

import { createExecutionContext, env } from "cloudflare:test"
import { expect, test } from "vitest"
import { applyProcessorEvent } from "../../src/actions/apply-processor-event.ts"
import { beginPayment } from "../../src/actions/begin-payment.ts"
import { collectPayment } from "../../src/actions/collect-payment.ts"
import { reconcilePayment } from "../../src/actions/reconcile-payment.ts"
import { refundPayment } from "../../src/actions/refund-payment.ts"
import { sendRefundAgain } from "../../src/actions/send-refund.ts"
import type { Scope } from "../../src/actions/scope.ts"
import { scopeFor } from "../../src/actions/scope.ts"
import { platformOf } from "../../src/context.ts"
import { tenantById } from "../../src/db/system.ts"
import type { ChargeOutcome, Processor, ProcessorEvent, RefundOutcome } from "../../src/payments/port.ts"
import { instant } from "../../src/domain/time.ts"
import { create, newTenant } from "../support/client.ts"
import { CENT, newCustomer } from "../support/fixtures.ts"
import { dying } from "../support/race.ts"

const TOTAL = 25_000n

type Fault = "NeverArrives" | "AnswerLost" | null

/** What really happened, by the key under which it was asked for. */
class Bank {
  readonly charges = new Map<string, ChargeOutcome>()
  readonly refunds = new Map<string, RefundOutcome>()
  outcome: (ref: string) => ChargeOutcome = (ref) => ({ status: "Succeeded", ref })
  fault: Fault = null
  asked = 0

  processor(): Processor {
    const none = () => Promise.reject(new Error("not of these tests"))
    return {
      name: "sandbox",
      capabilities: { refunds: true, payouts: false, webhooks: false, offSession: true },
      accountRef: async () => "sandbox",
      createCustomer: none,
      customerExists: none,
      attachMethod: none,
      detachMethod: none,
      methodExists: none,
      createSetup: none,
      findSetup: none,
      cancelCharge: none,
      findRefund: async (key) => this.refunds.get(key) ?? null,
      refundsOf: none,
      readDispute: none,
      payout: none,
      findPayout: none,
      readWebhook: none,
      readEvent: none,
      tenantOf: none,
      registerWebhook: none,
      charge: async ({ key }) => this.#did(this.charges, key, () => this.outcome(`ch_${key}`)),
      findCharge: async (key) => this.charges.get(key) ?? null,
      refund: async ({ key }) =>
        this.#did(this.refunds, key, () => ({ status: "Succeeded", ref: `re_${key}` })),
    }
  }

  #did<T>(done: Map<string, T>, key: string, make: () => T): T {
    this.asked += 1
    if (this.fault === "NeverArrives") throw new Error("the connection was refused")
    const outcome = done.get(key) ?? make()
    done.set(key, outcome)
    if (this.fault === "AnswerLost") throw new Error("the answer was lost")
    return outcome
  }
}

async function setting() {
  const tenant = await newTenant("test")
  const { api } = tenant
  const customer = await newCustomer(api)
  const lines = [{ description: "Workshop", unit_amount_nanos: String(TOTAL * CENT) }]
  const { id } = await create(api, "/admin/v1/invoices", { customer_id: customer.id, lines })
  await api.post(`/admin/v1/invoices/${id}/finalize`)
  // Once it is final, so that no job of the queue collects it.
  await create(api, `/admin/v1/customers/${customer.id}/payment-methods`, { payment_method: "pm_card_visa" })
  const bank = new Bank()
  const platform = { ...platformOf(env, createExecutionContext()), processorOf: () => bank.processor() }
  const row = await tenantById(platform.db, tenant.id)
  if (row === null) throw new Error("no tenant")
  const actor = { type: "System" as const, id: "test" }
  const scope = scopeFor(platform, row, { actor, requestId: "test", now: platform.wallNow() })
  const pay = (fields: object, headers = {}) => api.post(`/admin/v1/invoices/${id}/pay`, fields, headers)
  return { api, tenant, customer, invoiceId: id as string, bank, scope, pay }
}

type Setting = Awaited<ReturnType<typeof setting>>

const collect = ({ scope, invoiceId }: Setting) => collectPayment(scope, invoiceId, "finalized")

async function onlyPayment({ scope, invoiceId }: Setting) {
  const [payment, ...others] = await scope.read.payments.ofInvoice(invoiceId, 100)
  expect(others).toEqual([])
  if (payment === undefined) throw new Error("no payment")
  return payment
}

/** The entries of the ledger about payments, refunds and disputes: cause, account, amount. */
async function booked({ tenant }: Setting): Promise<[string, string, number][]> {
  const { results } = await env.DB.prepare(
    "SELECT cause, account, amount_minor FROM ledger_entries WHERE tenant_id = ? AND cause NOT LIKE 'invoice.%' ORDER BY id",
  )
    .bind(tenant.id)
    .all<{ cause: string; account: string; amount_minor: number }>()
  return results.map(({ cause, account, amount_minor }) => [cause, account, amount_minor])
}

const PAID = [
  ["payment.succeeded", "Cash", 25_000],
  ["payment.succeeded", "AccountsReceivable", -25_000],
]

async function expectPaidOnce(at: Setting): Promise<void> {
  const payment = await onlyPayment(at)
  expect([payment.status, [...at.bank.charges.keys()]]).toEqual(["Succeeded", [payment.id]])
  expect(await booked(at)).toEqual(PAID)
  const invoice = (await at.api.get(`/v1/invoices/${at.invoiceId}`)).json
  expect([invoice.status, invoice.payment_pending_nanos, invoice.amount_due_nanos]).toEqual([
    "Paid",
    "0",
    "0",
  ])
}

test("a job that comes twice, at once and later, charges once", async () => {
  const at = await setting()
  await Promise.all([collect(at), collect(at), collect(at)])
  await collect(at)
  await expectPaidOnce(at)
})

test("a worker that dies between the write and the call is found again", async () => {
  const at = await setting()
  const begun = await beginPayment(at.scope, {
    invoiceId: at.invoiceId,
    key: "collect:finalized",
    amountNanos: null,
  })
  expect(begun.ok && begun.value.payment.status).toBe("Processing")
  expect(at.bank.asked).toBe(0)
  await collect(at)
  await expectPaidOnce(at)
})

test.each([0, 1])("a worker that dies at commit %i of its job charges once", async (after) => {
  const at = await setting()
  await expect(collectPayment(dying(at.scope, after), at.invoiceId, "finalized")).rejects.toThrow("died")
  await collect(at)
  await expectPaidOnce(at)
})

test.each<Fault>(["AnswerLost", "NeverArrives"])("%s: the reconciliation finds the end", async (fault) => {
  const at = await setting()
  at.bank.fault = fault
  await collect(at)
  const payment = await onlyPayment(at)
  expect(payment.status).toBe("Processing")
  // Meanwhile nobody is asked for the same money again.
  const again = await at.pay({})
  expect([again.status, again.json.code]).toEqual([409, "invalid_state"])
  await reconcilePayment(at.scope, payment.id, "0")
  at.bank.fault = null
  await Promise.all([
    reconcilePayment(at.scope, payment.id, "1"),
    reconcilePayment(at.scope, payment.id, "1"),
  ])
  await expectPaidOnce(at)
})

test("it goes on asking for as long as it takes", async () => {
  const at = await setting()
  at.bank.fault = "NeverArrives"
  await collect(at)
  const { id } = await onlyPayment(at)
  await reconcilePayment(at.scope, id, "0")
  const { results } = await env.DB.prepare(
    "SELECT unique_key, due_at - created_at AS wait FROM agenda WHERE subject = ? ORDER BY due_at",
  )
    .bind(id)
    .all()
  expect(results).toEqual([
    { unique_key: "0", wait: 600_000 },
    { unique_key: "1", wait: 1_200_000 },
  ])
})

type Told = "ChargePending" | "ChargeSucceeded" | "ChargeFailed"

function told(kind: Told, ref: string): ProcessorEvent {
  const failed = { status: "Failed", ref, code: "processing_error", message: "", isHard: false } as const
  const statuses = { ChargePending: "Pending", ChargeSucceeded: "Succeeded" } as const
  const outcome: ChargeOutcome = kind === "ChargeFailed" ? failed : { status: statuses[kind], ref }
  return { id: `evt_${kind}`, kind, chargeRef: ref, outcome }
}

const ORDERS: Told[][] = [
  ["ChargePending", "ChargeFailed", "ChargeSucceeded"],
  ["ChargeSucceeded", "ChargeFailed", "ChargePending"],
  ["ChargeFailed", "ChargeSucceeded", "ChargePending"],
  ["ChargeFailed", "ChargePending", "ChargeSucceeded"],
]

test.each(ORDERS)("events in the order %s %s %s, each twice, end alike", async (...order) => {
  const at = await setting()
  at.bank.outcome = (ref) => ({ status: "Pending", ref })
  await collect(at)
  const { id, status } = await onlyPayment(at)
  expect(status).toBe("Pending")
  // It has long succeeded; the failure is one of an earlier try.
  at.bank.charges.set(id, { status: "Succeeded", ref: `ch_${id}` })
  for (const kind of [...order, ...order]) {
    const event = told(kind, `ch_${id}`)
    const applied = await Promise.all([1, 2].map(() => applyProcessorEvent(at.scope, "sandbox", event)))
    expect(applied.map(({ ok }) => ok)).toEqual([true, true])
  }
  await expectPaidOnce(at)
})

test("a payment that comes back after all is owed again, and begins dunning", async () => {
  const at = await setting()
  await collect(at)
  const { id } = await onlyPayment(at)
  const failed = { status: "Failed", ref: `ch_${id}`, code: "returned", message: "", isHard: false } as const
  at.bank.charges.set(id, failed)
  const event = told("ChargeFailed", `ch_${id}`)
  await applyProcessorEvent(at.scope, "sandbox", event)
  await applyProcessorEvent(at.scope, "sandbox", event)
  expect(await booked(at)).toEqual([
    ...PAID,
    ["payment.failed", "Cash", -25_000],
    ["payment.failed", "AccountsReceivable", 25_000],
  ])
  const invoice = (await at.api.get(`/v1/invoices/${at.invoiceId}`)).json
  expect([invoice.status, invoice.paid_nanos, invoice.paid_at]).toEqual(["Open", "0", null])
  expect((await at.api.get(`/admin/v1/invoices/${at.invoiceId}/dunning`)).json.status).toBe("Active")
})

test("money that arrives after all, and once too often, is credit, and can be given back", async () => {
  const at = await setting()
  at.bank.outcome = (ref) => ({ status: "Failed", ref, code: "declined", message: "", isHard: false })
  await collect(at)
  const { id } = await onlyPayment(at)
  expect((await at.pay({ reference: "WIRE-1" })).status).toBe(201)
  at.bank.charges.set(id, { status: "Succeeded", ref: `ch_${id}` })
  await applyProcessorEvent(at.scope, "sandbox", told("ChargeSucceeded", `ch_${id}`))
  expect(await booked(at)).toEqual([
    ...PAID,
    ["payment.succeeded", "Cash", 25_000],
    ["payment.succeeded", "PayoutsPayable", -25_000],
    ["wallet.granted", "PayoutsPayable", 25_000],
    ["wallet.granted", "PrepaidCredit", -25_000],
  ])
  // It is given back out of what is owed, not out of what was earned: as credit it was held for the customer.
  const refunded = await refundPayment(
    at.scope,
    { kind: "Payment", id },
    { amountNanos: null, reason: null, creditNoteId: null },
    () => ({ status: 201, body: "" }),
  )
  expect(refunded.ok).toBe(true)
  expect((await booked(at)).slice(6)).toEqual([
    ["wallet.reversed", "PrepaidCredit", 25_000],
    ["wallet.reversed", "PayoutsPayable", -25_000],
    ["refund.succeeded", "Cash", -25_000],
    ["refund.succeeded", "PayoutsPayable", 25_000],
  ])
})

test("what a payment was beyond what was due is credit no more when the payment comes back", async () => {
  const at = await setting()
  at.bank.outcome = (ref) => ({ status: "Pending", ref })
  await collect(at)
  const { id } = await onlyPayment(at)
  const pay = (cents: bigint) =>
    at.pay({ amount_nanos: String(cents * CENT), reference: "WIRE-1" }).then(({ status }) => status)
  // All of it is spoken for.
  expect(await pay(25_000n)).toBe(409)
  const succeeds = () => {
    at.bank.charges.set(id, { status: "Succeeded", ref: `ch_${id}` })
    return applyProcessorEvent(at.scope, "sandbox", told("ChargeSucceeded", `ch_${id}`))
  }
  const fails = () => {
    const code = "returned"
    at.bank.charges.set(id, { status: "Failed", ref: `ch_${id}`, code, message: "", isHard: false })
    return applyProcessorEvent(at.scope, "sandbox", told("ChargeFailed", `ch_${id}`))
  }
  await create(at.api, `/admin/v1/invoices/${at.invoiceId}/credit-notes`, {
    reason: "Outage",
    amount_nanos: String(10_000n * CENT),
  })
  await succeeds()
  expect((await onlyPayment(at)).creditedMinor).toBe(10_000n)
  const wallet = async () =>
    (await at.api.get(`/admin/v1/customers/${at.customer.id}/wallet`)).json.balances[0].balance_nanos
  expect(await wallet()).toBe(String(10_000n * CENT))
  // 4,000 of it pay another invoice; the rest goes when the bank takes the payment back.
  const lines = [{ description: "Workshop", unit_amount_nanos: String(4_000n * CENT) }]
  const other = await create(at.api, "/admin/v1/invoices", { customer_id: at.customer.id, lines })
  await at.api.post(`/admin/v1/invoices/${other.id}/finalize`)
  await fails()
  expect(await wallet()).toBe("0")
  const audit = await at.api.get("/admin/v1/ledger/audit")
  expect(audit.json.differences).toEqual([])
  expect((await booked(at)).slice(-5)).toEqual([
    ["payment.failed", "Cash", -25_000],
    ["payment.failed", "AccountsReceivable", 15_000],
    ["payment.failed", "PayoutsPayable", 10_000],
    ["wallet.reversed", "PrepaidCredit", 6_000],
    ["wallet.reversed", "PayoutsPayable", -6_000],
  ])
})

test("an event that comes before its payment is known waits for it", async () => {
  const at = await setting()
  at.bank.fault = "AnswerLost"
  await collect(at)
  const { id } = await onlyPayment(at)
  const dispute = (kind: "DisputeOpened" | "DisputeWon"): ProcessorEvent => {
    const amount = { amountMinor: TOTAL, currency: "USD" } as unknown as Pick<
      Extract<ProcessorEvent, { kind: "DisputeOpened" }>,
      "amountMinor" | "currency"
    >
    return { id: `evt_${kind}`, kind, chargeRef: `ch_${id}`, ...amount }
  }
  // The end of the dispute is told before its beginning.
  await applyProcessorEvent(at.scope, "sandbox", dispute("DisputeWon"))
  await applyProcessorEvent(at.scope, "sandbox", dispute("DisputeOpened"))
  expect(await booked(at)).toEqual([])
  await reconcilePayment(at.scope, id, "0")
  expect((await onlyPayment(at)).disputeStatus).toBe("Won")
  expect(await booked(at)).toEqual([
    ...PAID,
    ["dispute.opened", "Disputes", 25_000],
    ["dispute.opened", "Cash", -25_000],
    ["dispute.won", "Cash", 25_000],
    ["dispute.won", "Disputes", -25_000],
  ])
})

test("many who pay at once never pay more than is due", async () => {
  const at = await setting()
  const paid = await Promise.all(
    Array.from({ length: 12 }, () => at.pay({ amount_nanos: String(7_000n * CENT) })),
  )
  // Of the fourth time 70 the invoice of 250 takes 40, and after that nothing: 30 are credit. Who lost too many races is told to try again.
  const taken = paid.filter(({ status }) => status === 201)
  expect(taken.length).toBeLessThanOrEqual(4)
  expect(paid.every(({ status }) => [201, 409].includes(status))).toBe(true)
  const invoice = (await at.api.get(`/v1/invoices/${at.invoiceId}`)).json
  const came = BigInt(taken.length) * 7_000n
  expect(invoice.paid_nanos).toBe(String((came < TOTAL ? came : TOTAL) * CENT))
  const credited = taken.map(({ json }) => BigInt(json.credited_nanos))
  expect(credited.reduce((a, b) => a + b, 0n)).toBe((came < TOTAL ? 0n : came - TOTAL) * CENT)
})

test("many who refund at once never give back more than was paid", async () => {
  const at = await setting()
  await collect(at)
  const { id } = await onlyPayment(at)
  const what = { kind: "Payment", id } as const
  const input = { amountNanos: String(7_000n * CENT), reason: null, creditNoteId: null }
  const answer = () => ({ status: 201, body: "" })
  const refunds = await Promise.all(
    Array.from({ length: 12 }, () => refundPayment(at.scope, what, input, answer)),
  )
  const given = refunds.filter(({ ok }) => ok).length
  expect(given).toBeGreaterThan(0)
  expect(given).toBeLessThanOrEqual(3)
  expect(at.bank.refunds.size).toBe(given)
  expect((await onlyPayment(at)).refundedMinor).toBe(BigInt(given) * 7_000n)
})

test("a refund whose answer is lost is asked for under the same key", async () => {
  const at = await setting()
  await collect(at)
  const { id } = await onlyPayment(at)
  at.bank.fault = "AnswerLost"
  const input = { amountNanos: String(1_000n * CENT), reason: null, creditNoteId: null }
  const refunded = await refundPayment(at.scope, { kind: "Payment", id }, input, () => ({
    status: 201,
    body: "",
  }))
  const [refund] = refunded.ok ? refunded.value : []
  if (refund === undefined) throw new Error("no refund")
  expect(refund.status).toBe("Processing")
  at.bank.fault = null
  await Promise.all(["0", "0"].map((count) => sendRefundAgain(at.scope, refund.id, count)))
  expect([...at.bank.refunds.keys()]).toEqual([refund.id])
  expect((await at.scope.read.payments.refund(refund.id))?.status).toBe("Succeeded")
  expect((await booked(at)).slice(2)).toEqual([
    ["refund.succeeded", "Cash", -1_000],
    ["refund.succeeded", "Refunds", 1_000],
  ])
})

test("a request that is repeated under its key pays once", async () => {
  const at = await setting()
  const key = { "Idempotency-Key": "pay-1" }
  const first = await at.pay({ amount_nanos: String(1_000n * CENT) }, key)
  const again = await at.pay({ amount_nanos: String(1_000n * CENT) }, key)
  expect([again.status, again.json]).toEqual([first.status, first.json])
  expect(await booked(at)).toHaveLength(2)
})

test("a key that was used long ago names another request", async () => {
  const at = await setting()
  const attempt = { invoiceId: at.invoiceId, key: "request:1", amountNanos: String(1_000n * CENT) }
  const first = await beginPayment(at.scope, attempt)
  expect(await beginPayment(at.scope, attempt)).toMatchObject({ value: { isNew: false } })
  // A key's life is one of the machine's clock, whatever the tenant's says.
  const { platform, tenant, actor } = at.scope
  const inTwoDays = instant(platform.wallNow() + 2 * 86_400_000)
  const fast = scopeFor(platform, tenant, { actor, requestId: "test", now: inTwoDays })
  expect(await beginPayment(fast, attempt)).toMatchObject({ value: { isNew: false } })
  const later = { ...platform, wallNow: () => inTwoDays }
  const other = await beginPayment(
    scopeFor(later, tenant, { actor, requestId: "test", now: at.scope.now }),
    attempt,
  )
  expect(other).toMatchObject({ value: { isNew: true } })
  expect(other.ok && first.ok && other.value.payment.id !== first.value.payment.id).toBe(true)
})

test("a key that comes with another amount or method is refused, and begins nothing", async () => {
  const at = await setting()
  const attempt = { invoiceId: at.invoiceId, key: "request:1", amountNanos: String(1_000n * CENT) }
  const first = await beginPayment(at.scope, attempt)
  const reused = { error: { code: "idempotency_key_reused", errors: [{ path: "Idempotency-Key" }] } }
  expect(await beginPayment(at.scope, { ...attempt, amountNanos: String(2_000n * CENT) })).toMatchObject(
    reused,
  )
  expect(await beginPayment(at.scope, { ...attempt, amountNanos: null })).toMatchObject(reused)
  const methodId = first.ok ? first.value.payment.methodId : null
  expect(await beginPayment(at.scope, { ...attempt, methodId })).toMatchObject(reused)
  expect((await onlyPayment(at)).amountMinor).toBe(1_000n)
})

test("a refund's key that comes with another amount is refused", async () => {
  const at = await setting()
  await collect(at)
  const payment = await onlyPayment(at)
  const claim = { claim: { tenantId: at.tenant.id, scope: "key", token: "token" }, stored: false }
  const scope: Scope = { ...at.scope, claim, aside: () => at.scope }
  const refund = (amount: bigint) => {
    const input = { amountNanos: String(amount * CENT), reason: null, creditNoteId: null }
    return refundPayment(scope, { kind: "Payment", id: payment.id }, input, () => ({ status: 201, body: "" }))
  }
  expect(await refund(1_000n)).toMatchObject({ ok: true })
  expect(await refund(1_000n)).toMatchObject({ ok: true })
  expect(await refund(2_000n)).toMatchObject({ error: { code: "idempotency_key_reused" } })
  expect(await at.scope.read.payments.refundsOf(at.invoiceId)).toHaveLength(1)
})

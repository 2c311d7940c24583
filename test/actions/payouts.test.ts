// Nothing is paid out twice or lost: answers that are lost, jobs that come twice, a worker that dies between any two steps, and news in
// another order than it happened. The processor here remembers what it really did.

import { createExecutionContext, env } from "cloudflare:test"
import { expect, test } from "vitest"
import { requestPayout } from "../../src/actions/request-payout.ts"
import { retryByItself } from "../../src/actions/retry-payout.ts"
import { reconcilePayout } from "../../src/actions/send-payout.ts"
import type { Scope } from "../../src/actions/scope.ts"
import { scopeFor } from "../../src/actions/scope.ts"
import { platformOf } from "../../src/context.ts"
import { parseInstant } from "../../src/domain/time.ts"
import { tenantById } from "../../src/db/system.ts"
import type { PayoutOutcome, Processor } from "../../src/payments/port.ts"
import { voidInvoice } from "../../src/actions/void-invoice.ts"
import type { Api } from "../support/client.ts"
import { advance, create, newTenant, setClock } from "../support/client.ts"
import { CENT, FEE, newCustomer, newOwedCustomer, newPlan, newSubscription } from "../support/fixtures.ts"
import { dying, scopeOf } from "../support/race.ts"

const OWED = 10_000n

type Fault = "NeverArrives" | "AnswerLost" | null

/** What really happened, by the key under which it was asked for. */
class Bank {
  readonly payouts = new Map<string, PayoutOutcome>()
  outcome: (ref: string) => PayoutOutcome = (ref) => ({ status: "Succeeded", ref })
  fault: Fault = null

  over(real: Processor): Processor {
    return {
      ...real,
      findPayout: async (key) => this.payouts.get(key) ?? null,
      payout: async ({ key }) => {
        if (this.fault === "NeverArrives") throw new Error("the connection was refused")
        const outcome = this.payouts.get(key) ?? this.outcome(`po_${key}`)
        this.payouts.set(key, outcome)
        if (this.fault === "AnswerLost") throw new Error("the answer was lost")
        return outcome
      },
    }
  }
}

async function setting() {
  const tenant = await newTenant("test")
  const { api } = tenant
  const customer = await newOwedCustomer(api, OWED)
  const bank = new Bank()
  const plain = platformOf(env, createExecutionContext())
  const row = await tenantById(plain.db, tenant.id)
  if (row === null) throw new Error("no tenant")
  const real = plain.processorOf(row)
  const platform = { ...plain, processorOf: () => bank.over(real) }
  const actor = { type: "System" as const, id: "test" }
  const scope = scopeFor(platform, row, { actor, requestId: "test", now: platform.wallNow() })
  return { api, tenant, customer, bank, scope }
}

type Setting = Awaited<ReturnType<typeof setting>>

const ALL = { amountNanos: null, currency: null, methodId: null, invoiceId: null }

const ask = ({ customer }: Setting, scope: Scope) =>
  requestPayout(scope, customer.id, ALL, () => ({ status: 201, body: "" }))

async function onlyPayout({ scope, customer }: Setting) {
  const filter = { customerId: customer.id }
  const { rows } = await scope.read.payouts.list({ limit: 100, before: null }, filter)
  const [payout, ...others] = rows
  expect(others).toEqual([])
  if (payout === undefined) throw new Error("no payout")
  return payout
}

async function booked({ tenant }: Setting): Promise<[string, string, number][]> {
  const { results } = await env.DB.prepare(
    "SELECT cause, account, amount_minor FROM ledger_entries WHERE tenant_id = ? AND cause LIKE 'payout.%' ORDER BY id",
  )
    .bind(tenant.id)
    .all<{ cause: string; account: string; amount_minor: number }>()
  return results.map(({ cause, account, amount_minor }) => [cause, account, amount_minor])
}

const PAID = [
  ["payout.succeeded", "PayoutsPayable", 10_000],
  ["payout.succeeded", "Cash", -10_000],
]

test.each(["NeverArrives", "AnswerLost"] as const)(
  "an answer that is missing (%s) is asked for",
  async (fault) => {
    const at = await setting()
    at.bank.fault = fault
    expect(await ask(at, at.scope)).toMatchObject({ value: { status: "Processing" } })
    expect(await booked(at)).toEqual([])
    // It is spoken for: nobody else gets it meanwhile.
    expect(await ask(at, at.scope)).toMatchObject({ error: { code: "invalid_state" } })
    const { id } = await onlyPayout(at)
    at.bank.fault = null
    await Promise.all([reconcilePayout(at.scope, id, "0:1"), reconcilePayout(at.scope, id, "0:1")])
    expect((await onlyPayout(at)).status).toBe("Succeeded")
    expect([...at.bank.payouts.keys()]).toEqual([id])
    expect(await booked(at)).toEqual(PAID)
  },
)

test.each([0, 1])("a worker that dies before its commit %i has paid out once in the end", async (commits) => {
  const at = await setting()
  await expect(ask(at, dying(at.scope, commits))).rejects.toThrow("died")
  if (commits === 0) {
    expect(at.bank.payouts.size).toBe(0)
    await ask(at, at.scope)
  } else {
    await reconcilePayout(at.scope, (await onlyPayout(at)).id, "0:0")
  }
  expect((await onlyPayout(at)).status).toBe("Succeeded")
  expect(at.bank.payouts.size).toBe(1)
  expect(await booked(at)).toEqual(PAID)
})

test("each try has another key, and an answer of an earlier one changes nothing", async () => {
  const at = await setting()
  at.bank.outcome = () => ({ status: "Failed", ref: null, code: "account_closed", message: "Closed." })
  expect(await ask(at, at.scope)).toMatchObject({ value: { status: "Failed" } })
  const { id, retryAt } = await onlyPayout(at)
  expect(retryAt).toBe(at.scope.now + 3 * 86_400_000)
  at.bank.outcome = (ref) => ({ status: "Pending", ref })
  await Promise.all([retryByItself(at.scope, id, "0"), retryByItself(at.scope, id, "0")])
  await retryByItself(at.scope, id, "0")
  expect([...at.bank.payouts.keys()]).toEqual([id, `${id}:1`])
  expect(await onlyPayout(at)).toMatchObject({ status: "Pending", tries: 1, payoutRef: `po_${id}:1` })
  // The look at the first try finds that there is another one.
  await reconcilePayout(at.scope, id, "0:1")
  expect(await onlyPayout(at)).toMatchObject({ status: "Pending", tries: 1 })
  at.bank.payouts.set(`${id}:1`, { status: "Succeeded", ref: `po_${id}:1` })
  await reconcilePayout(at.scope, id, "1:0")
  expect(await onlyPayout(at)).toMatchObject({ status: "Succeeded", failures: [{ code: "account_closed" }] })
  expect(await booked(at)).toEqual(PAID)
})

/** What the accounts of a customer stand at in cents, but for what is nothing. */
async function standing(api: Api, customer: any): Promise<Record<string, number>> {
  const { balances } = (await api.get(`/admin/v1/customers/${customer.id}`)).json
  const cents = balances.map((one: any) => [one.account, Number(BigInt(one.amount_nanos) / CENT)])
  return Object.fromEntries(cents.filter(([, amount]: [string, number]) => amount !== 0))
}

/** By the clock of a test tenant. */
async function scopeAt(tenantId: string, time: string): Promise<Scope> {
  const { platform, tenant, actor } = await scopeOf(tenantId)
  const now = parseInstant(time)
  if (!now.ok) throw new Error("no time")
  return scopeFor(platform, tenant, { actor, requestId: "test", now: now.value })
}

const voided = () => ({ status: 200, body: "" })

test("an invoice can be voided while its payment is under way, and the money is the customer's", async () => {
  const { api, id: tenantId } = await newTenant("test")
  await setClock(api, "2026-01-01T00:00:00Z")
  const customer = await newCustomer(api)
  const card = { payment_method: "pm_card_pendingThenSucceeds" }
  await create(api, `/admin/v1/customers/${customer.id}/payment-methods`, card)
  const lines = [{ description: "Workshop", unit_amount_nanos: String(OWED * CENT) }]
  const { id } = await create(api, "/admin/v1/invoices", { customer_id: customer.id, lines })
  await api.post(`/admin/v1/invoices/${id}/finalize`)
  await create(api, `/admin/v1/invoices/${id}/pay`, { method: "Default" })
  const scope = await scopeAt(tenantId, "2026-01-01T01:30:00Z")
  expect(await voidInvoice(scope, id, "No", voided)).toMatchObject({ error: { code: "invalid_state" } })
  const done = await voidInvoice(scope, id, "No", voided, { permitsUnderWay: true })
  expect(done).toMatchObject({ value: { invoice: { status: "Void" } } })
  await advance(api, { by: "PT2H" })
  const {
    Cash,
    AccountsReceivable,
    Revenue,
    PayoutsPayable = 0,
    PrepaidCredit = 0,
  } = await standing(api, customer)
  expect([Cash, AccountsReceivable, Revenue]).toEqual([10_000, undefined, undefined])
  expect(PayoutsPayable + PrepaidCredit).toBe(-10_000)
  expect((await api.get("/admin/v1/ledger/audit")).json.differences).toEqual([])
})

test("an invoice can be voided while its payout is under way, and the customer has it for nothing", async () => {
  const { api, id: tenantId } = await newTenant("test", { draft_grace_hours: 1 })
  await setClock(api, "2026-01-01T00:00:00Z")
  const customer = await newCustomer(api)
  const card = { payment_method: "pm_card_pendingThenSucceeds" }
  await create(api, `/admin/v1/customers/${customer.id}/payment-methods`, card)
  const rent = { ...FEE, unit_amount_nanos: String(OWED * CENT), billing_timing: "InAdvance" }
  const plan = await newPlan(api, [rent], { direction: "Payout" })
  await newSubscription(api, plan, { customer_id: customer.id })
  await advance(api, { to: "2026-01-01T01:30:00Z" })
  const [{ id }] = (await api.get(`/admin/v1/invoices?customer_id=${customer.id}`)).json
  const scope = await scopeAt(tenantId, "2026-01-01T01:30:00Z")
  expect(await voidInvoice(scope, id, "No", voided)).toMatchObject({ error: { code: "invalid_state" } })
  const done = await voidInvoice(scope, id, "No", voided, { permitsUnderWay: true })
  expect(done).toMatchObject({ value: { invoice: { status: "Void" } } })
  await advance(api, { by: "PT2H" })
  const [payout] = (await api.get(`/admin/v1/payouts?customer_id=${customer.id}`)).json
  expect(payout.status).toBe("Succeeded")
  expect((await api.get(`/v1/invoices/${id}`)).json.status).toBe("Void")
  expect(await standing(api, customer)).toEqual({ Cash: -10_000, PayoutsPayable: 10_000 })
  expect((await api.get("/admin/v1/ledger/audit")).json.differences).toEqual([])
})

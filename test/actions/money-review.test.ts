// Money that takes more than one way at once: what is owed to a customer and asked for by two, credit that is spent while it is given
// back, and a top-up that the bank takes back.

import { createExecutionContext, env } from "cloudflare:test"
import { sql } from "drizzle-orm"
import { expect, test, vi } from "vitest"
import { applyProcessorEvent } from "../../src/actions/apply-processor-event.ts"
import { creditCustomer } from "../../src/actions/credit-customer.ts"
import { finalizeInvoice } from "../../src/actions/finalize-invoice.ts"
import { refundPayment } from "../../src/actions/refund-payment.ts"
import type { Scope } from "../../src/actions/scope.ts"
import { scopeFor } from "../../src/actions/scope.ts"
import { platformOf } from "../../src/context.ts"
import { tenantById } from "../../src/db/system.ts"
import type { ChargeOutcome } from "../../src/payments/port.ts"
import type { Api, Json } from "../support/client.ts"
import { advance, create, newTenant, setClock } from "../support/client.ts"
import { quiet } from "../support/database.ts"
import { CENT, newCustomer, newPlan, newSubscription } from "../support/fixtures.ts"
import { overtaken, scopeOf } from "../support/race.ts"

const START = "2026-01-01T00:00:00Z"

const usd = (dollars: number) => String(BigInt(dollars) * 100n * CENT)

async function setting(settings: Json = {}) {
  const tenant = await newTenant("test", settings)
  await setClock(tenant.api, START)
  return { ...tenant, customer: (await newCustomer(tenant.api)).id as string }
}

/** What the accounts of a customer stand at, in dollars, when every document is booked as it says. */
async function books(api: Api, customer: string): Promise<Record<string, number>> {
  expect((await api.get("/admin/v1/ledger/audit")).json.differences).toEqual([])
  const view = (await api.get(`/admin/v1/customers/${customer}`)).json
  return Object.fromEntries(
    view.balances
      .filter((one: any) => one.amount_nanos !== "0")
      .map((one: any) => [one.account, Number(BigInt(one.amount_nanos) / CENT) / 100]),
  )
}

async function invoiced(api: Api, customer: string, dollars: number): Promise<string> {
  const lines = [{ description: "Workshop", unit_amount_nanos: usd(dollars) }]
  const { id } = await create(api, "/admin/v1/invoices", { customer_id: customer, lines })
  await api.post(`/admin/v1/invoices/${id}/finalize`)
  return id
}

/** The scope of a tenant whose processor says this of every charge. */
async function whereCharges(tenantId: string, outcome: (ref: string) => ChargeOutcome, ref: string) {
  const platform = platformOf(env, createExecutionContext())
  const row = await tenantById(platform.db, tenantId)
  if (row === null) throw new Error("no tenant")
  const processorOf: typeof platform.processorOf = (tenant) => ({
    ...platform.processorOf(tenant),
    accountRef: () => platform.processorOf(tenant).accountRef(),
    findCharge: async () => outcome(ref),
  })
  const actor = { type: "System" as const, id: "test" }
  return scopeFor({ ...platform, processorOf }, row, { actor, requestId: "test", now: platform.wallNow() })
}

test("a top-up that the bank takes back is neither owed by the customer nor to it", async () => {
  const { api, id, customer } = await setting()
  await create(api, `/admin/v1/customers/${customer}/payment-methods`, { payment_method: "pm_card_visa" })
  const recharge = { threshold_nanos: usd(5), amount_nanos: usd(20) }
  await create(api, `/admin/v1/customers/${customer}/wallets`, { name: "Prepaid", auto_recharge: recharge })
  const topUp = await vi.waitFor(
    async () => {
      const found = await api.get(`/admin/v1/invoices?customer_id=${customer}&invoice_type=TopUp`)
      expect(found.json.map(({ status }: any) => status)).toEqual(["Paid"])
      return found.json[0]
    },
    { timeout: 10_000, interval: 100 },
  )
  expect(await books(api, customer)).toEqual({ Cash: 20, PrepaidCredit: -20 })
  const [payment] = (await api.get(`/admin/v1/payments?invoice_id=${topUp.id}`)).json
  const { charge_ref: ref } = (await env.DB.prepare("SELECT charge_ref FROM payments WHERE id = ?")
    .bind(payment.id)
    .first<{ charge_ref: string }>()) ?? { charge_ref: "" }
  const failed = { status: "Failed", ref, code: "returned", message: "", isHard: false } as const
  const scope = await whereCharges(id, () => failed, ref)
  const event = { id: "evt_returned", kind: "ChargeFailed", chargeRef: ref, outcome: failed } as const
  expect((await applyProcessorEvent(scope, "sandbox", event)).ok).toBe(true)
  expect((await api.get(`/v1/invoices/${topUp.id}`)).json.status).toBe("Void")
  expect(await books(api, customer)).toEqual({})
})

test("a refund leaves what an invoice that pays out waits for", async () => {
  const { api, customer } = await setting({ draft_grace_hours: 1 })
  const workshop = await invoiced(api, customer, 250)
  await create(api, `/admin/v1/invoices/${workshop}/pay`, {})
  await create(api, `/admin/v1/invoices/${workshop}/credit-notes`, {
    reason: "Outage",
    amount_nanos: usd(30),
  })
  const rent = {
    name: "Rent",
    pricing_model: "Flat",
    unit_amount_nanos: usd(100),
    billing_timing: "InAdvance",
  }
  const plan = await newPlan(api, [rent], { direction: "Payout" })
  await newSubscription(api, plan, { customer_id: customer })
  // Its payout is declined, so the invoice waits.
  const attach = (card: string, isDefault: boolean) =>
    create(api, `/admin/v1/customers/${customer}/payment-methods`, {
      payment_method: card,
      is_default: isDefault,
    })
  await attach("pm_card_chargeDeclined", true)
  await advance(api, { to: "2026-01-01T02:00:00Z" })
  expect(await books(api, customer)).toMatchObject({ PayoutsPayable: -130 })
  const method = await attach("pm_card_visa", false)
  const paid = await api.post(`/admin/v1/customers/${customer}/payouts`, { payment_method_id: method.id })
  expect([paid.status, paid.json.amount_nanos]).toEqual([201, usd(30)])
  // What the credit note had left is paid out, so that a refund is goodwill, and the rent stays owed.
  expect((await api.post(`/admin/v1/invoices/${workshop}/refund`, { amount_nanos: usd(30) })).status).toBe(
    201,
  )
  expect(await books(api, customer)).toMatchObject({ PayoutsPayable: -100, Refunds: 30 })
})

/** A payment of $150 for an invoice of $100, and a draft of $50 that the credit pays. */
async function overpaid() {
  const at = await setting()
  // As much is owed for another reason, so nothing but the credit itself can say that it is gone.
  const other = await invoiced(at.api, at.customer, 80)
  await create(at.api, `/admin/v1/invoices/${other}/pay`, { amount_nanos: usd(80), reference: "W" })
  await create(at.api, `/admin/v1/invoices/${other}/credit-notes`, {
    reason: "Outage",
    amount_nanos: usd(50),
  })
  const first = await invoiced(at.api, at.customer, 100)
  const paid = await create(at.api, `/admin/v1/invoices/${first}/pay`, {
    amount_nanos: usd(150),
    reference: "W",
  })
  const lines = [{ description: "Workshop", unit_amount_nanos: usd(50) }]
  const draft = await create(at.api, "/admin/v1/invoices", { customer_id: at.customer, lines })
  return { ...at, paymentId: paid.id as string, draftId: draft.id as string }
}

test("credit that is spent while it is refunded is not refunded", async () => {
  const { api, id, customer, paymentId, draftId } = await overpaid()
  const scope = await scopeOf(id)
  let isSpent = false
  const owed: Scope["read"]["payouts"]["owed"] = async (...asked) => {
    if (!isSpent) {
      isSpent = true
      await finalizeInvoice(await scopeOf(id), draftId, null)
    }
    return scope.read.payouts.owed(...asked)
  }
  const slow: Scope = {
    ...scope,
    aside: () => slow,
    read: { ...scope.read, payouts: { ...scope.read.payouts, owed } },
  }
  const wanted = { amountNanos: usd(150), reason: null, creditNoteId: null }
  const refunded = await refundPayment(slow, { kind: "Payment", id: paymentId }, wanted, null)
  expect(refunded).toMatchObject({ ok: false, error: { code: "invalid_request" } })
  expect(await books(api, customer)).toMatchObject({ Cash: 230, PayoutsPayable: -50 })
})

/** What D1 takes of one invocation. */
const STATEMENTS = 1_000

test("an invoice draws hundreds of top-ups in a commit that storage takes", async () => {
  const { api, id, customer } = await setting()
  const { grant } = await create(api, `/admin/v1/customers/${customer}/credits`, { amount_nanos: usd(1) })
  const platform = platformOf(env, createExecutionContext())
  // As a wallet that fills itself up leaves them: one for each recharge that is not billed yet.
  await platform.db.run(sql`
    INSERT INTO wallet_grants (id, tenant_id, customer_id, wallet_id, currency, kind, amount_minor, remaining_minor, priority, source, created_at)
    SELECT g.id || '-' || n.value, tenant_id, customer_id, wallet_id, currency, kind, amount_minor, remaining_minor, priority, source, created_at
    FROM wallet_grants AS g CROSS JOIN json_each(${JSON.stringify(Array.from({ length: 399 }, (_, n) => n))}) AS n
    WHERE g.id = ${grant.id}`)
  const lines = [{ description: "Workshop", unit_amount_nanos: usd(500) }]
  const draft = await create(api, "/admin/v1/invoices", { customer_id: customer, lines })
  const batches: number[] = []
  const batch: typeof platform.db.batch = (statements) => {
    batches.push(statements.length)
    return platform.db.batch(statements)
  }
  const db: typeof platform.db = new Proxy(platform.db, {
    get: (target, name) => (name === "batch" ? batch : Reflect.get(target, name)),
  })
  const row = await tenantById(db, id)
  if (row === null) throw new Error("no tenant")
  const actor = { type: "System" as const, id: "test" }
  const scope = scopeFor({ ...platform, db }, row, { actor, requestId: "test", now: platform.wallNow() })
  const final = await finalizeInvoice(scope, draft.id, null)
  expect(final.ok && final.value.invoice.drawnMinor).toBe(40_000n)
  expect(Math.max(...batches)).toBeLessThan(STATEMENTS / 2)
  const wallet = (await api.get(`/admin/v1/customers/${customer}/wallet`)).json
  expect(wallet.balances[0].balance_nanos).toBe("0")
})

test("credit that payments left does not keep anybody from granting some", async () => {
  const { api, customer } = await setting()
  const { grant } = await create(api, `/admin/v1/customers/${customer}/credits`, { amount_nanos: usd(1) })
  const { db } = platformOf(env, createExecutionContext())
  await db.run(sql`
    INSERT INTO wallet_grants (id, tenant_id, customer_id, wallet_id, currency, kind, amount_minor, remaining_minor, priority, source, source_id, created_at)
    SELECT g.id || '-' || n.value, tenant_id, customer_id, wallet_id, currency, kind, amount_minor, remaining_minor, priority, 'Payment', n.value, created_at
    FROM wallet_grants AS g CROSS JOIN json_each(${JSON.stringify(Array.from({ length: 100 }, (_, n) => n))}) AS n
    WHERE g.id = ${grant.id}`)
  const given = await api.post(`/admin/v1/customers/${customer}/credits`, { amount_nanos: usd(1) })
  expect([given.status, given.json.code]).toEqual([201, undefined])
})

test("what is paid beyond what is due pays everything, whichever wallet was the first", async () => {
  const { api, customer } = await setting()
  const wallets = `/admin/v1/customers/${customer}/wallets`
  const promo = await create(api, wallets, { name: "Promo", scope: { product_tags: ["storage"] } })
  expect(promo.is_default).toBe(false)
  const first = await invoiced(api, customer, 10)
  await create(api, `/admin/v1/invoices/${first}/pay`, { amount_nanos: usd(30), reference: "W" })
  const second = (await api.get(`/v1/invoices/${await invoiced(api, customer, 15)}`)).json
  expect(second.drawn_nanos).toBe(usd(15))
  const held = (await api.get(`/admin/v1/customers/${customer}/wallet`)).json.wallets
  const own = held.find((wallet: any) => wallet.is_default)
  const narrowed = await api.patch(`${wallets}/${own.id}`, { scope: { product_tags: ["storage"] } })
  expect([narrowed.status, narrowed.json.errors[0].path]).toEqual([422, "scope"])
})

test("a top-up that waits for its customer can be voided", async () => {
  const { api, customer } = await setting()
  await create(api, `/admin/v1/customers/${customer}/payment-methods`, {
    payment_method: "pm_card_authenticationRequired",
  })
  const recharge = { threshold_nanos: usd(5), amount_nanos: usd(20) }
  await create(api, `/admin/v1/customers/${customer}/wallets`, { name: "Prepaid", auto_recharge: recharge })
  const topUp = await vi.waitFor(
    async () => {
      const [found] = (await api.get(`/admin/v1/invoices?customer_id=${customer}&invoice_type=TopUp`)).json
      const [payment] = (await api.get(`/admin/v1/payments?invoice_id=${found.id}`)).json
      expect(payment.status).toBe("RequiresAction")
      return found
    },
    { timeout: 10_000, interval: 100 },
  )
  const voided = await api.post(`/admin/v1/invoices/${topUp.id}/void`, { reason: "Not wanted" })
  expect([voided.status, voided.json.status]).toEqual([200, "Void"])
  const [failed] = (await api.get("/admin/v1/audit?action=wallet.recharge_failed")).json
  expect(failed.after.failure_code).toBe("canceled")
  expect(await books(api, customer)).toEqual({})
})

test("the audit knows what is owed to a customer in money", async () => {
  const { api, id, customer, draftId } = await overpaid()
  await api.post(`/admin/v1/invoices/${draftId}/finalize`)
  expect(await books(api, customer)).toMatchObject({ PayoutsPayable: -50 })
  // A booking that balances, on an account that nothing else is compared with.
  await env.DB.prepare(
    "UPDATE ledger_entries SET account = 'Refunds' WHERE tenant_id = ? AND account = 'PayoutsPayable' AND cause = 'credit_note.issued'",
  )
    .bind(id)
    .run()
  const { differences } = (await api.get("/admin/v1/ledger/audit")).json
  const found = differences.find(({ check }: any) => check === "Payables")
  expect(found).toMatchObject({ customer_id: customer, expected_nanos: `-${usd(50)}`, actual_nanos: "0" })
})

test("credit that comes while its wallet is told to stop at zero is served", async () => {
  const { api, id, customer } = await setting()
  const { wallet_id } = await create(api, `/admin/v1/customers/${customer}/credits`, { amount_nanos: usd(1) })
  const calls = {
    name: "Calls",
    pricing_model: "PerUnit",
    unit_amount_nanos: usd(1),
    meter_event_type: "api.request",
  }
  const subscription = await newSubscription(api, await newPlan(api, [calls]), { customer_id: customer })
  const scope = await scopeOf(id)
  const slow = overtaken(scope, async () => {
    const changed = await api.patch(`/admin/v1/customers/${customer}/wallets/${wallet_id}`, {
      stop_at_zero: true,
    })
    expect(changed.status).toBe(200)
    await quiet()
  })
  const none = { currency: null, walletId: null, kind: null, priority: null, expiresAt: null, scope: null }
  const input = {
    ...none,
    amountNanos: usd(5),
    description: null,
    reason: null,
    reference: null,
    actor: null,
  }
  expect((await creditCustomer(slow, customer, input, () => ({ status: 201, body: "" }))).ok).toBe(true)
  await quiet()
  const answers: number[] = []
  for (let n = 0; n < 8; n++) {
    const event = {
      id: `call-${n}`,
      event_type: "api.request",
      subscription_id: subscription.id,
      timestamp: START,
    }
    answers.push((await api.post("/v1/events", event)).status)
  }
  expect(answers).toEqual([200, 200, 200, 200, 200, 200, 402, 402])
})

// What becomes credit goes back when what it came from does, whoever was quicker; and what is told of it.

import { createExecutionContext, env } from "cloudflare:test"
import { expect, test } from "vitest"
import { applyCredit } from "../../src/actions/apply-credit.ts"
import { beginPayment } from "../../src/actions/begin-payment.ts"
import { creditCustomer } from "../../src/actions/credit-customer.ts"
import { expireCredit } from "../../src/actions/expire-credit.ts"
import { finalizeInvoice } from "../../src/actions/finalize-invoice.ts"
import { scopeFor } from "../../src/actions/scope.ts"
import { voidInvoice } from "../../src/actions/void-invoice.ts"
import { platformOf } from "../../src/context.ts"
import { tenantById } from "../../src/db/system.ts"
import { instant } from "../../src/domain/time.ts"
import { advance, create, newTenant, setClock } from "../support/client.ts"
import { CENT, newCustomer, newPlan, newSubscription } from "../support/fixtures.ts"
import { overtaken, scopeOf } from "../support/race.ts"

const DOLLAR = 100n * CENT
const REPLY = () => ({ status: 201, body: "" })

const usd = (dollars: number) => String(BigInt(dollars) * DOLLAR)

async function setting() {
  const tenant = await newTenant("test")
  const customer = (await newCustomer(tenant.api)).id as string
  const credits = `/admin/v1/customers/${customer}/credits`
  const balance = async () =>
    (await tenant.api.get(`/admin/v1/customers/${customer}/wallet`)).json.balances[0].balance_nanos
  const books = async () => {
    expect((await tenant.api.get("/admin/v1/ledger/audit")).json.differences).toEqual([])
    const view = (await tenant.api.get(`/admin/v1/customers/${customer}`)).json
    return Object.fromEntries(
      view.balances
        .filter((one: any) => one.amount_nanos !== "0")
        .map((one: any) => [one.account, Number(BigInt(one.amount_nanos) / DOLLAR)]),
    )
  }
  const draft = async (dollars: number) => {
    const lines = [{ description: "Workshop", unit_amount_nanos: usd(dollars) }]
    return (await create(tenant.api, "/admin/v1/invoices", { customer_id: customer, lines })).id as string
  }
  return { ...tenant, customer, credits, balance, books, draft }
}

/** A draft of −$20: of a fee of $31 for January, what is left on the 12th is given back. */
async function belowZero() {
  const at = await setting()
  await setClock(at.api, "2026-01-01T00:00:00Z")
  const fee = { name: "Fee", pricing_model: "Flat", unit_amount_nanos: usd(31), billing_timing: "InAdvance" }
  const plan = await newPlan(at.api, [fee])
  const subscription = await newSubscription(at.api, plan, { customer_id: at.customer })
  await advance(at.api, { to: "2026-01-12T00:00:00Z" })
  const [first] = (await at.api.get(`/admin/v1/invoices?customer_id=${at.customer}`)).json
  await at.api.post(`/admin/v1/invoices/${first.id}/pay`, {})
  await at.api.post(`/v1/subscriptions/${subscription.id}/cancel`, { at: "Now", prorate: true })
  const [draft] = (await at.api.get(`/admin/v1/invoices?customer_id=${at.customer}`)).json
  expect([draft.status, draft.total_nanos]).toEqual(["Draft", usd(-20)])
  // Nobody runs the jobs of its commits, so the invoice stays open.
  const platform = platformOf(env, createExecutionContext())
  const row = await tenantById(platform.db, at.id)
  if (row === null) throw new Error("no tenant")
  const actor = { type: "System", id: "test" } as const
  const now = instant(Date.parse("2026-01-12T00:00:00Z"))
  const scope = scopeFor(platform, row, { actor, requestId: "test", now, announce: false })
  return { ...at, scope, draftId: draft.id as string }
}

test("the credit that an open invoice below zero became goes with the invoice", async () => {
  const at = await belowZero()
  expect((await finalizeInvoice(at.scope, at.draftId, null)).ok).toBe(true)
  expect(await at.balance()).toBe(usd(20))
  expect(await at.books()).toMatchObject({ PrepaidCredit: -20 })
  expect((await voidInvoice(at.scope, at.draftId, "Wrong", null)).ok).toBe(true)
  expect(await at.balance()).toBe("0")
  expect(await at.books()).not.toHaveProperty("PrepaidCredit")
  expect(await at.books()).not.toHaveProperty("PayoutsPayable")
})

test("once it is spent nobody voids the invoice", async () => {
  const at = await belowZero()
  await finalizeInvoice(at.scope, at.draftId, null)
  await create(at.api, at.credits, { amount_nanos: usd(-5) })
  // What is taken away of it by hand is owed as money.
  expect(await at.books()).toMatchObject({ PrepaidCredit: -15, PayoutsPayable: -5 })
  const voided = await voidInvoice(at.scope, at.draftId, "Wrong", null)
  expect(voided).toMatchObject({ ok: false, error: { code: "invalid_state" } })
})

test("who draws second draws what the first has left", async () => {
  const at = await setting()
  await create(at.api, at.credits, { amount_nanos: usd(100) })
  const [one, other] = [await at.draft(70), await at.draft(70)]
  const scope = await scopeOf(at.id)
  const slow = overtaken(scope, () => finalizeInvoice(scope, other, null))
  const done = await finalizeInvoice(slow, one, null)
  expect(done.ok && done.value.invoice.drawnMinor).toBe(3_000n)
  expect(await at.balance()).toBe("0")
  expect(await at.books()).toMatchObject({ AccountsReceivable: 40, Cash: 100 })
})

test("who applies credit second draws what the first has left", async () => {
  const at = await setting()
  const [one, other] = [await at.draft(70), await at.draft(70)]
  for (const id of [one, other]) await at.api.post(`/admin/v1/invoices/${id}/finalize`)
  await create(at.api, at.credits, { amount_nanos: usd(100) })
  const scope = await scopeOf(at.id)
  const slow = overtaken(scope, () => applyCredit(scope, other, REPLY))
  const done = await applyCredit(slow, one, REPLY)
  expect(done.ok && done.value.invoice.drawnMinor).toBe(3_000n)
  expect(await at.balance()).toBe("0")
  expect(await at.books()).toEqual({ AccountsReceivable: 40, Cash: 100, Revenue: -140 })
})

test("credit and a payment that begin at once never pay the same dollar", async () => {
  const at = await setting()
  const id = await at.draft(70)
  await at.api.post(`/admin/v1/invoices/${id}/finalize`)
  await create(at.api, `/admin/v1/customers/${at.customer}/payment-methods`, {
    payment_method: "pm_card_visa",
    is_default: false,
  })
  await create(at.api, at.credits, { amount_nanos: usd(100) })
  const scope = await scopeOf(at.id)
  // 50 are asked for before the credit is drawn: 20 are left for it.
  const begin = () =>
    beginPayment(scope, { invoiceId: id, key: "first", amountNanos: String(50n * DOLLAR), methodId: null })
  const slow = overtaken(scope, async () => expect((await begin()).ok).toBe(true))
  const done = await applyCredit(slow, id, REPLY)
  expect(done.ok && [done.value.invoice.drawnMinor, done.value.invoice.status]).toEqual([2_000n, "Open"])
  // And nothing is left to be asked for beside it.
  const late = await beginPayment(scope, { invoiceId: id, key: "second", amountNanos: null, methodId: null })
  expect(late).toMatchObject({ ok: false, error: { code: "invalid_state" } })
})

test("many who apply at once draw once", { timeout: 60_000 }, async () => {
  const at = await setting()
  const id = await at.draft(70)
  await at.api.post(`/admin/v1/invoices/${id}/finalize`)
  await create(at.api, at.credits, { amount_nanos: usd(100) })
  const all = await Promise.all(
    Array.from({ length: 20 }, () => at.api.post(`/admin/v1/invoices/${id}/apply-credit`)),
  )
  expect(all.filter(({ status }) => status === 200)).toHaveLength(1)
  expect(all.every(({ status }) => status === 200 || status === 409)).toBe(true)
  expect(await at.books()).toEqual({ Cash: 100, Revenue: -70, PrepaidCredit: -30 })
})

test("the first two credits at once make one wallet", async () => {
  const at = await setting()
  const scope = await scopeOf(at.id)
  const none = { currency: null, walletId: null, kind: null, priority: null, expiresAt: null, scope: null }
  const input = {
    ...none,
    amountNanos: usd(5),
    description: null,
    reason: null,
    reference: null,
    actor: null,
  }
  const slow = overtaken(scope, () => creditCustomer(scope, at.customer, input, REPLY))
  expect((await creditCustomer(slow, at.customer, input, REPLY)).ok).toBe(true)
  const told = (await at.api.get(`/admin/v1/customers/${at.customer}/wallet`)).json
  expect(told.wallets.map((wallet: any) => wallet.balance_nanos)).toEqual([usd(10)])
})

test("credit lapses once, and not before its time", async () => {
  const at = await setting()
  await setClock(at.api, "2026-01-01T00:00:00Z")
  const { grant } = await create(at.api, at.credits, {
    amount_nanos: usd(10),
    expires_at: "2026-02-01T00:00:00Z",
  })
  const platform = platformOf(env, createExecutionContext())
  const row = await tenantById(platform.db, at.id)
  if (row === null) throw new Error("no tenant")
  const on = (text: string) =>
    scopeFor(platform, row, {
      actor: { type: "System", id: "test" },
      requestId: "test",
      now: instant(Date.parse(text)),
      announce: false,
    })
  await expireCredit(on("2026-01-31T23:59:59Z"), grant.id)
  expect(await at.balance()).toBe(usd(10))
  await Promise.all([1, 2].map(() => expireCredit(on("2026-02-01T00:00:00Z"), grant.id)))
  await expireCredit(on("2026-02-02T00:00:00Z"), grant.id)
  expect(await at.balance()).toBe("0")
  expect(await at.books()).toEqual({ Cash: 10, Breakage: -10 })
})

test("what moves is told, with what moved", async () => {
  const at = await setting()
  const made = await create(at.api, at.credits, { amount_nanos: usd(10), reason: "Welcome" })
  const id = await at.draft(40)
  await at.api.post(`/admin/v1/invoices/${id}/finalize`)
  await at.api.post(`/admin/v1/invoices/${id}/void`, { reason: "Wrong" })
  const events = (await at.api.get("/admin/v1/webhook-events?after=0")).json
  const wallets = events.filter(({ type }: any) => type.startsWith("wallet."))
  const said = ({ type, data }: any) => [type, data.amount_nanos, data.balance_nanos, data.invoice_id]
  expect(wallets.map(said)).toEqual([
    ["wallet.credited", usd(10), undefined, undefined],
    ["wallet.drawn", usd(-10), "0", id],
    ["wallet.depleted", usd(-10), "0", id],
    ["wallet.credited", usd(10), usd(10), id],
  ])
  expect(wallets[0].data).toMatchObject({
    id: made.wallet_id,
    is_default: true,
    reason: "Welcome",
    transfer_id: made.transfer_id,
  })
})

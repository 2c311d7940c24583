// What a processor tells of payouts, early, late, twice, out of order and after the end: each is booked as it ended, and nothing waits.

import { createExecutionContext, env } from "cloudflare:test"
import { expect, test } from "vitest"
import { applyProcessorEvent } from "../../src/actions/apply-processor-event.ts"
import { requestPayout } from "../../src/actions/request-payout.ts"
import { retryPayoutWith } from "../../src/actions/retry-payout.ts"
import type { Scope } from "../../src/actions/scope.ts"
import { scopeFor } from "../../src/actions/scope.ts"
import { reconcilePayout } from "../../src/actions/send-payout.ts"
import { platformOf } from "../../src/context.ts"
import { tenantById } from "../../src/db/system.ts"
import type { PayoutOutcome } from "../../src/payments/port.ts"
import { newTenant } from "../support/client.ts"
import { CENT, newOwedCustomer } from "../support/fixtures.ts"

const OWED = 10_000n

/** A customer who is owed $100, and a bank that says of each payout what it is told to say. */
async function owing(first: PayoutOutcome["status"]) {
  const tenant = await newTenant("test")
  const { api } = tenant
  const customer = await newOwedCustomer(api, OWED)
  const plain = platformOf(env, createExecutionContext())
  const row = await tenantById(plain.db, tenant.id)
  if (row === null) throw new Error("no tenant")
  const known = new Map<string, PayoutOutcome>()
  const bank = { says: first, losesAnswers: false }
  const real = plain.processorOf(row)
  const processor: typeof real = {
    ...real,
    findPayout: async (key) => known.get(key) ?? null,
    payout: async ({ key }) => {
      const outcome = known.get(key) ?? said(bank.says, `po_${key}`)
      known.set(key, outcome)
      if (bank.losesAnswers) throw new Error("the answer was lost")
      return outcome
    },
  }
  const platform = { ...plain, processorOf: () => processor }
  const actor = { type: "System" as const, id: "test" }
  const scope = scopeFor(platform, row, { actor, requestId: "test", now: platform.wallNow() })
  const ask = (by: Scope = scope) => {
    const all = { amountNanos: null, currency: null, methodId: null, invoiceId: null }
    return requestPayout(by, customer.id, all, () => ({ status: 201, body: "" }))
  }
  const payout = async () => {
    const { rows } = await scope.read.payouts.list({ limit: 9, before: null }, { customerId: customer.id })
    const [only] = rows
    if (only === undefined || rows.length > 1) throw new Error("one payout")
    return only
  }
  let told = 0
  const tell = (ref: string, status: "Succeeded" | "Failed") =>
    applyProcessorEvent(scope, "sandbox", {
      id: `evt_${(told += 1)}`,
      kind: status === "Succeeded" ? "PayoutSucceeded" : "PayoutFailed",
      payoutRef: ref,
      outcome: said(status, ref),
    })
  const waiting = async () => {
    const sql = "SELECT event_id FROM processor_events WHERE tenant_id = ? AND applied_at IS NULL"
    return (await env.DB.prepare(sql).bind(tenant.id).all()).results.length
  }
  /** What left for the customer, in cents, by the ledger; the audit finds nothing. */
  const left = async () => {
    expect((await api.get("/admin/v1/ledger/audit")).json.differences).toEqual([])
    const { balances } = (await api.get(`/admin/v1/customers/${customer.id}`)).json
    const cash = balances.find(({ account }: any) => account === "Cash")?.amount_nanos ?? "0"
    return Number(OWED - BigInt(cash) / CENT)
  }
  return { scope, bank, known, ask, payout, tell, waiting, left }
}

function said(status: PayoutOutcome["status"], ref: string): PayoutOutcome {
  return status === "Failed" ? { status, ref, code: "declined", message: "Declined." } : { status, ref }
}

/** A worker that dies once the outcome is committed, before it comes to what waits. */
function dyingBehindTheOutcome(scope: Scope): Scope {
  return {
    ...scope,
    aside: () => dyingBehindTheOutcome(scope.aside()),
    read: {
      ...scope.read,
      payments: {
        ...scope.read.payments,
        waitingEvents: () => Promise.reject(new Error("the worker died")),
      },
    },
  }
}

test("one that comes back before its answer was known is booked both ways, by the job that looks after it", async () => {
  const at = await owing("Succeeded")
  at.bank.losesAnswers = true
  await at.ask()
  const { id } = await at.payout()
  expect((await at.payout()).status).toBe("Processing")
  // Early: nobody knows yet whose it is.
  expect(await at.tell(`po_${id}`, "Failed")).toMatchObject({ ok: true })
  expect(await at.waiting()).toBe(1)
  at.bank.losesAnswers = false
  await expect(reconcilePayout(dyingBehindTheOutcome(at.scope), id, "0:0")).rejects.toThrow("died")
  expect([(await at.payout()).status, await at.left()]).toEqual(["Succeeded", 10_000])
  expect(await reconcilePayout(at.scope, id, "0:0")).toMatchObject({ ok: true })
  expect([(await at.payout()).status, await at.left(), await at.waiting()]).toEqual(["Failed", 0, 0])
  expect((await at.payout()).returnedAt).not.toBeNull()
})

test.each([
  ["in order", ["Succeeded", "Failed"]],
  ["twice", ["Succeeded", "Succeeded", "Failed", "Failed"]],
  ["its end first", ["Failed", "Succeeded"]],
  ["only its end", ["Failed"]],
] as const)("one that arrived and came back, told %s, is owed again", async (_, order) => {
  const at = await owing("Pending")
  await at.ask()
  const { id } = await at.payout()
  for (const status of order) expect(await at.tell(`po_${id}`, status)).toMatchObject({ ok: true })
  expect([(await at.payout()).status, await at.left(), await at.waiting()]).toEqual(["Failed", 0, 0])
})

test("what is told of an earlier try changes nothing of the next one, and waits for nothing", async () => {
  const at = await owing("Pending")
  await at.ask()
  const { id } = await at.payout()
  await at.tell(`po_${id}`, "Failed")
  at.bank.says = "Succeeded"
  const again = await retryPayoutWith(at.scope, id, { tryKey: "again", methodId: null, isNewMethod: false })
  expect(again).toMatchObject({ ok: true })
  await at.tell(`po_${id}`, "Failed")
  await reconcilePayout(at.scope, id, "1:0")
  await at.tell(`po_${id}`, "Failed")
  expect([(await at.payout()).status, await at.left(), await at.waiting()]).toEqual(["Succeeded", 10_000, 0])
  // The second try comes back: that is its own news.
  await at.tell(`po_${id}:1`, "Failed")
  expect([(await at.payout()).status, await at.left(), await at.waiting()]).toEqual(["Failed", 0, 0])
})

test("one that came early for a try that failed meanwhile is no news of the next try", async () => {
  const at = await owing("Failed")
  at.bank.losesAnswers = true
  await at.ask()
  const { id } = await at.payout()
  await at.tell(`po_${id}`, "Failed")
  await expect(reconcilePayout(dyingBehindTheOutcome(at.scope), id, "0:0")).rejects.toThrow("died")
  at.bank.says = "Succeeded"
  at.bank.losesAnswers = false
  await retryPayoutWith(at.scope, id, { tryKey: "again", methodId: null, isNewMethod: false })
  await reconcilePayout(at.scope, id, "1:0")
  expect([(await at.payout()).status, await at.left(), await at.waiting()]).toEqual(["Succeeded", 10_000, 0])
})

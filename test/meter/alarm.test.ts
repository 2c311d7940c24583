// What a meter has to tell is told in the end: the platform tries a failed alarm a few times only.

import { env, runInDurableObject } from "cloudflare:test"
import { expect, test } from "vitest"
import { budgetName, type BudgetTerms } from "../../src/domain/alert.ts"
import type { MeterTerms } from "../../src/domain/terms.ts"
import { CALLS, event, newTerms, results, stubFor, TENANT } from "./support.ts"

const PRICE = {
  skuId: "calls",
  meterKey: CALLS.key,
  pricing: { price: { model: "PerUnit", unitAmountNanos: "10" } },
} as const

let budgets = 0

/** A subscription that crosses a SoftLimit with its first call. */
function softlyLimited(): MeterTerms {
  budgets += 1
  const only = { alertId: "alert", type: "SoftLimit", thresholdNanos: "5", epoch: 0 } as const
  const name = budgetName(TENANT, `teller-${budgets}`)
  const budget: BudgetTerms = { name, version: 1, limits: [only], members: [] }
  return newTerms({ meters: [CALLS], budgets: [budget], prices: [PRICE] })
}

type Told = { readonly rows: number; readonly alarm: number | null }

/** Puts a crossing into the outbox again, and lets its alarm run with this queue, once, as the platform would. */
function ring(terms: MeterTerms, sendBatch: () => Promise<void>): Promise<Told> {
  return runInDurableObject(stubFor(terms), async (meter, { storage }) => {
    Object.defineProperty(meter, "env", { value: { ...env, JOBS: { sendBatch } } })
    storage.sql.exec("INSERT INTO outbox (message) VALUES ('{}')")
    await storage.deleteAlarm()
    await meter.alarm().catch(() => undefined)
    const { n: rows } = storage.sql.exec<{ n: number }>("SELECT count(*) AS n FROM outbox").one()
    return { rows, alarm: await storage.getAlarm() }
  })
}

test("a meter that could not tell has set a later alarm", async () => {
  const terms = softlyLimited()
  await results(terms, [event("one")])
  const before = Date.now()
  const { rows, alarm } = await ring(terms, () => Promise.reject(new Error("no queue")))
  expect(rows).toBeGreaterThan(0)
  expect(alarm).toBeGreaterThan(before)
})

test("a meter that has told everything sets none", async () => {
  const terms = softlyLimited()
  await results(terms, [event("one")])
  expect(await ring(terms, () => Promise.resolve())).toEqual({ rows: 0, alarm: null })
})

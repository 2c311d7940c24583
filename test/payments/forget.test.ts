// What processors told and what the sandbox made does not stay for ever, and what is still of use does.

import { env } from "cloudflare:workers"
import { expect, test } from "vitest"
import { openDatabase } from "../../src/db/database.ts"
import { forgetProcessorEvents, forgetSandbox } from "../../src/db/forget-processors.ts"
import { sandboxStore } from "../../src/db/sandbox.ts"
import type { Instant } from "../../src/domain/time.ts"
import { limits } from "../../src/limits.ts"
import { sandboxProcessor } from "../../src/payments/sandbox/processor.ts"
import { firstIdAt, newId } from "../../src/runtime/ids.ts"
import { newTenant } from "../support/client.ts"

const DAY = 86_400_000
const NOW = Date.now()
const db = () => openDatabase(env.DB)

async function refsOf(tenantId: string): Promise<string[]> {
  const sql = "SELECT ref FROM sandbox_objects WHERE tenant_id = ? ORDER BY ref"
  const { results } = await env.DB.prepare(sql).bind(tenantId).all<{ ref: string }>()
  return results.map(({ ref }) => ref)
}

test("the sandbox forgets by the wall what it made, a bounded number at once", async () => {
  const { id: tenantId } = await newTenant("test")
  let wall = NOW - 181 * DAY
  const store = sandboxStore(db(), tenantId, { wallNow: () => wall as Instant, newId })
  const config = { tenantId, store, secret: async () => "a secret", publicUrl: "https://pay.test" }
  const processor = sandboxProcessor(config)
  const attach = async () =>
    (await processor.attachMethod({ key: newId(), customerRef: "cus_1", methodRef: "pm_card_visa" })) as {
      ok: true
      value: { ref: string }
    }
  const charge = (methodRef: string) =>
    processor.charge({
      key: newId(),
      customerRef: "cus_1",
      methodRef,
      amountMinor: 100n as never,
      currency: "USD" as never,
      description: "",
      metadata: {},
    })
  const kept = (await attach()).value.ref
  const detached = (await attach()).value.ref
  const webhook = await processor.registerWebhook({ key: "company", url: "https://pay.test/callbacks" })
  for (let n = 0; n < 3; n += 1) await charge(kept)
  await processor.detachMethod(detached)
  wall = NOW - 179 * DAY
  const young = await charge(kept)
  const before = (NOW - limits.sandboxKeptMs) as Instant
  await forgetSandbox(db(), before, 2)
  expect(await refsOf(tenantId)).toHaveLength(5)
  await forgetSandbox(db(), before, 100)
  expect(new Set(await refsOf(tenantId))).toEqual(new Set([young.ref, kept, webhook.ref]))
})

test("events are forgotten whether they were applied or not", async () => {
  const { id: tenantId } = await newTenant("test")
  const insert = `INSERT INTO processor_events
    (id, tenant_id, processor, event_id, kind, event, applied_at, version, received_at)
    VALUES (?, ?, 'stripe', ?, 'Other', '{}', ?, 1, 0)`
  const rows: [string, number, number | null][] = [
    ["old", 91, 1],
    ["old and waiting", 91, null],
    ["young", 89, 1],
  ]
  for (const [eventId, days, appliedAt] of rows) {
    const id = `${firstIdAt(NOW - days * DAY)}-7000-8000-${crypto.randomUUID().slice(-12)}`
    await env.DB.prepare(insert).bind(id, tenantId, eventId, appliedAt).run()
  }
  await forgetProcessorEvents(db(), firstIdAt(NOW - limits.processorEventsKeptMs), 100)
  const left = "SELECT event_id FROM processor_events WHERE tenant_id = ?"
  const { results } = await env.DB.prepare(left).bind(tenantId).all<{ event_id: string }>()
  expect(results.map(({ event_id: id }) => id)).toEqual(["young"])
})

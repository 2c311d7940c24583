// Callbacks: whoever knows the address may name an event, and only what the processor says of it counts. What comes twice is told so,
// what comes late changes nothing.

import { createExecutionContext, env } from "cloudflare:test"
import { describe, expect, test, vi } from "vitest"
import { scopeFor } from "../../src/actions/scope.ts"
import { takeCallback } from "../../src/actions/take-callback.ts"
import { idOf } from "../../src/billy/guid.ts"
import { platformOf } from "../../src/context.ts"
import { tenantById } from "../../src/db/system.ts"
import type { Instant } from "../../src/domain/time.ts"
import { instant } from "../../src/domain/time.ts"
import type { FetchedEvent, ProcessorEvent } from "../../src/payments/port.ts"
import { advance } from "../support/client.ts"
import { call } from "./client.ts"
import type { World } from "./world.ts"
import { CARD, newWorld, PENDING, START, statusOf, transactionsOf } from "./world.ts"

function callback({ company }: World, body: unknown, key: string = company.json.callback_key) {
  const headers = { "Content-Type": "application/json" }
  const text = typeof body === "string" ? body : JSON.stringify(body)
  return call("POST", `/v1/companies/${company.guid}/callbacks/${key}`, { body: text, headers })
}

/** An invoice whose payment is pending, with the name of the event that will tell of its end. */
async function pendingInvoice(world: World) {
  const invoice = await world.invoice({ funding_instrument_uri: PENDING })
  const { json } = await world.company.get(`/v1/invoices/${invoice.guid}/transactions`)
  const [transaction] = json.items
  const ref = transaction.processor_uri.split("/").at(-1)
  return { invoice, transaction, ref, eventId: `evt_${ref}_charge_succeeded` }
}

describe("the address", () => {
  test("takes an event that the processor knows, once", async () => {
    const world = await newWorld()
    // Nobody calls back but this test.
    await env.DB.prepare("DELETE FROM sandbox_objects WHERE kind = 'Webhook'").run()
    const { invoice, eventId } = await pendingInvoice(world)
    const event = { id: eventId, type: "debit.succeeded" }
    const early = await callback(world, event)
    expect([early.status, early.json.error_class]).toEqual([400, "InvalidCallbackPayload"])
    expect(await statusOf(world, invoice)).toBe("processing")
    await advance(world.native, { by: "PT2H" })
    const taken = await callback(world, event)
    expect([taken.status, taken.json]).toEqual([200, { code: "ok" }])
    expect(await statusOf(world, invoice)).toBe("settled")
    const again = await callback(world, event)
    expect([again.status, again.json.error_class]).toEqual([400, "DuplicateEventError"])
  })

  test("is called by the sandbox itself", async () => {
    const world = await newWorld()
    const { eventId } = await pendingInvoice(world)
    await advance(world.native, { by: "PT2H" })
    const again = await callback(world, { id: eventId, type: "debit.succeeded" })
    expect([again.status, again.json.error_class]).toEqual([400, "DuplicateEventError"])
  })

  test("wants its key, with or without a slash, and no other credentials", async () => {
    const world = await newWorld()
    const event = { id: "evt_unknown", type: "debit.succeeded" }
    expect((await callback(world, event, "wrong")).status).toBe(404)
    expect((await callback(world, event, `${world.company.json.callback_key}/`)).status).toBe(400)
    const other = await newWorld()
    expect((await callback(other, event, world.company.json.callback_key)).status).toBe(404)
  })

  test("is told to no log, whatever goes wrong", async () => {
    const world = await newWorld()
    const id = idOf("company", world.company.guid)
    await env.DB.prepare("UPDATE tenants SET settings = 'broken' WHERE id = ?").bind(id).run()
    const logged = vi.spyOn(console, "error").mockImplementation(() => {})
    expect((await callback(world, { id: "evt", type: "x" })).status).toBe(500)
    const text = JSON.stringify(logged.mock.calls)
    logged.mockRestore()
    expect(text).toContain("/callbacks/…")
    expect(text).not.toContain(world.company.json.callback_key)
    // Others read all tenants.
    await env.DB.prepare("UPDATE tenants SET settings = '{}' WHERE id = ?").bind(id).run()
  })

  test.each([
    "no json",
    "[]",
    "{}",
    '{"id": "evt"}',
    '{"type": "debit.succeeded"}',
    '{"id": 1, "type": "x"}',
  ])("refuses %s", async (body) => {
    const refused = await callback(await newWorld(), body)
    expect([refused.status, refused.json.error_class]).toEqual([400, "InvalidCallbackPayload"])
  })
})

describe("what the processor says", () => {
  /** The company's scope, with a processor that tells these events. */
  async function scopeWith(world: World, events: ReadonlyMap<string, FetchedEvent>) {
    const platform = platformOf(env, createExecutionContext())
    const tenant = await tenantById(platform.db, idOf("company", world.company.guid) ?? "")
    if (tenant === null) throw new Error("no tenant")
    const processor = platform.processorOf(tenant)
    const readEvent = async (id: string) => events.get(id) ?? null
    return scopeFor({ ...platform, processorOf: () => ({ ...processor, readEvent }) }, tenant, {
      actor: { type: "System", id: "test" },
      requestId: crypto.randomUUID(),
      now: instant(Date.parse(START)),
      announce: false,
    })
  }

  const at = (minutes: number): Instant => instant(Date.parse(START) + minutes * 60_000)

  test("of nothing of ours is ignored, and of a transaction that there is not is refused", async () => {
    const world = await newWorld()
    const other: ProcessorEvent = { id: "e1", kind: "Other", type: "account.created" }
    const charged: ProcessorEvent = {
      id: "e2",
      kind: "ChargeSucceeded",
      chargeRef: "ch",
      outcome: { status: "Succeeded", ref: "ch" },
    }
    const foreign = await newWorld()
    const invoice = await foreign.invoice({ funding_instrument_uri: CARD })
    const { json } = await foreign.company.get(`/v1/invoices/${invoice.guid}/transactions`)
    const theirs = idOf("transaction", json.items[0].guid)
    const scope = await scopeWith(
      world,
      new Map<string, FetchedEvent>([
        ["e1", { event: other, key: null, occurredAt: at(1) }],
        ["e2", { event: charged, key: null, occurredAt: at(1) }],
        ["e3", { event: { ...charged, id: "e3" }, key: crypto.randomUUID(), occurredAt: at(1) }],
        ["e4", { event: { ...charged, id: "e4" }, key: theirs, occurredAt: at(1) }],
      ]),
    )
    expect(await takeCallback(scope, "e1")).toMatchObject({ ok: true, value: "Ignored" })
    expect(await takeCallback(scope, "e2")).toMatchObject({ ok: true, value: "Ignored" })
    expect(await takeCallback(scope, "e3")).toMatchObject({ ok: false, error: { code: "not_found" } })
    expect(await takeCallback(scope, "e4")).toMatchObject({ ok: false, error: { code: "not_found" } })
    expect(await takeCallback(scope, "e5")).toMatchObject({ ok: false, error: { code: "not_found" } })
  })

  test.each([
    ["later", 2, "settled", "succeeded"],
    ["at the same time", 1, "processing", "pending"],
    ["sooner", 0, "processing", "pending"],
  ])("that happened %s than what is known: %i", async (_, minutes, status, told) => {
    const world = await newWorld()
    const { invoice, transaction, ref } = await pendingInvoice(world)
    const key = idOf("transaction", transaction.guid)
    const pending: ProcessorEvent = {
      id: "known",
      kind: "ChargePending",
      chargeRef: ref,
      outcome: { status: "Pending", ref },
    }
    const succeeded: ProcessorEvent = {
      id: "news",
      kind: "ChargeSucceeded",
      chargeRef: ref,
      outcome: { status: "Succeeded", ref },
    }
    const scope = await scopeWith(
      world,
      new Map<string, FetchedEvent>([
        ["known", { event: pending, key, occurredAt: at(1) }],
        ["news", { event: succeeded, key, occurredAt: at(minutes) }],
      ]),
    )
    expect(await takeCallback(scope, "known")).toMatchObject({ ok: true, value: "Taken" })
    expect(await takeCallback(scope, "news")).toMatchObject({ ok: true, value: "Taken" })
    expect(await takeCallback(scope, "news")).toMatchObject({ ok: false, error: { code: "already_exists" } })
    expect(await statusOf(world, invoice)).toBe(status)
    expect(await transactionsOf(world, invoice)).toEqual([["debit", "done", told, 0]])
  })
})

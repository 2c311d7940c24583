// The usage as it changes, over Server-Sent Events: at once, after each change, from where the reader was, and no longer than it reads.

import { exports } from "cloudflare:workers"
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest"
import { limits } from "../../src/limits.ts"
import type { Tenant } from "../support/client.ts"
import { create, newTenant, ORIGIN, setClock } from "../support/client.ts"
import { EventReader } from "../support/event-reader.ts"
import { CALLS, CENT, newPlan, newSubscription, use } from "../support/fixtures.ts"

const START = "2026-02-28T00:00:00Z"
const NOON = "2026-02-28T12:00:00Z"

let tenant: Tenant
let plan: any
let subscription: any
const readers: EventReader[] = []

beforeAll(async () => {
  tenant = await newTenant("test")
  await setClock(tenant.api, START)
  plan = await newPlan(tenant.api, [CALLS])
})

beforeEach(async () => {
  subscription = await newSubscription(tenant.api, plan)
})

afterAll(async () => {
  for (const reader of readers) await reader.close()
})

async function open(headers: Record<string, string> = {}, credential = tenant.key): Promise<EventReader> {
  const url = `${ORIGIN}/v1/subscriptions/${subscription.id}/usage/stream`
  const auth = { Authorization: `Bearer ${credential}` }
  const response = await exports.default.fetch(new Request(url, { headers: { ...auth, ...headers } }))
  expect([response.status, response.headers.get("Content-Type")]).toEqual([
    200,
    "text/event-stream; charset=utf-8",
  ])
  const reader = new EventReader(response)
  readers.push(reader)
  return reader
}

async function told(reader: EventReader): Promise<{ id: string | null; usage: any; value: string }> {
  const event = await reader.event()
  const usage = JSON.parse(event?.data ?? "null")
  return { id: event?.id ?? null, usage, value: usage?.meters[0].value }
}

describe("the stream", () => {
  test("says how long to wait, then the usage as it is, as the usage answer has it", async () => {
    await use(tenant.api, subscription, NOON, 3)
    const reader = await open()
    expect(await reader.block()).toEqual([`retry: ${limits.streamRetryMs}`])
    const { usage, value } = await told(reader)
    expect(value).toBe("3")
    const answer = await tenant.api.get(`/v1/subscriptions/${subscription.id}/usage`)
    expect(usage).toEqual(answer.json)
  })

  test("tells every change, with the amount, each under an id of its own", async () => {
    const reader = await open()
    const ids = new Set([(await told(reader)).id])
    for (const count of [1, 2, 3]) {
      await use(tenant.api, subscription, NOON)
      const { id, usage, value } = await told(reader)
      expect([value, usage.amount_nanos]).toEqual([String(count), `${count}0000000000`])
      ids.add(id)
    }
    expect(ids.size).toBe(4)
  })

  test("tells the last of many changes, at most one in a quarter of a second", async () => {
    const reader = await open()
    await told(reader)
    const start = performance.now()
    let events = 0
    const reading = (async () => {
      for (let value = "0"; value !== "40"; events += 1) ({ value } = await told(reader))
    })()
    for (let n = 0; n < 40; n += 1) await use(tenant.api, subscription, NOON)
    await reading
    expect(events).toBeLessThanOrEqual(1 + Math.ceil((performance.now() - start) / limits.streamPaceMs))
  })

  test("goes on where the reader was: nothing that it has seen comes again", async () => {
    await use(tenant.api, subscription, NOON)
    const first = await open()
    const seen = (await told(first)).id ?? ""
    await first.close()
    const second = await open({ "Last-Event-ID": seen })
    const next = told(second)
    await use(tenant.api, subscription, NOON)
    expect((await next).value).toBe("2")
    const third = await open({ "Last-Event-ID": seen })
    expect((await told(third)).value).toBe("2")
    const fourth = await open({ "Last-Event-ID": "nonsense" })
    expect((await told(fourth)).value).toBe("2")
  })

  test("tells that the terms have changed, though the usage has not", async () => {
    await use(tenant.api, subscription, NOON)
    const reader = await open()
    const before = await told(reader)
    await tenant.api.post(`/v1/subscriptions/${subscription.id}/cancel`, { at: "PeriodEnd" })
    const after = await told(reader)
    expect(after.value).toBe("1")
    expect(after.id).not.toBe(before.id)
  })

  test("tells what is left of a limit, also when a hold or its release changed only that", async () => {
    const alerts = `/admin/v1/customers/${subscription.customer_id}/alerts`
    await create(tenant.api, alerts, { alert_type: "HardLimit", threshold_nanos: (10n * CENT).toString() })
    await use(tenant.api, subscription, NOON)
    const left = ({ usage }: { usage: any }) => usage.limit_remaining_nanos
    const reader = await open()
    const first = await told(reader)
    expect(left(first)).toBe((9n * CENT).toString())
    const holds = `/v1/subscriptions/${subscription.id}/holds`
    const hold = await create(tenant.api, holds, { amount_nanos: (4n * CENT).toString() })
    const held = await told(reader)
    expect([left(held), held.value]).toEqual([(5n * CENT).toString(), "1"])
    await tenant.api.post(`${holds}/${hold.id}/release`)
    const released = await told(reader)
    expect([left(released), released.id]).toEqual([(9n * CENT).toString(), first.id])
    expect(held.id).not.toBe(first.id)
  })

  test("is for the customer's own token, and ends when the credentials are good no more", async () => {
    const path = `/admin/v1/customers/${subscription.customer_id}/tokens`
    const { token, expires_at } = await create(tenant.api, path, { ttl_seconds: 4 })
    const reader = await open({}, token)
    expect((await told(reader)).value).toBe("0")
    await scheduler.wait(Date.parse(expires_at) + 100 - Date.now())
    await use(tenant.api, subscription, NOON)
    expect(await reader.event()).toBeNull()
  })
})

describe("a reader that goes", () => {
  test("leaves nothing behind that fails, and keeps nobody from anything", async () => {
    const said = vi.spyOn(console, "error")
    const gone = await Promise.all(Array.from({ length: 20 }, () => open()))
    for (const [n, reader] of gone.entries()) {
      if (n % 2 === 0) await told(reader)
      await reader.close()
    }
    const stays = await open()
    await told(stays)
    await use(tenant.api, subscription, NOON)
    expect((await told(stays)).value).toBe("1")
    // What a job has to say is another matter, which fails where that job is tested.
    const errors = said.mock.calls.flat().map(String)
    said.mockRestore()
    expect(errors.filter((line) => !line.includes('"agenda_id":'))).toEqual([])
  })
})

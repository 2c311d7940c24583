// The client against objects that fail as the platform's do, and the lane against real ones.

import { env } from "cloudflare:test"
import { describe, expect, it, vi } from "vitest"
import { meterOf, type MeterNamespace } from "../../src/meter/client.ts"
import type { RecordReply } from "../../src/meter/protocol.ts"
import {
  accepted,
  duplicate,
  event,
  meterFor,
  newTerms,
  request,
  results,
  stubFor,
  TENANT,
} from "./support.ts"

type Behavior = (call: number) => Promise<string>

/** A namespace whose objects answer `record` as told; counts the stubs that were made. */
function fakeNamespace(behave: Behavior): {
  readonly namespace: MeterNamespace
  readonly stubs: () => number
} {
  let calls = 0
  const getByName = vi.fn(() => ({ record: () => behave((calls += 1)) }))
  const namespace = new Proxy(env.METER, {
    get: (target, name) => (name === "getByName" ? getByName : Reflect.get(target, name)),
  })
  return { namespace, stubs: () => getByName.mock.calls.length }
}

function platformError(flags: { readonly retryable?: true; readonly overloaded?: true }): Error {
  return Object.assign(new Error("from the platform"), flags)
}

const replay = JSON.stringify([{ kind: "Recorded", replayed: true, results: "A" }])

let names = 0

/** One event, and so through the lane; or two, and so past it. */
async function recordWith(behave: Behavior, events = 1): Promise<{ reply: RecordReply; stubs: number }> {
  const { namespace, stubs } = fakeNamespace(behave)
  const meter = meterOf(namespace, TENANT, `client-${(names += 1)}`)
  const reply = await meter.record(request(Array.from({ length: events }, (_, n) => event(`e${n}`))))
  return { reply, stubs: stubs() }
}

describe.each([1, 2])("a call with %i event(s)", (events) => {
  it("is made once more, on a new stub, when the platform says that it may succeed", async () => {
    const fails = async (call: number): Promise<string> => {
      if (call === 1) throw platformError({ retryable: true })
      return replay
    }
    const { reply, stubs } = await recordWith(fails, events)
    expect(stubs).toBe(2)
    // What our own first call stored is no replay to the client.
    expect(reply).toEqual({ kind: "Recorded", replayed: false, results: [accepted] })
  })

  it("is not made a third time", async () => {
    const fails = async (): Promise<string> => {
      throw platformError({ retryable: true })
    }
    await expect(recordWith(fails, events)).rejects.toThrow("from the platform")
  })

  it("that finds the object overloaded is busy, and isn't repeated", async () => {
    const fails = async (): Promise<string> => {
      throw platformError({ retryable: true, overloaded: true })
    }
    expect(await recordWith(fails, events)).toEqual({ reply: { kind: "Busy" }, stubs: 1 })
  })

  it("passes other errors on", async () => {
    const fails = async (): Promise<string> => {
      throw platformError({})
    }
    await expect(recordWith(fails, events)).rejects.toThrow("from the platform")
  })

  it("tells a replay as one when the first call succeeds", async () => {
    const { reply } = await recordWith(async () => replay, events)
    expect(reply).toMatchObject({ replayed: true })
  })
})

describe("single events side by side", () => {
  it("share calls", async () => {
    const terms = newTerms()
    await results(terms, [event("e0")])
    const stub = stubFor(terms)
    let calls = 0
    const counting = new Proxy(env.METER, {
      get: (target, name) =>
        name === "getByName"
          ? () => ({ record: (texts: readonly string[]) => ((calls += 1), stub.record(texts)) })
          : Reflect.get(target, name),
    })
    const meter = meterOf(counting, terms.tenantId, terms.subscriptionId)
    const replies = await Promise.all(
      Array.from({ length: 200 }, (_, n) => meter.record(request([event(`e${n}`)]))),
    )
    const told = replies.flatMap((reply) => (reply.kind === "Recorded" ? reply.results : []))
    expect(told).toEqual([duplicate, ...Array.from({ length: 199 }, () => accepted)])
    expect(calls).toBeLessThan(10)
  })

  it("keep their own customers and keys", async () => {
    const terms = newTerms()
    await results(terms, [event("e0")])
    const meter = meterFor(terms)
    const key = { key: "e1", now: 0, expiresAt: 1 }
    const replies = await Promise.all([
      meter.record(request([event("e1")], { idempotency: key })),
      meter.record(request([event("e2")], { customerId: "customer-2" })),
      meter.record(request([event("e3")], { idempotency: key })),
      meter.record(request([event("e0")])),
    ])
    expect(replies).toEqual([
      { kind: "Recorded", replayed: false, results: [accepted] },
      { kind: "NotFound" },
      { kind: "KeyReused" },
      { kind: "Recorded", replayed: false, results: [duplicate] },
    ])
  })
})

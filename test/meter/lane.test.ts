// The isolate's lane to one meter, with calls that the test holds in its hand.

import { afterEach, describe, expect, it, vi } from "vitest"
import { Lane, OverloadedError, type Call, type CallAnswer } from "../../src/meter/lane.ts"

type HeldCall = {
  readonly requests: readonly string[]
  readonly answer: () => void
  readonly fail: (error: Error) => void
}

/** Calls are answered when the test says so, each request with its own text. */
function heldCalls(): { readonly calls: HeldCall[]; readonly call: Call } {
  const calls: HeldCall[] = []
  const call: Call = (requests) =>
    new Promise<CallAnswer>((resolve, reject) => {
      const replies = requests.map((results) => ({ kind: "Recorded" as const, replayed: false, results }))
      calls.push({ requests, answer: () => resolve({ replies, resent: false }), fail: reject })
    })
  return { calls, call }
}

const answered = (results: string, resent = false): unknown => ({
  reply: { kind: "Recorded", replayed: false, results },
  resent,
})

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await scheduler.wait(1)
}

afterEach(() => void vi.restoreAllMocks())

describe("a lane", () => {
  it("calls at once when nothing is under way", () => {
    const { calls, call } = heldCalls()
    void new Lane().send("a", call)
    expect(calls.map(({ requests }) => requests)).toEqual([["a"]])
  })

  it("sends what arrives meanwhile together with the next call, and gives each its own answer", async () => {
    const { calls, call } = heldCalls()
    const lane = new Lane()
    const answers = ["a", "b", "c", "d"].map((request) => lane.send(request, call))
    await scheduler.wait(20)
    expect(calls).toHaveLength(1)
    calls[0]?.answer()
    await until(() => calls.length === 2)
    expect(calls[1]?.requests).toEqual(["b", "c", "d"])
    expect(lane.isIdle()).toBe(false)
    calls[1]?.answer()
    expect(await Promise.all(answers)).toEqual(["a", "b", "c", "d"].map((text) => answered(text)))
    expect(lane.isIdle()).toBe(true)
  })

  it("puts no more into a call than it may hold", async () => {
    const { calls, call } = heldCalls()
    const lane = new Lane()
    const answers = Array.from({ length: 1_100 }, (_, n) => lane.send(String(n), call))
    for (let n = 0; n < 4; n += 1) {
      await until(() => calls.length === n + 1)
      calls[n]?.answer()
    }
    await Promise.all(answers)
    expect(calls.map(({ requests }) => requests.length)).toEqual([1, 500, 500, 99])
  })

  it("tells of a failed call only those that were in it", async () => {
    const { calls, call } = heldCalls()
    const lane = new Lane()
    const [first, second] = [lane.send("a", call), lane.send("b", call)]
    calls[0]?.fail(new OverloadedError("too much"))
    await expect(first).rejects.toThrow(OverloadedError)
    await until(() => calls.length === 2)
    calls[1]?.answer()
    expect(await second).toEqual(answered("b"))
  })

  it("sends again, and says so, when the call of a dead request doesn't come back", async () => {
    const { calls, call } = heldCalls()
    const lane = new Lane(50)
    void lane.send("dead", call)
    const waiting = lane.send("b", call)
    await until(() => calls.length === 2)
    expect(calls[1]?.requests).toEqual(["dead", "b"])
    calls[1]?.answer()
    expect(await waiting).toEqual(answered("b"))
  })

  it("marks as resent what a call that was given up may have carried out", async () => {
    const { calls, call } = heldCalls()
    const lane = new Lane(50)
    void lane.send("first", call)
    const slow = lane.send("b", call)
    calls[0]?.answer()
    await until(() => calls.length === 2)
    void lane.send("c", call)
    await until(() => calls.length === 3)
    expect(calls[2]?.requests).toEqual(["b", "c"])
    calls[2]?.answer()
    // Its own request leads the call that hangs, so it hears of the answer when that call ends.
    calls[1]?.answer()
    expect(await slow).toEqual(answered("b", true))
  })

  it("takes the answer of a call that comes back after all", async () => {
    const { calls, call } = heldCalls()
    const lane = new Lane(50)
    const slow = lane.send("a", call)
    const other = lane.send("b", call)
    await until(() => calls.length === 2)
    calls[0]?.answer()
    expect(await slow).toEqual(answered("a", true))
    calls[1]?.answer()
    expect(await other).toEqual(answered("b"))
    expect(lane.isIdle()).toBe(true)
  })

  it("sleeps until the answer is likely to be there, and only the first in the queue until the next call can be made", async () => {
    const CALL_MS = 40
    const { calls, call } = heldCalls()
    const lane = new Lane()
    for (let round = 1; round <= 12; round += 1) {
      const taught = lane.send("teach", call)
      await scheduler.wait(CALL_MS)
      calls[round - 1]?.answer()
      await taught
    }
    const sleep = vi.spyOn(scheduler, "wait")
    void lane.send("under way", call)
    void lane.send("first", call)
    void lane.send("second", call)
    const sleeps = sleep.mock.calls.map(([ms]) => ms)
    // From its arrival to the end of a call, which began just now.
    expect(sleeps).toHaveLength(2)
    expect(sleeps[0]).toBeGreaterThan(CALL_MS / 2)
    expect(sleeps[1]).toBeGreaterThan(sleeps[0] ?? 0)
    expect(sleeps[1]).toBeLessThanOrEqual(50)
  })

  it("looks often when a call is late", async () => {
    const { calls, call } = heldCalls()
    const lane = new Lane()
    void lane.send("late", call)
    const sleep = vi.spyOn(scheduler, "wait")
    const waiting = lane.send("waiting", call)
    await new Promise((resolve) => setTimeout(resolve, 60))
    expect(sleep.mock.calls.length).toBeGreaterThan(5)
    calls[0]?.answer()
    await until(() => calls.length === 2)
    calls[1]?.answer()
    expect(await waiting).toEqual(answered("waiting"))
  })
})

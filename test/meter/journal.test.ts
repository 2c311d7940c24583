// Group commit, with a commit that the test holds in its hand.

import { describe, expect, it } from "vitest"
import { limits } from "../../src/limits.ts"
import { Journal } from "../../src/meter/journal.ts"
import type { WireReply, WireRequest } from "../../src/meter/wire.ts"
import { NOW } from "./support.ts"

/** A request with this many events that is told apart by its first event's id. */
function requestOf(id: string, events = 1): WireRequest {
  const tuple = [id, "api.request", NOW, null, {}] as const
  const base = {
    terms: null,
    customerId: null,
    futureLimit: NOW,
    receivedAt: NOW,
    idempotency: null,
    named: null,
  }
  return { ...base, text: "[]", events: Array.from({ length: events }, () => tuple) }
}

function heldCommits(): {
  readonly journal: Journal
  readonly groups: string[][]
  readonly finish: (() => void)[]
  readonly breakDown: ((error: Error) => void)[]
  readonly failures: () => number
} {
  const groups: string[][] = []
  const finish: (() => void)[] = []
  const breakDown: ((error: Error) => void)[] = []
  let failures = 0
  const journal = new Journal({
    apply: (requests) => {
      const ids = requests.map(({ events }) => events[0]?.[0] ?? "")
      if (ids.includes("fault")) throw new Error("a fault")
      groups.push(ids)
      return ids.map((results): WireReply => ({ kind: "Recorded", replayed: false, results }))
    },
    durable: () =>
      new Promise((resolve, reject) => {
        finish.push(resolve)
        breakDown.push(reject)
      }),
    failed: () => (failures += 1),
  })
  return { journal, groups, finish, breakDown, failures: () => failures }
}

const recorded = (results: string): WireReply => ({ kind: "Recorded", replayed: false, results })

describe("the journal", () => {
  it("commits a lone request at once, and answers when it is durable", async () => {
    const { journal, groups, finish } = heldCommits()
    let answered = false
    const answer = journal.submit([requestOf("a")], 1).then((replies) => {
      answered = true
      return replies
    })
    expect(groups).toEqual([["a"]])
    await scheduler.wait(5)
    expect(answered).toBe(false)
    finish[0]?.()
    expect(await answer).toEqual([recorded("a")])
  })

  it("commits together what arrives during a commit, and gives each call its own replies", async () => {
    const { journal, groups, finish } = heldCommits()
    const first = journal.submit([requestOf("a")], 1)
    const second = journal.submit([requestOf("b"), requestOf("c")], 1)
    const third = journal.submit([requestOf("d")], 1)
    finish[0]?.()
    await first
    await scheduler.wait(1)
    expect(groups).toEqual([["a"], ["b", "c", "d"]])
    finish[1]?.()
    expect(await second).toEqual([recorded("b"), recorded("c")])
    expect(await third).toEqual([recorded("d")])
  })

  it("takes no more events into a commit than it may, but a large call whole", async () => {
    const { journal, groups, finish } = heldCommits()
    const all = [journal.submit([requestOf("a")], 1)]
    all.push(journal.submit([requestOf("large", limits.commitEvents + 1)], 1))
    all.push(journal.submit([requestOf("b", limits.commitEvents - 1)], 1))
    all.push(journal.submit([requestOf("c")], 1), journal.submit([requestOf("d")], 1))
    for (let commit = 0; commit < 4; commit += 1) {
      while (finish.length <= commit) await scheduler.wait(1)
      finish[commit]?.()
    }
    await Promise.all(all)
    expect(groups).toEqual([["a"], ["large"], ["b", "c"], ["d"]])
  })

  it("tells those whose commit failed, has the caches dropped, and goes on", async () => {
    const { journal, finish, breakDown, failures } = heldCommits()
    const first = journal.submit([requestOf("a")], 1)
    const [second, third] = [journal.submit([requestOf("b")], 1), journal.submit([requestOf("fault")], 1)]
    breakDown[0]?.(new Error("the disk is gone"))
    await expect(first).rejects.toThrow("the disk is gone")
    await expect(second).rejects.toThrow("a fault")
    await expect(third).rejects.toThrow("a fault")
    expect(failures()).toBe(2)
    const fourth = journal.submit([requestOf("c")], 1)
    finish[1]?.()
    expect(await fourth).toEqual([recorded("c")])
  })

  it.each([
    ["events", limits.meterQueueEvents, 1],
    ["characters", 1, limits.meterQueueCharacters],
  ])("is busy when more %s wait than it holds, until they are committed", async (_, events, characters) => {
    const { journal, finish } = heldCommits()
    const first = journal.submit([requestOf("a")], 1)
    const full = journal.submit([requestOf("full", events)], characters)
    expect(await journal.submit([requestOf("b"), requestOf("c")], 1)).toEqual([
      { kind: "Busy" },
      { kind: "Busy" },
    ])
    finish[0]?.()
    await first
    // What was waiting is in a commit now, and there is room again.
    while (finish.length < 2) await scheduler.wait(1)
    const next = journal.submit([requestOf("d")], 1)
    finish[1]?.()
    expect(await full).toEqual([recorded("full")])
    while (finish.length < 3) await scheduler.wait(1)
    finish[2]?.()
    expect(await next).toEqual([recorded("d")])
  })
})

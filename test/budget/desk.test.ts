// The lease desk on real storage: many meters at once, lost ones, restarts, and what an object that nobody limits costs.

import { env, evictDurableObject, runInDurableObject } from "cloudflare:test"
import { describe, expect, test } from "vitest"
import type { RecallReply } from "../../src/budget/protocol.ts"
import { limits } from "../../src/limits.ts"
import { asking, FakeMeter, hard, newTerms, PERIOD, soft, withDesk } from "./support.ts"

const nobody = () => Promise.reject(new Error("there is no such meter"))
const unaware = (): Promise<RecallReply> => Promise.resolve({ kind: "Unaware" })

function recalled(spend: number): Promise<RecallReply> {
  return Promise.resolve({ kind: "Recalled", uses: [{ ...PERIOD, spend: spend.toString(), held: "0" }] })
}

describe("many writers", () => {
  test.each([1, 8])("of %i subscriptions use all of a HardLimit and nothing beyond", async (count) => {
    const terms = newTerms([hard("500"), soft("250")])
    const meters = Array.from({ length: count }, (_, n) => new FakeMeter(`s${n}`, terms))
    const recall = async (id: string, { turn }: { turn: number }): Promise<RecallReply> => {
      const meter = meters.find((one) => one.id === id)
      await scheduler.wait(1)
      return meter === undefined ? { kind: "Unaware" } : { kind: "Recalled", uses: meter.recall(turn) }
    }
    await withDesk(terms, recall, async (desk) => {
      await desk.setTerms(terms)
      const accepted = await Promise.all(
        meters.map(async (meter) => {
          let passed = 0
          for (let sent = 0; sent < 1_000 / count; sent++) passed += (await meter.spend(desk, 1n)) ? 1 : 0
          return passed
        }),
      )
      const all = accepted.reduce((sum, one) => sum + one, 0)
      expect(all).toBe(500)
      expect(meters.reduce((sum, { spent }) => sum + spent, 0n)).toBe(500n)
      const crossings = new Set(meters.flatMap(({ crossed }) => crossed.map((one) => JSON.stringify(one))))
      expect(crossings.size).toBe(1)
    })
  })
})

describe("a meter that does not answer", () => {
  test("is waited for: nothing is granted or refused against it", async () => {
    const terms = newTerms([hard("100")], ["a", "b"])
    await withDesk(terms, nobody, async (desk) => {
      await desk.setTerms(terms)
      expect(await desk.lease(terms.name, asking(terms, "a", 0, 1))).toEqual({ kind: "Busy" })
    })
    await withDesk(
      terms,
      () => recalled(70),
      async (desk) => {
        expect(await desk.lease(terms.name, asking(terms, "a", 0, 30))).toMatchObject({
          kind: "Granted",
          amount: "30",
        })
      },
    )
    await withDesk(terms, nobody, async (desk) => {
      // All are known now, and b has nothing that it does not use.
      expect(await desk.lease(terms.name, asking(terms, "a", 30, 31))).toMatchObject({
        kind: "Refused",
        left: "0",
      })
    })
  })

  test("is given up after a while, and a grant that needs nothing of it goes on", async () => {
    const terms = newTerms([hard("100")])
    await withDesk(terms, nobody, async (desk) => {
      await desk.setTerms(terms)
      await desk.lease(terms.name, asking(terms, "b", 0, 10))
    })
    const silent = () => new Promise<RecallReply>(() => undefined)
    await withDesk(terms, silent, async (desk) => {
      const from = Date.now()
      expect(await desk.lease(terms.name, asking(terms, "a", 0, 50))).toEqual({ kind: "Busy" })
      expect(Date.now() - from).toBeGreaterThanOrEqual(limits.budgetRecallMs - 50)
    })
    await withDesk(
      terms,
      () => recalled(10),
      async (desk) => {
        expect(await desk.lease(terms.name, asking(terms, "a", 0, 50))).toMatchObject({
          kind: "Granted",
          beyond: "20",
        })
      },
    )
  })

  test("is passed over when it was not told yet that it has a limit", async () => {
    const terms = newTerms([hard("100")], ["a", "b"])
    await withDesk(terms, unaware, async (desk) => {
      await desk.setTerms(terms)
      expect(await desk.lease(terms.name, asking(terms, "a", 0, 60))).toMatchObject({ kind: "Granted" })
    })
    await withDesk(
      terms,
      () => recalled(60),
      async (desk) => {
        // It is told now, and says what it has spent.
        expect(await desk.lease(terms.name, asking(terms, "b", 50, 51))).toMatchObject({
          kind: "Refused",
          alertId: "hard",
        })
      },
    )
  })
})

describe("the terms", () => {
  test("come with a request that knows them first, and are not lowered by an older one", async () => {
    const terms = newTerms([hard("100")])
    await withDesk(terms, unaware, async (desk) => {
      expect(await desk.lease(terms.name, asking(terms, "a", 0, 1))).toEqual({ kind: "NeedTerms" })
      const reply = await desk.lease(terms.name, asking(terms, "a", 0, 1, { terms }))
      expect(reply).toMatchObject({ kind: "Granted", amount: "100", beyond: "0" })
      await desk.setTerms({ ...terms, version: 3, limits: [hard("50")] })
      await desk.setTerms({ ...terms, version: 2 })
      expect(await desk.lease(terms.name, asking(terms, "a", 40, 51))).toMatchObject({
        kind: "Refused",
        version: 3,
      })
    })
  })

  test("without a limit cost an object nothing", async () => {
    const terms = newTerms([])
    await withDesk(terms, nobody, (desk) => desk.setTerms(terms))
    const keys = await runInDurableObject(env.BUDGET.getByName(terms.name), (_, state) => [
      ...state.storage.kv.list(),
    ])
    expect(keys).toEqual([])
  })
})

test("what is granted, crossed and refused outlives the object", async () => {
  const terms = newTerms([hard("100"), soft("10")])
  const stub = env.BUDGET.getByName(terms.name)
  await stub.setTerms(terms)
  const granted = await stub.lease(terms.name, asking(terms, "a", 0, 11))
  expect(granted).toMatchObject({ kind: "Granted", amount: "100" })
  if (granted.kind !== "Granted") throw new Error(granted.kind)
  expect(granted.crossed).toHaveLength(1)
  await evictDurableObject(stub)
  const again = await stub.lease(terms.name, asking(terms, "a", 11, 12))
  expect(again).toMatchObject({ kind: "Granted", turn: granted.turn + 1, crossed: granted.crossed })
  await stub.confirm(terms.name, granted.crossed)
  const refused = await stub.lease(terms.name, asking(terms, "a", 100, 101))
  expect(refused).toMatchObject({ kind: "Refused", alertId: "hard", left: "0", until: PERIOD.end })
  await evictDurableObject(stub)
  expect(await stub.lease(terms.name, asking(terms, "a", 100, 100))).toMatchObject({ kind: "Refused" })
})

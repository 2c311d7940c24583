// The id index against a plain map, with pages and runs so small that every merge happens: whatever is added is found, through
// flushes, merges, and objects that are lost in the middle of them.

import { env, runInDurableObject } from "cloudflare:test"
import { describe, expect, it } from "vitest"
import { IdIndex, type IndexBounds } from "../../../src/meter/index/id-index.ts"
import { seeded } from "../support.ts"

const TOP = 0xffff_ffff

const SMALL: Partial<IndexBounds> = { pageEntries: 8, stepEntries: 32, smallestRun: 16 }

let objects = 0

/** Runs in an object that has the tables and nothing else. */
async function withSql(work: (sql: SqlStorage) => void): Promise<void> {
  objects += 1
  await runInDurableObject(env.METER.getByName(`index-${objects}`), (_, { storage }) => {
    for (const statement of IdIndex.MIGRATION) storage.sql.exec(statement)
    work(storage.sql)
  })
}

/** An index with what it should know beside it. */
class Checked {
  index: IdIndex
  readonly truth = new Map<number, number[]>()
  #unflushed: [number, number][] = []
  #seq = 0
  readonly #sql: SqlStorage
  readonly #bounds: Partial<IndexBounds>

  constructor(sql: SqlStorage, bounds: Partial<IndexBounds>) {
    this.#sql = sql
    this.#bounds = bounds
    this.index = new IdIndex(sql, bounds)
  }

  add(hash: number): void {
    this.#seq += 1
    this.index.add(hash, this.#seq)
    this.#unflushed.push([hash, this.#seq])
    const seqs = this.truth.get(hash)
    if (seqs === undefined) this.truth.set(hash, [this.#seq])
    else seqs.push(this.#seq)
  }

  flush(): void {
    this.index.flush()
    this.#unflushed = []
  }

  /** As after the object was evicted. */
  reopen(): void {
    this.index = new IdIndex(this.#sql, this.#bounds)
    for (const [hash, seq] of this.#unflushed) this.index.add(hash, seq)
  }

  check(hash: number): void {
    expect(this.#found(hash)).toBe(this.#expected(hash))
  }

  checkAll(): void {
    expect([...this.truth.keys()].filter((hash) => this.#found(hash) !== this.#expected(hash))).toEqual([])
    expect(this.index.statistics().entries).toBe(this.#seq)
  }

  /** The seqs of a hash; each may come twice. */
  #found(hash: number): string {
    return [...new Set(this.index.candidates(hash))].toSorted((a, b) => a - b).join()
  }

  #expected(hash: number): string {
    return (this.truth.get(hash) ?? []).join()
  }
}

/** Hashes of which many are equal, near to one another, or at the ends. */
function drawer(seed: number): () => number {
  const random = seeded(seed)
  return () => {
    const kind = random()
    if (kind < 0.05) return 0
    if (kind < 0.1) return TOP
    if (kind < 0.2) return 1_000_000 + Math.floor(random() * 4)
    if (kind < 0.3) return TOP - Math.floor(random() * 50)
    return Math.floor(random() * 2 ** 32)
  }
}

describe("an id index", () => {
  it.each([
    [1, {}],
    [2, {}],
    [3, { filterBytes: 600, contentBytes: 600 }],
    [4, { gateBytes: 4_096, filterBytes: 1, contentBytes: 1 }],
    [5, { pageEntries: 1, stepEntries: 1 }],
    [6, { pageEntries: 100, stepEntries: 100 }],
  ])("knows what a map knows, whatever happens (seed %d)", async (seed, bounds) => {
    await withSql((sql) => {
      const random = seeded(seed)
      const draw = drawer(seed)
      const checked = new Checked(sql, { ...SMALL, ...bounds })
      for (let turn = 0; turn < 300; turn += 1) {
        const count = Math.floor(random() * 20)
        for (let added = 0; added < count; added += 1) checked.add(draw())
        if (random() < 0.3) checked.flush()
        if (random() < 0.8) checked.index.step()
        if (random() < 0.05) checked.reopen()
        for (let asked = 0; asked < 5; asked += 1) checked.check(draw())
        if (turn % 100 === 0) checked.checkAll()
      }
      checked.checkAll()
      checked.reopen()
      checked.checkAll()
    })
  })

  it("goes on with every merge after a restart, after each step of it", async () => {
    await withSql((sql) => {
      const random = seeded(9)
      const checked = new Checked(sql, SMALL)
      for (let turn = 0; turn < 200; turn += 1) {
        for (let added = 0; added < 16; added += 1) checked.add(Math.floor(random() * 2 ** 32))
        checked.flush()
        checked.index.step()
        checked.reopen()
        if (turn % 20 === 0) checked.checkAll()
        // What was flushed earns no step after a restart, so these stand for events that come.
        for (let added = 0; added < 4; added += 1) checked.add(Math.floor(random() * 2 ** 32))
        checked.index.step()
      }
      checked.checkAll()
      expect(runsWith(sql, "sources IS NULL")).toBeLessThan(40)
      expect(runsWith(sql, "level >= 3")).toBeGreaterThan(0)
    })
  })

  it("keeps few runs and no page too many, however much was added", async () => {
    await withSql((sql) => {
      const random = seeded(10)
      const checked = new Checked(sql, SMALL)
      for (let turn = 0; turn < 1_000; turn += 1) {
        for (let added = 0; added < 4; added += 1) checked.add(Math.floor(random() * 2 ** 32))
        if (turn % 4 === 3) checked.flush()
        checked.index.step()
        // 4,000 entries are five levels of 16, 64, 256, 1,024 and 4,096, of which each holds three at rest and five while it merges.
        expect(checked.index.statistics().runs).toBeLessThanOrEqual(25)
      }
      checked.checkAll()
      const { pages, runs } = checked.index.statistics()
      expect(sql.exec("SELECT count(*) AS n FROM index_pages").one()).toEqual({ n: pages })
      expect(sql.exec("SELECT count(*) AS n FROM index_runs").one()).toEqual({ n: runs })
      expect(pages).toBeLessThanOrEqual(4_000 / 8 + 2 * runs)
    })
  })

  it("keeps few runs however often a small tail is flushed", async () => {
    await withSql((sql) => {
      const random = seeded(15)
      const checked = new Checked(sql, {})
      for (let added = 1; added <= 20_000; added += 1) {
        checked.add(Math.floor(random() * 2 ** 32))
        if (added === 10_005) checked.reopen()
        if (added % 10 !== 0) continue
        checked.flush()
        checked.index.step()
        // Three levels of 1,024, 4,096 and 16,384, of which each holds three at rest and five while it merges, and the smallest
        // twice as many, for steps come but with 2,048 ids, and later after the restart.
        expect(checked.index.statistics().runs).toBeLessThanOrEqual(20)
        if (added % 5_000 === 0) checked.checkAll()
      }
      checked.reopen()
      checked.checkAll()
      const { pages, runs } = checked.index.statistics()
      expect(sql.exec("SELECT count(*) AS n FROM index_pages").one()).toEqual({ n: pages })
      expect(sql.exec("SELECT count(*) AS n FROM index_runs").one()).toEqual({ n: runs })
    })
  })

  it("keeps few runs also when it forgets after each flush", async () => {
    await withSql((sql) => {
      const random = seeded(16)
      const checked = new Checked(sql, {})
      for (let added = 1; added <= 30_000; added += 1) {
        checked.add(Math.floor(random() * 2 ** 32))
        if (added % 1_000 !== 0) continue
        checked.flush()
        checked.index.step()
        checked.reopen()
        expect(checked.index.statistics().runs).toBeLessThanOrEqual(20)
      }
      checked.checkAll()
    })
  })

  it("adds a small tail to the newest small run, up to its size, and forgets the pages that it had", async () => {
    await withSql((sql) => {
      const checked = new Checked(sql, SMALL)
      const cold = checked.index.statistics().cachedBytes
      const runs: number[] = []
      for (const hash of [TOP, 5, 5, 9, 0, 7]) {
        for (let added = 0; added < 4; added += 1) checked.add(hash)
        checked.flush()
        const { runs: count, cachedBytes } = checked.index.statistics()
        // Nothing was read yet of a run that has just been written.
        if (count === 1) expect(cachedBytes).toBe(cold)
        runs.push(count)
        checked.checkAll()
        if (hash === 9) checked.reopen()
      }
      // The smallest run has 16.
      expect(runs).toEqual([1, 1, 1, 1, 2, 2])
    })
  })

  it("moves no more in a step than it may", async () => {
    await withSql((sql) => {
      const random = seeded(11)
      const checked = new Checked(sql, SMALL)
      const written = () =>
        sql
          .exec<{ n: number }>(
            "SELECT coalesce(sum(entries), 0) AS n FROM index_runs WHERE sources IS NOT NULL",
          )
          .one().n
      for (let added = 0; added < 640; added += 1) {
        checked.add(Math.floor(random() * 2 ** 32))
        if (added % 16 === 15) checked.flush()
      }
      // Ten merges are due at once.
      checked.index.step()
      expect(written()).toBe(32)
      checked.index.step()
      expect(written()).toBe(32)
      checked.checkAll()
    })
  })

  it("finds many events of one hash, across the pages and runs that they fill", async () => {
    await withSql((sql) => {
      const checked = new Checked(sql, SMALL)
      for (let turn = 0; turn < 30; turn += 1) {
        for (const hash of [0, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, TOP, TOP, TOP]) checked.add(hash)
        checked.flush()
        checked.index.step()
        checked.checkAll()
        checked.check(6)
        checked.check(9)
        checked.check(TOP - 1)
      }
    })
  })

  it("writes nothing for an empty tail, and nothing that is not due", async () => {
    await withSql((sql) => {
      const index = new IdIndex(sql)
      index.add(5, 1)
      expect(index.candidates(5)).toEqual([1])
      expect(index.candidates(6)).toEqual([])
      index.flush()
      index.flush()
      expect(index.tailSize).toBe(0)
      expect(sql.exec("SELECT count(*) AS n FROM index_runs").one()).toEqual({ n: 1 })
      index.step()
      expect(sql.exec("SELECT count(*) AS n FROM index_pages").one()).toEqual({ n: 1 })
      expect(new IdIndex(sql).candidates(5)).toEqual([1])
    })
  })

  it("reads nothing when it is made, nor when it is added to: there need be no table", async () => {
    objects += 1
    await runInDurableObject(env.METER.getByName(`index-${objects}`), (_, { storage }) => {
      const index = new IdIndex(storage.sql)
      index.add(5, 1)
      expect(index.tailSize).toBe(1)
      expect(() => index.candidates(5)).toThrow("index_runs")
    })
  })

  it("keeps its memory within its bounds", async () => {
    await withSql((sql) => {
      const random = seeded(12)
      const bounds = { ...SMALL, gateBytes: 4_096, filterBytes: 2_000, contentBytes: 1_000 }
      const checked = new Checked(sql, bounds)
      for (let turn = 0; turn < 300; turn += 1) {
        for (let added = 0; added < 16; added += 1) checked.add(Math.floor(random() * 2 ** 32))
        checked.flush()
        checked.index.step()
        expect(checked.index.statistics().cachedBytes).toBeLessThanOrEqual(4_096 + 2_000 + 1_000)
      }
      checked.checkAll()
    })
  })

  it("forgets nothing while its gate grows, neither what is stored nor what is not yet", async () => {
    await withSql((sql) => {
      const random = seeded(14)
      const checked = new Checked(sql, { pageEntries: 64, stepEntries: 512, smallestRun: 256 })
      const atFirst = checked.index.statistics().cachedBytes
      for (let added = 1; added <= 14_000; added += 1) {
        checked.add(Math.floor(random() * 2 ** 32))
        if (added % 900 === 0) checked.flush()
        if (added % 16 === 0) checked.index.step()
        if (added === 8_100) checked.reopen()
        if (added % 1_000 === 0) checked.checkAll()
      }
      expect(checked.index.statistics().cachedBytes).toBeGreaterThan(2 * atFirst)
    })
  })

  it("opens what was written with pages of another size", async () => {
    await withSql((sql) => {
      const random = seeded(13)
      const checked = new Checked(sql, SMALL)
      for (const pageEntries of [8, 5, 13]) {
        checked.index = new IdIndex(sql, { ...SMALL, pageEntries })
        for (let turn = 0; turn < 40; turn += 1) {
          for (let added = 0; added < 16; added += 1) checked.add(Math.floor(random() * 2 ** 32))
          checked.flush()
          checked.index.step()
        }
        checked.checkAll()
      }
    })
  })
})

function runsWith(sql: SqlStorage, condition: string): number {
  return sql.exec<{ n: number }>(`SELECT count(*) AS n FROM index_runs WHERE ${condition}`).one().n
}

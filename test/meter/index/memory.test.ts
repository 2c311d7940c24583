// The parts of the id index that live in memory: none may deny what it was given.

import { describe, expect, it } from "vitest"
import { GateBits } from "../../../src/meter/index/gate.ts"
import { PageCache, type Shelf } from "../../../src/meter/index/page-cache.ts"
import { filterTable, PageFilter } from "../../../src/meter/index/page-filter.ts"
import { Run } from "../../../src/meter/index/run.ts"
import { Tail } from "../../../src/meter/index/tail.ts"
import { seeded } from "../support.ts"

const TOP = 0xffff_ffff

function randomHashes(size: number, seed: number, span: number): Uint32Array {
  const random = seeded(seed)
  return Uint32Array.from({ length: size }, () => Math.floor(random() * span)).toSorted()
}

function filterOf(hashes: Uint32Array): PageFilter {
  return new PageFilter(hashes[0] ?? 0, hashes.length, filterTable(hashes))
}

describe("the filter of a page", () => {
  it.each([
    ["spread over all hashes", randomHashes(4_096, 1, 2 ** 32)],
    ["of a large run", randomHashes(4_096, 2, 2 ** 22)],
    ["all at one end, and one at the other", Uint32Array.from([...randomHashes(500, 3, 1_000), TOP])],
    ["at both ends", Uint32Array.of(0, TOP)],
    ["one", Uint32Array.of(TOP)],
    ["one many times", new Uint32Array(65_535).fill(7)],
  ])("admits every hash of a page: %s", (_, hashes) => {
    const filter = filterOf(hashes)
    expect(hashes.every((hash) => filter.mayHold(hash))).toBe(true)
  })

  it("denies nearly all others, and in a page of a large run all of them", () => {
    const random = seeded(4)
    const wide = filterOf(randomHashes(4_096, 5, 2 ** 32))
    let admitted = 0
    for (let at = 0; at < 100_000; at += 1) if (wide.mayHold(Math.floor(random() * 2 ** 32))) admitted += 1
    // Some twelve of 65,536 patterns are taken where a hash belongs.
    expect(admitted).toBeLessThan(100)
    const near = randomHashes(4_096, 6, 2 ** 22)
    const known = new Set(near)
    const dense = filterOf(near)
    let wrong = 0
    for (let hash = 0; hash < 2 ** 22; hash += 7) if (dense.mayHold(hash) !== known.has(hash)) wrong += 1
    expect(wrong).toBe(0)
  })

  it("denies what lies before and after the page", () => {
    const filter = filterOf(Uint32Array.of(100, 200))
    expect([0, 99, 100, 200, 201, TOP].map((hash) => filter.mayHold(hash))).toEqual([
      false,
      false,
      true,
      true,
      false,
      false,
    ])
  })
})

describe("the gate", () => {
  it("admits all that it was given, and few others", () => {
    const hashes = randomHashes(100_000, 7, 2 ** 32)
    const bits = new GateBits(hashes.length, 2 ** 24)
    for (const hash of [...hashes, 0, TOP]) bits.add(hash)
    expect([...hashes, 0, TOP].every((hash) => bits.mayHold(hash))).toBe(true)
    const random = seeded(8)
    let admitted = 0
    for (let at = 0; at < 100_000; at += 1) if (bits.mayHold(Math.floor(random() * 2 ** 32))) admitted += 1
    expect(admitted).toBeLessThan(3_000)
  })

  it("keeps to its bytes", () => {
    expect(new GateBits(1e9, 2 ** 20).bytes).toBe(2 ** 20)
    expect(new GateBits(0, 2 ** 20).bytes).toBe(4_096)
  })
})

describe("the tail", () => {
  it("finds every seq of a hash, past several doublings", () => {
    const tail = new Tail()
    for (let seq = 0; seq < 5_000; seq += 1) tail.add(seq % 1_000 === 0 ? TOP : seq, seq)
    expect(tail.find(TOP, []).toSorted((a, b) => a - b)).toEqual([0, 1_000, 2_000, 3_000, 4_000])
    expect(tail.find(4_999, [])).toEqual([4_999])
    expect(tail.find(5_000, [])).toEqual([])
  })

  it("sorts hashes with their seqs, the widest too", () => {
    const tail = new Tail()
    for (const [hash, seq] of [
      [TOP, TOP],
      [5, 1],
      [0, 2],
      [TOP - 1, 3],
    ] as const) {
      tail.add(hash, seq)
    }
    const { hashes, seqs } = tail.sorted()
    expect([...hashes]).toEqual([0, 5, TOP - 1, TOP])
    expect([...seqs]).toEqual([2, 1, 3, TOP])
    tail.clear()
    expect(tail.find(5, [])).toEqual([])
  })

  it.each([
    [-1, 0],
    [2 ** 32, 0],
    [0.5, 0],
    [0, -1],
    [0, 2 ** 32],
    [0, 1.5],
  ])("refuses what is not of 32 bits: %d, %d", (hash, seq) => {
    expect(() => new Tail().add(hash, seq)).toThrow("32 bits")
  })
})

describe("a run", () => {
  it.each([
    ["even", [0, 100, 200, 300, 400]],
    ["crowded at one end", [0, 1, 2, 3, TOP]],
    ["crowded at the other", [0, TOP - 3, TOP - 2, TOP - 1, TOP]],
    ["with repetitions", [5, 5, 5, 9, 9]],
  ])("finds the last page that begins at or before a hash: %s", (_, starts) => {
    const run = new Run(1, 0, 10, 50, Uint32Array.from(starts))
    const hashes = [0, ...starts, ...starts.map((start) => Math.min(start + 1, TOP)), TOP]
    for (const hash of hashes) {
      expect(run.pageOf(hash)).toBe(starts.findLastIndex((start) => start <= hash))
    }
  })
})

describe("the cache of pages", () => {
  it("keeps to its bytes, and keeps what is used", () => {
    const cache = new PageCache<number>(10 * 1_256)
    const shelf: Shelf<number> = []
    for (let number = 0; number < 100; number += 1) {
      cache.put(shelf, number, number, 1_000)
      expect(cache.bytes).toBeLessThanOrEqual(10 * 1_256)
      const kept = shelf[0]
      if (kept !== undefined) kept.used = true
    }
    expect(shelf[0]?.page).toBe(0)
    expect(shelf.filter((cached) => cached !== undefined)).toHaveLength(10)
  })

  it("forgets what is dropped", () => {
    const cache = new PageCache<string>(10_000)
    const shelf: Shelf<string> = []
    cache.put(shelf, 0, "a", 100)
    cache.put(shelf, 1, "b", 100)
    cache.drop(shelf[0])
    cache.drop(shelf[0])
    expect([shelf[0], shelf[1]?.page, cache.bytes]).toEqual([undefined, "b", 356])
    cache.drop(shelf[1])
    expect(cache.bytes).toBe(0)
  })
})

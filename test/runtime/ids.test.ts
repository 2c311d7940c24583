// Ids are UUIDs of version 7, by RFC 9562.

import { afterEach, expect, test, vi } from "vitest"
import type * as Ids from "../../src/runtime/ids.ts"

/** Made for this file alone: the time of ids never goes back, and here it goes a hundred years ahead of everybody's. */
const path = "../../src/runtime/ids.ts?alone"
const { isUuid, newId } = (await import(path)) as typeof Ids

const VERSION_7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

const msOf = (id: string): number => Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)

afterEach(() => void vi.useRealTimers())

test("they have the form of version 7, no two are the same, and they sort as they were made", () => {
  const ids = Array.from({ length: 20_000 }, newId)
  expect(ids.filter((id) => !VERSION_7.test(id))).toEqual([])
  expect(ids.every(isUuid)).toBe(true)
  expect(new Set(ids).size).toBe(ids.length)
  expect(ids.every((id, at) => at === 0 || id > (ids[at - 1] ?? ""))).toBe(true)
})

test("the first 48 bits are the time, which never goes back", () => {
  vi.useFakeTimers({ toFake: ["Date"] })
  const at = Date.UTC(2126, 0, 1)
  vi.setSystemTime(at)
  expect(msOf(newId())).toBe(at)
  vi.setSystemTime(at + 5)
  const before = newId()
  expect(msOf(before)).toBe(at + 5)
  vi.setSystemTime(at - 60_000)
  const after = newId()
  expect(msOf(after)).toBe(at + 5)
  expect(after > before).toBe(true)
})

test("the last 42 bits are random: in many ids each of them is set about as often as not", () => {
  const tails = Array.from({ length: 4_000 }, () => BigInt(`0x${newId().slice(24)}`))
  for (let bit = 0n; bit < 42n; bit += 1n) {
    const share = tails.filter((tail) => ((tail >> bit) & 1n) === 1n).length / tails.length
    // Six standard deviations of a fair coin.
    expect(Math.abs(share - 0.5)).toBeLessThan(0.05)
  }
})

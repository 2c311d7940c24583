// The hash is stored for ever: it is pinned to the published vectors of MurmurHash3 (x86, 32 bits, seed 0).

import { expect, it } from "vitest"
import { hashOfId } from "../../../src/meter/index/hash.ts"

/** The id whose UTF-16 code units, low byte first, are these bytes; their number is even. */
function idOf(bytes: readonly number[]): string {
  const units = bytes.flatMap((low, at) => (at % 2 === 0 ? [low | ((bytes[at + 1] ?? 0) << 8)] : []))
  return String.fromCharCode(...units)
}

it.each([
  ["nothing", [], 0],
  ["FF FF FF FF", [0xff, 0xff, 0xff, 0xff], 0x76293b50],
  ["21 43 65 87", [0x21, 0x43, 0x65, 0x87], 0xf55b516b],
  ["21 43", [0x21, 0x43], 0xa0f7b07a],
  ["00 00 00 00", [0, 0, 0, 0], 0x2362f9de],
  ["00 00", [0, 0], 0x30f4c306],
  ["test in ASCII", Array.from("test", (letter) => letter.charCodeAt(0)), 0xba6bd213],
])("gives the published hash of %s", (_, bytes, hash) => {
  expect(hashOfId(idOf(bytes))).toBe(hash)
})

it("spreads ids that differ in a counter evenly", () => {
  const buckets = new Uint32Array(256)
  for (let at = 0; at < 256 * 400; at += 1) buckets[hashOfId(`evt_${at}`) >>> 24]! += 1
  // 400 expected, with a standard deviation of 20.
  expect(Math.min(...buckets)).toBeGreaterThan(400 - 6 * 20)
  expect(Math.max(...buckets)).toBeLessThan(400 + 6 * 20)
})

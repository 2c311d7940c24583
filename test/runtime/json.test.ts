// Numbers of a body stay exact, whatever a double makes of them.

import fc from "fast-check"
import { expect, test } from "vitest"
import { parseExactJson } from "../../src/runtime/json.ts"

test("what a double holds is a number, what it does not hold is kept as text", () => {
  expect(parseExactJson('{"a": 1500, "b": 0.1, "c": 9007199254740993, "d": 1e400, "e": -1.10}')).toEqual({
    a: 1500,
    b: 0.1,
    c: "9007199254740993",
    d: "1e400",
    e: -1.1,
  })
  expect(parseExactJson("[0.1234567890123456789, 1e3, 15.0e2, 0.0, 100000000000000000000]")).toEqual([
    "0.1234567890123456789",
    1000,
    1500,
    0,
    100000000000000000000,
  ])
  expect(parseExactJson(" -1e400 ")).toBe("-1e400")
})

test("strings that look like long numbers stay strings, and broken JSON throws", () => {
  expect(parseExactJson('{"id": "12345678901234567890"}')).toEqual({ id: "12345678901234567890" })
  expect(() => parseExactJson('{"a": 1234567890123456789')).toThrow(SyntaxError)
  // In quotation marks each of these would be JSON.
  for (const text of [
    "{1e400: 1}",
    "{9007199254740993:1}",
    "[01e400]",
    "[1e]",
    "[1.e400]",
    "[+1e400]",
    "[1e400 1]",
  ]) {
    expect(() => parseExactJson(text)).toThrow(SyntaxError)
  }
})

// Another way to the same: each number as its literal, and compared with what the double says.
type Revive = (key: string, value: unknown, context: { readonly source?: string }) => unknown

function byReviver(text: string): unknown {
  return (JSON.parse as (text: string, revive: Revive) => unknown)(text, (_, value, { source }) => {
    if (typeof value !== "number" || source === undefined) return value
    return Number.isFinite(value) && sameDecimal(source, String(value)) ? value : source
  })
}

/** Both as whole numbers at one scale, large enough for either. */
function sameDecimal(a: string, b: string): boolean {
  const [x, y] = [partsOf(a), partsOf(b)]
  if (x.digits === 0n || y.digits === 0n) return x.digits === y.digits
  const scale = Math.max(x.scale, y.scale)
  return x.digits * 10n ** BigInt(scale - x.scale) === y.digits * 10n ** BigInt(scale - y.scale)
}

function partsOf(literal: string): { readonly digits: bigint; readonly scale: number } {
  const [mantissa = "", exponent = "0"] = literal.toLowerCase().split("e")
  const [whole = "", fraction = ""] = mantissa.split(".")
  return { digits: BigInt(whole + fraction), scale: fraction.length - Number(exponent) }
}

const literal = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.stringMatching(/^-?(0|[1-9]\d{0,25})(\.\d{1,25})?([eE][+-]?\d{1,3})?$/),
)
const tricky = fc.constantFrom(
  "1e5",
  ":1e400",
  " 12345678901234567890",
  '\\"',
  "\\",
  '":1e5',
  ",[1e4",
  "😀 1e9",
)
const text = fc.oneof(fc.string(), tricky).map((value) => JSON.stringify(value))
const gap = fc.constantFrom("", " ", "\n", "\t\r ")
const { document } = fc.letrec<{ document: string }>((tie) => ({
  document: fc.oneof(
    { maxDepth: 4 },
    literal,
    text,
    fc.constantFrom("true", "null"),
    fc
      .array(fc.tuple(gap, tie("document"), gap))
      .map((items) => `[${items.map((item) => item.join("")).join()}]`),
    fc
      .array(fc.tuple(gap, text, gap, tie("document"), gap))
      .map((items) => `{${items.map(([a, name, b, value, d]) => `${a}${name}${b}:${value}${d}`).join()}}`),
  ),
}))

test("each literal becomes what it becomes alone, wherever it stands", () => {
  fc.assert(
    fc.property(document, (json) => {
      expect(parseExactJson(json)).toEqual(byReviver(json))
    }),
    { numRuns: 2_000 },
  )
})

test("takes and refuses what JSON.parse does", () => {
  const change = fc.constantFrom("", '"', "e", "1", ":", "\\", "{", ",")
  const taken = (parse: (json: string) => unknown, json: string): unknown => {
    try {
      return parse(json)
    } catch (error) {
      expect(error).toBeInstanceOf(SyntaxError)
      return "refused"
    }
  }
  fc.assert(
    fc.property(document, fc.nat(60), change, (json, at, put) => {
      const changed = json.slice(0, at) + put + json.slice(at + 1)
      expect(taken(parseExactJson, changed)).toEqual(taken(byReviver, changed))
    }),
    { numRuns: 2_000 },
  )
})

test("takes time in proportion to the text, whatever it is made of", () => {
  const many = 200_000
  const texts = [
    `[${"1e400,".repeat(many)}1]`,
    `[${'"\\\\",1e400,'.repeat(many)}1]`,
    `["${"\\\\".repeat(many * 4)}:1e5"]`,
    `["${" 1e5".repeat(many)}"]`,
    `["${"1".repeat(many * 8)}"]`,
    `["${"1e".repeat(many * 4)}"]`,
  ]
  // In quadratic time each of them would take minutes.
  for (const json of texts) expect(parseExactJson(json)).toHaveLength((JSON.parse(json) as unknown[]).length)
})

// Numbers of a body stay exact, whatever a double makes of them.

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
})

test("strings that look like long numbers stay strings, and broken JSON throws", () => {
  expect(parseExactJson('{"id": "12345678901234567890"}')).toEqual({ id: "12345678901234567890" })
  expect(() => parseExactJson('{"a": 1234567890123456789')).toThrow(SyntaxError)
})

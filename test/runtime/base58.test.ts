// Base58 by Bitcoin's own test vectors, and the guids that are made with it.

import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { decodeBase58, encodeBase58, randomBase58 } from "../../src/runtime/base58.ts"
import { guidOf, idOf } from "../../src/runtime/guid.ts"

const bytesOf = (hex: string) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))

describe("base58", () => {
  // src/test/data/base58_encode_decode.json of Bitcoin Core.
  test.each([
    ["", ""],
    ["61", "2g"],
    ["626262", "a3gV"],
    ["636363", "aPEr"],
    ["73696d706c792061206c6f6e6720737472696e67", "2cFupjhnEsSn59qHXstmK2ffpLv2"],
    ["00eb15231dfceb60925886b67d065299925915aeb172c06647", "1NS17iag9jJgTHD1VXjvLCEnZuQ3rJDE9L"],
    ["516b6fcd0f", "ABnLTmg"],
    ["bf4f89001e670274dd", "3SEo3LWLoPntC"],
    ["572e4794", "3EFU7m"],
    ["ecac89cad93923c02321", "EJDM8drfXA6uyA"],
    ["10c8511e", "Rt5zm"],
    ["00000000000000000000", "1111111111"],
  ])("of %s is %s", (hex, text) => {
    const bytes = bytesOf(hex)
    expect(encodeBase58(bytes)).toBe(text)
    expect(decodeBase58(text, bytes.length)).toEqual(bytes)
  })

  test("comes back from any bytes, and from nothing else", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
        const text = encodeBase58(bytes)
        expect(decodeBase58(text, 16)).toEqual(bytes)
        expect(decodeBase58(text, 15)).toBeNull()
        expect(decodeBase58(`1${text}`, 16)).toBeNull()
        expect(decodeBase58(`${text}0`, 16)).toBeNull()
      }),
    )
    for (const bad of ["0", "O", "I", "l", "+", " ", "é", "z".repeat(10_000)])
      expect(decodeBase58(bad, 16)).toBeNull()
  })

  test("keys are 256 random bits", () => {
    const keys = Array.from({ length: 200 }, () => randomBase58(32))
    expect(new Set(keys).size).toBe(200)
    for (const key of keys) expect(key).toMatch(/^[1-9A-HJ-NP-Za-km-z]{40,44}$/)
  })
})

describe("a guid", () => {
  test("says its kind and its id", () => {
    // The bytes 1 to 16, as Python's whole numbers have them in base 58.
    expect(guidOf("plan", "01020304-0506-0708-090a-0b0c0d0e0f10")).toBe("PL8DfbjXLth7APvt3qQPgtf")
    expect(idOf("plan", "PL8DfbjXLth7APvt3qQPgtf")).toBe("01020304-0506-0708-090a-0b0c0d0e0f10")
    expect(idOf("customer", "PL8DfbjXLth7APvt3qQPgtf")).toBeNull()
  })

  test("comes back from any id", () => {
    fc.assert(
      fc.property(fc.uuid(), (id) => {
        expect(idOf("invoice", guidOf("invoice", id))).toBe(id)
      }),
    )
  })
})

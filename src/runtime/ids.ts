// Identifiers: UUIDv7, which sort by the time they were made, also within one millisecond.

import { v7 } from "uuid"
import { wallNowMs } from "./clock.ts"

// To ask for random bytes costs several times what making an id of them does, so they are taken in stock.
const BYTES_OF_ID = 16
const stock = new Uint8Array(64 * BYTES_OF_ID)
let used = stock.length

// Of the last id. The counter begins each millisecond at a random place of its lower half and rises by one (RFC 9562, 6.2).
let lastMs = 0
let counter = 0

export function newId(): string {
  const random = randomBytes()
  const now = wallNowMs()
  if (now <= lastMs && counter < 0xffff_ffff) counter += 1
  else {
    // When the clock goes back or the counter is full, the time of the ids goes ahead of the clock's.
    lastMs = Math.max(now, lastMs + 1)
    counter = new DataView(random.buffer, random.byteOffset).getUint32(0) >>> 1
  }
  return v7({ msecs: lastMs, seq: counter, random })
}

function randomBytes(): Uint8Array {
  if (used === stock.length) {
    crypto.getRandomValues(stock)
    used = 0
  }
  used += BYTES_OF_ID
  return stock.subarray(used - BYTES_OF_ID, used)
}

/** What sorts before all ids that are made from a time on. */
export function firstIdAt(ms: number): string {
  const digits = ms.toString(16).padStart(12, "0")
  return `${digits.slice(0, 8)}-${digits.slice(8)}`
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

export function isUuid(text: string): boolean {
  return UUID.test(text)
}

/** `bytes` random bytes in base62-like text without look-alikes lost: 5.95 bits a character, for keys and links. */
export function randomToken(bytes: number): string {
  const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
  const length = Math.ceil((bytes * 8) / Math.log2(alphabet.length))
  let token = ""
  while (token.length < length) {
    for (const byte of crypto.getRandomValues(new Uint8Array(length))) {
      // 248 is the largest multiple of 62 in a byte: what lies above it would favor the first letters.
      if (byte < 248 && token.length < length) token += alphabet[byte % 62]
    }
  }
  return token
}

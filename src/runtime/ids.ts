// Identifiers: UUIDv7, which sort by the time they were made, also within one millisecond.

import { v7 } from "uuid"

export function newId(): string {
  return v7()
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

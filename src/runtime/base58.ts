// Base58 as Bitcoin writes it: no 0, O, I and l. Bytes that are zero at the front are kept, as ones.

const ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
const BASE = BigInt(ALPHABET.length)

export function encodeBase58(bytes: Uint8Array): string {
  let rest = bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n)
  let digits = ""
  for (; rest > 0n; rest /= BASE) digits = ALPHABET.charAt(Number(rest % BASE)) + digits
  const firstSet = bytes.findIndex((byte) => byte !== 0)
  return ALPHABET.charAt(0).repeat(firstSet === -1 ? bytes.length : firstSet) + digits
}

/** The `length` bytes that a text says; null: it says something else, or says it in a way that `encodeBase58` does not. */
export function decodeBase58(text: string, length: number): Uint8Array | null {
  // A byte is more than one digit and less than two.
  if (text.length > 2 * length) return null
  let rest = 0n
  for (const digit of text) {
    const value = ALPHABET.indexOf(digit)
    if (value === -1) return null
    rest = rest * BASE + BigInt(value)
  }
  const bytes = new Uint8Array(length)
  for (let at = length - 1; at >= 0; at--, rest >>= 8n) bytes[at] = Number(rest & 0xffn)
  return rest === 0n && encodeBase58(bytes) === text ? bytes : null
}

/** `bytes` random bytes, for keys: 256 bits are 43 or 44 characters. */
export function randomBase58(bytes: number): string {
  return encodeBase58(crypto.getRandomValues(new Uint8Array(bytes)))
}

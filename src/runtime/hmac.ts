// HMAC-SHA256 by WebCrypto.

import { hex } from "./hash.ts"

const encoder = new TextEncoder()

export async function hmac(key: Uint8Array, text: string): Promise<Uint8Array> {
  const algorithm = { name: "HMAC", hash: "SHA-256" }
  const imported = await crypto.subtle.importKey("raw", key, algorithm, false, ["sign"])
  return new Uint8Array(await crypto.subtle.sign("HMAC", imported, encoder.encode(text)))
}

/** Under a secret as it is written. */
export async function hmacHex(secret: string, text: string): Promise<string> {
  return hex(await hmac(encoder.encode(secret), text))
}

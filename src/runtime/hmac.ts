// HMAC-SHA256 by WebCrypto.

import { hex } from "./hash.ts"

const encoder = new TextEncoder()

export async function hmacHex(secret: string, text: string): Promise<string> {
  const algorithm = { name: "HMAC", hash: "SHA-256" }
  const key = await crypto.subtle.importKey("raw", encoder.encode(secret), algorithm, false, ["sign"])
  return hex(await crypto.subtle.sign("HMAC", key, encoder.encode(text)))
}

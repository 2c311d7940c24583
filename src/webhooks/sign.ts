// The two signatures of a webhook: bill.sh's, and that of Standard Webhooks (https://www.standardwebhooks.com).
// Both are over the bytes that are sent. A secret is `whsec_` and base64; the one takes it as text, the other what it encodes.

import { hex } from "../runtime/hash.ts"

const PREFIX = "whsec_"

const encoder = new TextEncoder()

/** Hex of HMAC-SHA256 over the body, under the secret as it is written. */
export async function billingSignature(secret: string, body: string): Promise<string> {
  return hex(await hmac(bytesOf(secret), body))
}

/** `v1,<base64>` over id, time in seconds and body, one for each secret. */
export async function standardSignature(
  secrets: readonly string[],
  id: string,
  seconds: number,
  body: string,
): Promise<string> {
  const signed = secrets.map(async (secret) => {
    const key = bytesOf(atob(secret.slice(PREFIX.length)))
    const mac = new Uint8Array(await hmac(key, `${id}.${seconds}.${body}`))
    return `v1,${btoa(String.fromCharCode(...mac))}`
  })
  return (await Promise.all(signed)).join(" ")
}

/** Of a text whose characters are bytes, as those of a secret are in either form. */
function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}

async function hmac(key: Uint8Array<ArrayBuffer>, text: string): Promise<ArrayBuffer> {
  const algorithm = { name: "HMAC", hash: "SHA-256" }
  const imported = await crypto.subtle.importKey("raw", key, algorithm, false, ["sign"])
  return crypto.subtle.sign("HMAC", imported, encoder.encode(text))
}

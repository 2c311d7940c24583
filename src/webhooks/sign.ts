// The two signatures of a webhook: bill.sh's, and that of Standard Webhooks (https://www.standardwebhooks.com).
// Both are over the bytes that are sent. A secret is `whsec_` and base64; the one takes it as text, the other what it encodes.

import { hmac, hmacHex } from "../runtime/hmac.ts"

const PREFIX = "whsec_"

/** Hex of HMAC-SHA256 over the body, under the secret as it is written. */
export async function billingSignature(secret: string, body: string): Promise<string> {
  return hmacHex(secret, body)
}

/** `v1,<base64>` over id, time in seconds and body, one for each secret. */
export async function standardSignature(
  secrets: readonly string[],
  id: string,
  seconds: number,
  body: string,
): Promise<string> {
  const signed = secrets.map(async (secret) => {
    const key = Uint8Array.from(atob(secret.slice(PREFIX.length)), (character) => character.charCodeAt(0))
    const mac = await hmac(key, `${id}.${seconds}.${body}`)
    return `v1,${btoa(String.fromCharCode(...mac))}`
  })
  return (await Promise.all(signed)).join(" ")
}

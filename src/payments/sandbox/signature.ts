// How the sandbox signs what it sends: as Stripe does, HMAC-SHA256 over the time and the raw body.
// Law: a call is taken only with its signature, and only within the tolerance, so that an overheard one is worth nothing.

import type { Instant } from "../../domain/time.ts"
import { limits } from "../../limits.ts"
import { sameSecret } from "../../runtime/hash.ts"
import { hmacHex } from "../../runtime/hmac.ts"

export const SIGNATURE_HEADER = "Sandbox-Signature"

export async function signatureOf(body: string, secret: string, at: Instant): Promise<string> {
  const seconds = Math.floor(at / 1_000)
  return `t=${seconds},v1=${await hmacHex(secret, `${seconds}.${body}`)}`
}

/** Why a call is not ours; null: it is. */
export async function signatureFault(
  body: string,
  header: string | null,
  secret: string,
  now: Instant,
): Promise<string | null> {
  const match = /^t=(\d{1,12}),v1=([0-9a-f]{64})$/.exec(header ?? "")
  const [, seconds = "", signature = ""] = match ?? []
  if (match === null) return `There is no ${SIGNATURE_HEADER} that can be read.`
  if (!(await sameSecret(signature, await hmacHex(secret, `${seconds}.${body}`)))) {
    return "The signature does not fit."
  }
  const distanceMs = Math.abs(now - Number(seconds) * 1_000)
  return distanceMs <= limits.webhookToleranceMs ? null : "The signature is too old."
}

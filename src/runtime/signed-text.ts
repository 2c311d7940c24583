// A text that a stranger carries back to us: readable, and worth nothing once it was changed.

import { decodeBase64Url, encodeBase64Url } from "hono/utils/encode"
import { sameSecret } from "./hash.ts"
import { hmacHex } from "./hmac.ts"

const encoder = new TextEncoder()

/** `purpose`: what it is for. A text that was signed for one purpose is none for another. */
export async function signText(text: string, secret: string, purpose: string): Promise<string> {
  const bytes = encoder.encode(text)
  const encoded = encodeBase64Url(bytes.buffer).replace(/=+$/, "")
  return `${encoded}.${await signatureOf(text, secret, purpose)}`
}

/** The text; null: it is not one of ours. */
export async function readSigned(token: string, secret: string, purpose: string): Promise<string | null> {
  const [encoded = "", signature = "", ...more] = token.split(".")
  const text = more.length > 0 ? null : decoded(encoded)
  if (text === null) return null
  return (await sameSecret(signature, await signatureOf(text, secret, purpose))) ? text : null
}

async function signatureOf(text: string, secret: string, purpose: string): Promise<string> {
  return hmacHex(await hmacHex(secret, purpose), text)
}

function decoded(encoded: string): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(decodeBase64Url(encoded))
  } catch {
    return null
  }
}

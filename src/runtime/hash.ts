// Digests and comparisons, by WebCrypto where waiting is possible.

import { createHash } from "node:crypto"

const encoder = new TextEncoder()

export async function sha256Hex(data: string | Uint8Array): Promise<string> {
  const bytes = typeof data === "string" ? encoder.encode(data) : data
  return hex(await crypto.subtle.digest("SHA-256", bytes))
}

/** The first `length` bytes of the SHA-256 of a text as UTF-8, at once: for decisions that may not wait. */
export function sha256Start(text: string, length: number): Uint8Array {
  return createHash("sha256").update(text).digest().subarray(0, length)
}

/** As `sha256Hex`, at once: for chains of thousands, each on the one before it. */
export function sha256Now(text: string): string {
  return hex(createHash("sha256").update(text).digest())
}

export function hex(buffer: ArrayBuffer | Uint8Array): string {
  return Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("")
}

/** Compares two secrets in time that does not depend on where they differ. */
export async function sameSecret(a: string, b: string): Promise<boolean> {
  const [left, right] = await Promise.all([
    crypto.subtle.digest("SHA-256", encoder.encode(a)),
    crypto.subtle.digest("SHA-256", encoder.encode(b)),
  ])
  return crypto.subtle.timingSafeEqual(left, right)
}

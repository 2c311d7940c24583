// Encrypts what must be kept for a while and may not be read at rest: AES-256-GCM under a key derived from a secret.

const encoder = new TextEncoder()
const NONCE_BYTES = 12

async function keyOf(secret: string, purpose: string): Promise<CryptoKey> {
  const material = await crypto.subtle.importKey("raw", encoder.encode(secret), "HKDF", false, ["deriveKey"])
  const params = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info: encoder.encode(purpose) }
  return crypto.subtle.deriveKey(params, material, { name: "AES-GCM", length: 256 }, false, [
    "encrypt",
    "decrypt",
  ])
}

export async function seal(text: string, secret: string, purpose: string): Promise<string> {
  const iv = crypto.getRandomValues(new Uint8Array(NONCE_BYTES))
  const sealed = await crypto.subtle.encrypt(
    { name: "AES-GCM", iv },
    await keyOf(secret, purpose),
    encoder.encode(text),
  )
  const bytes = new Uint8Array([...iv, ...new Uint8Array(sealed)])
  return btoa(String.fromCharCode(...bytes))
}

export async function unseal(sealed: string, secret: string, purpose: string): Promise<string> {
  const bytes = Uint8Array.from(atob(sealed), (character) => character.charCodeAt(0))
  const iv = bytes.slice(0, NONCE_BYTES)
  const key = await keyOf(secret, purpose)
  return new TextDecoder().decode(
    await crypto.subtle.decrypt({ name: "AES-GCM", iv }, key, bytes.slice(NONCE_BYTES)),
  )
}

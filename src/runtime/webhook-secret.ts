// A new secret of a webhook endpoint, as Standard Webhooks writes them: `whsec_` and 32 random bytes in base64.

const SECRET_BYTES = 32

export function newWebhookSecret(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(SECRET_BYTES))
  return `whsec_${btoa(String.fromCharCode(...bytes))}`
}

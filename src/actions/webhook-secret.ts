// Secrets of webhook endpoints: made here, told once, and kept sealed.

import type { WebhookEndpointRow } from "../db/rows.ts"
import type { Instant } from "../domain/time.ts"
import { seal, unseal } from "../runtime/seal.ts"
import { newWebhookSecret } from "../runtime/webhook-secret.ts"
import type { Scope } from "./scope.ts"

const PURPOSE = "webhook secrets"

export type MintedSecret = { readonly secret: string; readonly sealed: string }

export async function mintSecret({ platform }: Scope): Promise<MintedSecret> {
  const secret = newWebhookSecret()
  return { secret, sealed: await seal(secret, platform.jwtSecret, PURPOSE) }
}

/** The secrets that count now, the present one first. */
export async function secretsOf(
  { platform }: Scope,
  { secret, previousSecret, previousUntil }: WebhookEndpointRow,
  now: Instant,
): Promise<readonly string[]> {
  const open = (text: string) => unseal(text, platform.jwtSecret, PURPOSE)
  const isOverlapping = previousSecret !== null && previousUntil !== null && now < previousUntil
  // Sealed under a secret of the platform that is gone, the one before is lost; the present one must be there.
  const previous = isOverlapping ? await open(previousSecret).catch(() => null) : null
  return [await open(secret), ...(previous === null ? [] : [previous])]
}

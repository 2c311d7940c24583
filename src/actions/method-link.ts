// Links to the page on which a customer gives a payment method.
// Law: a link can't be guessed, is good for one customer and for a while, and says all that the page knows: nothing is kept of it.

import { instant } from "../domain/time.ts"
import type { MethodLink } from "../domain/method-link.ts"
import { linkOf, linkText } from "../domain/method-link.ts"
import { readSigned, signText } from "../runtime/signed-text.ts"
import type { Platform, Scope } from "./scope.ts"

const PURPOSE = "page for payment methods"

/** Where the page is. */
export const METHOD_PAGE = "/pay/method"

export function newMethodLink(
  { platform, tenant, newId }: Scope,
  customerId: string,
  lifeMs: number,
  returnUrl: string | null,
): MethodLink {
  const expiresAt = instant(platform.wallNow() + lifeMs)
  return { id: newId(), tenantId: tenant.id, customerId, expiresAt, returnUrl }
}

/** The page, which leads on to the processor's where that has one. */
export async function methodPage(platform: Platform, link: MethodLink): Promise<string> {
  return `${platform.publicUrl}${METHOD_PAGE}?link=${await signedLink(platform, link)}`
}

export async function signedLink({ jwtSecret }: Platform, link: MethodLink): Promise<string> {
  return signText(linkText(link), jwtSecret, PURPOSE)
}

/** What a link says; null: it is none of ours, or over. */
export async function openMethodLink(
  { jwtSecret, wallNow }: Platform,
  token: string,
): Promise<MethodLink | null> {
  const text = await readSigned(token, jwtSecret, PURPOSE)
  return text === null ? null : linkOf(text, wallNow())
}

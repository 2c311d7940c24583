// The link to a page on which a customer gives a payment method: what it says, as the text that is signed. Pure.
// Law: whoever holds a link reaches one customer's page until it is over, and no further.

import type { Result } from "./result.ts"
import { err, ok } from "./result.ts"
import type { Instant } from "./time.ts"
import { instant } from "./time.ts"

export type MethodLink = {
  /** Of this link alone: one method is given by it. */
  readonly id: string
  readonly tenantId: string
  readonly customerId: string
  /** By the wall: people don't live by a test clock. */
  readonly expiresAt: Instant
  /** Where the customer is led in the end; null: the page says thank you. */
  readonly returnUrl: string | null
}

export function linkText({ id, tenantId, customerId, expiresAt, returnUrl }: MethodLink): string {
  return JSON.stringify([id, tenantId, customerId, expiresAt, returnUrl])
}

/** Of a text that was signed here. Null: it is over. */
export function linkOf(text: string, wall: Instant): MethodLink | null {
  const [id, tenantId, customerId, expiresAt, returnUrl] = JSON.parse(text) as [
    string,
    string,
    string,
    number,
    string | null,
  ]
  if (expiresAt <= wall) return null
  return { id, tenantId, customerId, expiresAt: instant(expiresAt), returnUrl }
}

/** An address that a page may lead to, as the URL standard writes it. Its origin is named in a header, so it has plain letters only. */
export function returnUrl(text: string): Result<string, string> {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null) return err("expected an absolute URL")
  if (url.protocol !== "https:" && url.protocol !== "http:") return err("expected an http or https URL")
  if (url.username !== "" || url.password !== "") return err("expected a URL without credentials")
  return /^https?:\/\/[a-z0-9.-]+(:\d+)?$/.test(url.origin) ? ok(url.href) : err("expected a host name")
}

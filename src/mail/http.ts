// Sends by the HTTP interface of a provider: Resend's (https://resend.com/docs/api-reference/emails/send-email), which others have too.
// Law: 400 and 422 say that this mail will never go; whatever else is no success is unknown, and asked for again under the same key.

import { limits } from "../limits.ts"
import type { Mailer, MailOutcome } from "./port.ts"
import { rendered } from "./render.ts"

export type MailProvider = {
  readonly url: string
  readonly key: string
  /** Who writes where a tenant says nothing of it. */
  readonly from: string
}

export function httpMailer(provider: MailProvider): Mailer {
  return {
    async send(mail) {
      const { to, replyTo } = mail
      const from = mail.from ?? provider.from
      const reply = replyTo === null ? {} : { reply_to: replyTo }
      const response = await fetch(provider.url, {
        method: "POST",
        redirect: "manual",
        signal: AbortSignal.timeout(limits.mailTimeoutMs),
        headers: {
          Authorization: `Bearer ${provider.key}`,
          "Content-Type": "application/json",
          "Idempotency-Key": mail.key,
        },
        body: JSON.stringify({ from, to: [to], ...reply, ...(await rendered(mail)) }),
      })
      return outcomeOf(response.status, await response.text())
    },
  }
}

function outcomeOf(status: number, text: string): MailOutcome {
  const body = parsed(text)
  if (status >= 200 && status < 300) return { status: "Sent", ref: textAt(body, "id") }
  const told = textAt(body, "message") ?? `It answered ${status}.`
  if (status === 400 || status === 422) {
    return { status: "Refused", reason: told.slice(0, limits.webhookErrorLength) }
  }
  // What is told may have changed since a try whose answer was lost: the mail of that try is the one that counts.
  if (status === 409 && textAt(body, "name") === "invalid_idempotent_request") {
    return { status: "Sent", ref: null }
  }
  throw new Error(`The mail provider answered ${status}: ${told.slice(0, limits.webhookErrorLength)}`)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function textAt(body: unknown, field: string): string | null {
  if (typeof body !== "object" || body === null) return null
  const value = (body as Readonly<Record<string, unknown>>)[field]
  return typeof value === "string" ? value : null
}

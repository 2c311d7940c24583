// What the rest of the system knows of mail: a letter and whom it is for. Words, pages and providers are behind it.

import type { Letter } from "../domain/mail.ts"

export type Mail = {
  /** The idempotency key, which derives from the event that is told: a mail that is asked for twice is one mail. */
  readonly key: string
  readonly to: string
  /** Null: from the operator's address. */
  readonly from: string | null
  readonly replyTo: string | null
  /** In whose name it is written. */
  readonly company: string
  /** How it addresses the customer. */
  readonly name: string
  readonly letter: Letter
}

export type MailOutcome =
  /** `ref`: the provider's own name of it, where it tells one. */
  | { readonly status: "Sent"; readonly ref: string | null }
  /** The provider will never take this mail. */
  | { readonly status: "Refused"; readonly reason: string }

/** An exception is unknown, and the mail is asked for again under the same key. */
export interface Mailer {
  send(mail: Mail): Promise<MailOutcome>
}

// Which events are told to customers by mail, what a letter says, and how it writes an amount. Pure.
// Law: only what a tenant switched on is sent, and never to an address that can't be one (RFC 2606).

import type { Currency } from "./currency.ts"
import { minorDigits } from "./currency.ts"
import type { Minor } from "./money.ts"
import type { Instant } from "./time.ts"
import { formatInstant } from "./time.ts"
import type { EventType } from "./webhook-events.ts"

/** `from`: null writes from the operator's address. */
export type NotificationSettings = {
  readonly mail: boolean
  readonly from: string | null
  readonly replyTo: string | null
}

export const NO_NOTIFICATIONS: NotificationSettings = { mail: false, from: null, replyTo: null }

const MAILED: ReadonlySet<EventType> = new Set<EventType>([
  "invoice.finalized",
  "payment.succeeded",
  "payment.failed",
  "subscription.trial_will_end",
])

export function isMailed(type: EventType): boolean {
  return MAILED.has(type)
}

export type Money = { readonly minor: Minor; readonly currency: Currency }

export type LetterLine = { readonly text: string; readonly amount: Money }

/** What a letter says, before it is put into words. */
export type Letter =
  | {
      readonly kind: "Invoice"
      readonly number: string
      readonly total: Money
      /** What is still to be paid; nothing, or less, asks for nothing. */
      readonly due: Money
      readonly dueAt: Instant | null
      readonly lines: readonly LetterLine[]
      /** Lines that a letter has no room for. */
      readonly moreLines: number
    }
  | {
      readonly kind: "Receipt"
      readonly number: string
      readonly amount: Money
      readonly paidAt: Instant
      readonly left: Money
    }
  | {
      readonly kind: "PaymentFailed"
      readonly number: string
      readonly amount: Money
      readonly reason: string | null
      readonly nextAttemptAt: Instant | null
      /** A page on which the customer gives another way to pay. */
      readonly methodUrl: string
    }
  | {
      readonly kind: "TrialEnding"
      readonly plan: string
      readonly endsAt: Instant
    }

/** Names below `.invalid`, `.test`, `.example` and `.localhost` are nobody's, for ever. */
export function isDeliverable(address: string): boolean {
  return !/[@.](invalid|test|example|localhost)\.?$/i.test(address)
}

/** `1234.50 USD`: the digits that the currency has, never a rounded one. */
export function amountText({ minor, currency }: Money): string {
  const digits = minorDigits(currency)
  const size = (minor < 0n ? -minor : minor).toString().padStart(digits + 1, "0")
  const whole = size.slice(0, size.length - digits)
  const fraction = digits === 0 ? "" : `.${size.slice(-digits)}`
  return `${minor < 0n ? "-" : ""}${whole}${fraction} ${currency}`
}

/** The day, which reads the same everywhere; by UTC, as invoices have it. */
export function dayText(at: Instant): string {
  return formatInstant(at).slice(0, 10)
}

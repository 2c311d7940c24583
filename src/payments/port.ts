// What the rest of the system knows of a payment processor. Every key derives from an id of our own, so that a request
// that was asked twice is one request, and an answer that was lost can be asked for again.

import type { Currency } from "../domain/currency.ts"
import type { Minor } from "../domain/money.ts"
import type { Result } from "../domain/result.ts"
import type { Instant } from "../domain/time.ts"

export type ProcessorName = "sandbox" | "stripe"

/** What a processor can do, as data. */
export type Capabilities = {
  readonly refunds: boolean
  readonly payouts: boolean
  readonly webhooks: boolean
  readonly offSession: boolean
}

export type ChargeRequest = {
  /** The idempotency key, which derives from the id of our payment. */
  readonly key: string
  readonly customerRef: string
  readonly methodRef: string
  readonly amountMinor: Minor
  readonly currency: Currency
  readonly description: string
  readonly metadata: Readonly<Record<string, string>>
}

export type ChargeOutcome =
  | { readonly status: "Succeeded" | "Pending"; readonly ref: string }
  | { readonly status: "RequiresAction"; readonly ref: string; readonly actionUrl: string }
  | {
      readonly status: "Failed"
      readonly ref: string | null
      readonly code: string
      readonly message: string
      /** A hard decline stays one: a stolen card or a closed account is not asked again. */
      readonly isHard: boolean
    }

export type RefundRequest = {
  readonly key: string
  readonly chargeRef: string
  readonly amountMinor: Minor
  readonly currency: Currency
}

export type RefundOutcome =
  | { readonly status: "Succeeded" | "Pending"; readonly ref: string }
  | {
      readonly status: "Failed"
      readonly ref: string | null
      readonly code: string
      readonly message: string
    }

export type PayoutRequest = {
  readonly key: string
  readonly customerRef: string
  readonly methodRef: string
  readonly amountMinor: Minor
  readonly currency: Currency
  readonly description: string
}

export type MethodDetails = {
  readonly ref: string
  readonly kind: "Card" | "BankAccount" | "Other"
  readonly brand: string | null
  readonly last4: string | null
  /** The last day on which a card is valid, as a plain date. */
  readonly expiresOn: string | null
}

/** What a processor tells by itself, in our words. */
export type ProcessorEvent =
  | {
      readonly id: string
      readonly kind: "ChargeSucceeded" | "ChargePending" | "ChargeFailed"
      readonly chargeRef: string
      readonly outcome: ChargeOutcome
    }
  | {
      readonly id: string
      readonly kind: "RefundSucceeded" | "RefundFailed"
      readonly refundRef: string
      readonly chargeRef: string
    }
  | {
      readonly id: string
      readonly kind: "DisputeOpened" | "DisputeWon" | "DisputeLost"
      readonly chargeRef: string
      readonly amountMinor: Minor
      readonly currency: Currency
    }
  | { readonly id: string; readonly kind: "Other"; readonly type: string }

/** `Failed` is a decline and final; an exception is unknown, and is asked again under the same key. */
export interface Processor {
  readonly name: ProcessorName
  readonly capabilities: Capabilities
  createCustomer(request: {
    readonly key: string
    readonly name: string
    readonly email: string
  }): Promise<{ readonly ref: string }>
  attachMethod(request: {
    readonly key: string
    readonly customerRef: string
    readonly methodRef: string
  }): Promise<Result<MethodDetails, { readonly code: string; readonly message: string }>>
  detachMethod(methodRef: string): Promise<void>
  charge(request: ChargeRequest): Promise<ChargeOutcome>
  /** What became of a charge that was asked for under this key; null: it never arrived. */
  findCharge(key: string): Promise<ChargeOutcome | null>
  refund(request: RefundRequest): Promise<RefundOutcome>
  payout(request: PayoutRequest): Promise<RefundOutcome>
  /** The events of a webhook call, or why it is not the processor's. */
  readWebhook(
    rawBody: string,
    headers: Headers,
    now: Instant,
  ): Promise<Result<readonly ProcessorEvent[], string>>
}

/** What a processor does outside its API: the sandbox has no site of its own. */
export interface SandboxDesk {
  /** Sends an event through the real webhook route. Throws unless it was taken. */
  deliver(eventRef: string): Promise<void>
  /** What a customer would answer on its bank's page. False: the link is not one of ours, or was answered before. */
  answer(chargeRef: string, token: string, isApproved: boolean): Promise<boolean>
}

export type StripeAccount = {
  readonly secretKey: string
  /** Signs the webhook calls of one endpoint; null: none is set up, and no call is taken. */
  readonly webhookSecret: string | null
}

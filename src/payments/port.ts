// What the rest of the system knows of a payment processor. Every key derives from an id of our own, so that a request
// that was asked twice is one request, and an answer that was lost can be asked for again.

import type { Currency } from "../domain/currency.ts"
import type { Minor } from "../domain/money.ts"
import type { DisputeStatus } from "../domain/payment.ts"
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
  /** What the customer's bank shows: at most 22 characters, of which a processor may take fewer. */
  readonly statementDescriptor?: string | null
  /** `tenant_id` says whose event it is where several tenants share an account. */
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
  readonly metadata?: Readonly<Record<string, string>>
}

export type RefundOutcome =
  | { readonly status: "Succeeded" | "Pending"; readonly ref: string }
  | {
      readonly status: "Failed"
      readonly ref: string | null
      readonly code: string
      readonly message: string
      /** Of a payout: nothing arrives there ever, so it is not tried again. */
      readonly isHard?: boolean
    }

/** A refund as its processor lists it. */
export type FoundRefund = {
  /** The key that it was asked for under; null: it was made at the processor's own site. */
  readonly key: string | null
  readonly amountMinor: Minor
  readonly currency: Currency
  readonly outcome: RefundOutcome & { readonly ref: string }
}

/** A dispute as it stands. */
export type FoundDispute = {
  readonly status: DisputeStatus
  readonly amountMinor: Minor
  readonly currency: Currency
}

export type PayoutRequest = {
  readonly key: string
  readonly customerRef: string
  readonly methodRef: string
  readonly amountMinor: Minor
  readonly currency: Currency
  readonly description: string
  readonly statementDescriptor?: string | null
  readonly metadata?: Readonly<Record<string, string>>
}

export type PayoutOutcome = RefundOutcome

/** A page of the processor on which a customer gives a payment method. */
export type SetupRequest = {
  readonly key: string
  readonly customerRef: string
  readonly currency: Currency
  /** Where the customer comes back to. */
  readonly returnUrl: string
  readonly metadata: Readonly<Record<string, string>>
}

/** What a customer gave on such a page, and whose page it was, as the request that made it says. */
export type GivenSetup = {
  readonly methodRef: string
  readonly customerRef: string
  /** The key of the request. */
  readonly key: string | null
  readonly metadata: Readonly<Record<string, string>>
}

export type AttachFault = {
  /** `customer_missing`: the processor does not know the customer. */
  readonly code: string
  readonly message: string
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
      readonly kind: "RefundPending" | "RefundSucceeded" | "RefundFailed"
      readonly refundRef: string
      readonly chargeRef: string
    }
  /** Something goes back of a charge: what, the list of its refunds says. */
  | { readonly id: string; readonly kind: "ChargeRefunded"; readonly chargeRef: string }
  | {
      readonly id: string
      readonly kind: "DisputeOpened" | "DisputeWon" | "DisputeLost"
      readonly chargeRef: string
      /** Absent: a charge has one dispute at most. */
      readonly disputeRef?: string
      readonly amountMinor: Minor
      readonly currency: Currency
    }
  | {
      readonly id: string
      readonly kind: "PayoutSucceeded" | "PayoutFailed"
      readonly payoutRef: string
      readonly outcome: PayoutOutcome
    }
  /** A customer has given a method on a page. */
  | { readonly id: string; readonly kind: "MethodGiven"; readonly setupRef: string }
  | { readonly id: string; readonly kind: "Other"; readonly type: string }

/** An event as the processor itself tells it when it is asked. */
export type FetchedEvent = {
  readonly event: ProcessorEvent
  /** The key of what it is of, which is our id of the payment, refund or payout; null: nothing of ours. */
  readonly key: string | null
  readonly occurredAt: Instant
}

/** The processor does not take the key of the account, or not for this: nothing of what was asked for was done. */
export class KeyRefused extends Error {
  override readonly name = "KeyRefused"
}

/** The processor gives no answer, or none that says what became of the request. Asked again under the same key, it does it once. */
export class NoAnswer extends Error {
  override readonly name = "NoAnswer"
}

/** `Failed` is a decline and final; an exception is unknown, and is asked again under the same key. */
export interface Processor {
  readonly name: ProcessorName
  readonly capabilities: Capabilities
  /** The account's own name: what was made at one account is unknown at another of the same processor. */
  accountRef(): Promise<string>
  createCustomer(request: {
    readonly key: string
    readonly name: string
    readonly email: string
  }): Promise<{ readonly ref: string }>
  attachMethod(request: {
    readonly key: string
    readonly customerRef: string
    readonly methodRef: string
  }): Promise<Result<MethodDetails, AttachFault>>
  detachMethod(methodRef: string): Promise<void>
  /** Whether it can be charged or attached. Names with a slash are URIs, of which the last part counts. */
  customerExists(customerRef: string): Promise<boolean>
  methodExists(methodRef: string): Promise<boolean>
  /** `no_page`: the processor has none. */
  createSetup(
    request: SetupRequest,
  ): Promise<Result<{ readonly ref: string; readonly url: string }, AttachFault>>
  /** What was given on a page; null: nothing yet, or there is no such page. */
  findSetup(setupRef: string): Promise<GivenSetup | null>
  charge(request: ChargeRequest): Promise<ChargeOutcome>
  /** What became of a charge that was asked for under this key; null: it never arrived. Whose it is makes it easier to find. */
  findCharge(key: string, customerRef?: string | null): Promise<ChargeOutcome | null>
  /** Calls off a charge that waits for its customer, or for anything else, and tells how it stands then: what can't be called off
   *  any more is as it was. A charge that was called off is Failed with `canceled`. */
  cancelCharge(chargeRef: string): Promise<ChargeOutcome>
  refund(request: RefundRequest): Promise<RefundOutcome>
  /** What became of a refund of this charge; null: it never arrived. */
  findRefund(key: string, chargeRef: string): Promise<RefundOutcome | null>
  /** All refunds of a charge, whoever made them. */
  refundsOf(chargeRef: string): Promise<readonly FoundRefund[]>
  /** How a dispute stands by now; null: there is none, or it takes no money. */
  readDispute(disputeRef: string): Promise<FoundDispute | null>
  payout(request: PayoutRequest): Promise<PayoutOutcome>
  findPayout(key: string): Promise<PayoutOutcome | null>
  /** The events of a webhook call, or why it is not the processor's. */
  readWebhook(
    rawBody: string,
    headers: Headers,
    now: Instant,
  ): Promise<Result<readonly ProcessorEvent[], string>>
  /** Fetched, so it may be believed whoever named it; null: there is no such event. */
  readEvent(eventId: string): Promise<FetchedEvent | null>
  /** The tenant that an event is of, by the metadata of its charge or payout; null: it does not say. */
  tenantOf(event: ProcessorEvent): Promise<string | null>
  /** Tells events to this address from now on. `secret` signs them; null: another one does, that is known already. */
  registerWebhook(request: { readonly key: string; readonly url: string }): Promise<{
    readonly ref: string
    readonly secret: string | null
  }>
}

/** A charge of which its customer is asked. `isOpen`: it was not answered yet. */
export type AskedCharge = {
  readonly amountMinor: Minor
  readonly currency: Currency
  readonly description: string
  readonly isOpen: boolean
}

/** What a processor does outside its API: the sandbox has no site of its own. */
export interface SandboxDesk {
  /** Sends an event through the real webhook route. Throws unless it was taken. */
  deliver(eventRef: string): Promise<void>
  /** What a customer reads on its bank's page; null: the link is not one of ours. */
  show(chargeRef: string, token: string): Promise<AskedCharge | null>
  /** What a customer would answer on its bank's page. False: the link is not one of ours, or was answered before. */
  answer(chargeRef: string, token: string, isApproved: boolean): Promise<boolean>
}

/** What the sandbox has made, as it keeps it. `key`: of the request that made it, which is our id of the payment or payout. */
export type SandboxThing = {
  readonly ref: string
  readonly kind: "Method" | "Charge" | "Refund" | "Payout" | "Event" | "Webhook"
  readonly key: string
  /** A charge's or payout's method, a refund's charge. */
  readonly parent: string | null
  readonly amountMinor: Minor | null
  readonly status: string
  readonly state: Readonly<Record<string, unknown>>
  readonly at: Instant | null
}

export type KnownEvent = { readonly id: string; readonly type: string; readonly occurredAt: Instant }

/** What of the sandbox can be looked at, as others' sites show it. */
export interface SandboxWindow {
  look(ref: string): Promise<SandboxThing | null>
  /** What has happened to a charge, refund or payout, oldest first. */
  eventsOf(ref: string): Promise<readonly KnownEvent[]>
  /** Who is told. */
  webhooks(): Promise<readonly { readonly ref: string; readonly url: string }[]>
}

export type StripeAccount = {
  readonly secretKey: string
  /** Signs the webhook calls of one endpoint; null: none is set up, and no call is taken. */
  readonly webhookSecret: string | null
}

// The proof of an invoice: each line with what it was computed from. Checked by proof-check.ts.

import type { Currency } from "./currency.ts"
import type { EventChain } from "./event-digest.ts"
import type { InvoiceType, LineKind } from "./invoice.ts"
import type { LineBasis } from "./line-basis.ts"
import type { InvoiceTax } from "./tax.ts"

export type EventMark = { readonly id: string; readonly timestamp: string }

/** The events behind a line, as they were when it was billed. `next`: where the digest goes on, when there are too many for one
 *  answer. `isWhole`: whether they are all events of the charge, and not those of one of several bills. */
export type EventsProof = EventChain & {
  readonly first: EventMark | null
  readonly last: EventMark | null
  readonly isWhole: boolean
  readonly next: string | null
}

export type ProofLine = {
  readonly id: string
  readonly lineKey: string
  readonly kind: LineKind
  readonly sourceId: string | null
  readonly subscriptionId: string | null
  readonly skuId: string | null
  readonly description: string
  readonly quantity: string
  readonly unitAmountNanos: string | null
  readonly ratedAmountNanos: string
  readonly amountNanos: string
  readonly isTax: boolean
  readonly isIncluded: boolean
  readonly taxes: readonly { readonly rateId: string | null; readonly amountNanos: string }[]
  readonly serviceStart: string | null
  readonly serviceEnd: string | null
  readonly basis: LineBasis | null
  readonly events: EventsProof | null
}

export type InvoiceProof = {
  readonly proofVersion: 1
  readonly invoiceId: string
  readonly invoiceNumber: string | null
  readonly invoiceType: InvoiceType
  readonly status: string
  readonly currency: Currency
  readonly totalNanos: string
  readonly taxNanos: string
  readonly tax: InvoiceTax | null
  /** In the order of the invoice. */
  readonly lines: readonly ProofLine[]
}

/** Something that was told and does not come out when it is computed again. */
export type ProofFault = {
  readonly lineId: string | null
  readonly what: string
  readonly told: string
  readonly computed: string
}

// What follows of a dispute, in one commit: the payment and the ledger.
// Laws: what the processor took back is neither there nor lost until it is decided. A dispute is between the bank and the merchant: the
// invoice stays paid, whoever wins, and nobody is charged again for it.

import type { PaymentRow } from "../db/rows.ts"
import { payments } from "../db/schema.ts"
import { postDispute } from "../domain/ledger.ts"
import { formatNanos, minorToNanos } from "../domain/money.ts"
import type { DisputeStatus } from "../domain/payment.ts"
import { disputedOf } from "../domain/payment.ts"
import type { ProcessorEvent } from "../payments/port.ts"
import type { Decided } from "./act.ts"
import { paymentAudit } from "./payment-audit.ts"
import { unchanged } from "./payment-news.ts"
import type { Scope } from "./scope.ts"

type DisputeEvent = Extract<ProcessorEvent, { readonly amountMinor: unknown }>

const STATUS = { DisputeOpened: "Open", DisputeWon: "Won", DisputeLost: "Lost" } as const

/** An end that is told before the beginning is both. */
export function disputeNews(scope: Scope, before: PaymentRow, event: DisputeEvent): Decided<unknown> {
  const to: DisputeStatus = STATUS[event.kind]
  const known = before.disputeStatus
  if (known === to || (known !== null && known !== "Open")) return unchanged(null)
  const disputedMinor = known === null ? disputedOf(before, event) : before.disputedMinor
  const { id, customerId, currency } = before
  const money = { disputeId: id, customerId, currency, amountMinor: disputedMinor }
  const opened = known === null ? postDispute({ ...money, outcome: "Opened" }) : []
  const ended = to === "Open" ? [] : postDispute({ ...money, outcome: to })
  return {
    value: null,
    commit: {
      guards: [scope.write.update(payments, id, before.version, { disputeStatus: to, disputedMinor })],
      postings: [...opened, ...ended],
      audit: [disputeAudit({ ...before, disputeStatus: to, disputedMinor }, event)],
    },
  }
}

const AUDITED: Readonly<Record<DisputeStatus, string>> = {
  Open: "dispute.opened",
  Won: "dispute.won",
  Lost: "dispute.lost",
}

/** With the claim as it was told: it may be in another currency than the payment. */
function disputeAudit(payment: PaymentRow, { kind, amountMinor, currency }: DisputeEvent) {
  const entry = paymentAudit(AUDITED[STATUS[kind]], payment)
  const nanos = (amount: typeof amountMinor, of: typeof currency) => formatNanos(minorToNanos(amount, of))
  const dispute = {
    disputed_nanos: nanos(payment.disputedMinor, payment.currency),
    claimed_nanos: nanos(amountMinor, currency),
    claimed_currency: currency,
  }
  return { ...entry, after: { ...(entry.after as Readonly<Record<string, unknown>>), ...dispute } }
}

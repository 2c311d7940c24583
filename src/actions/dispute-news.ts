// What follows of a dispute, in one commit: the payment and the ledger.
// Laws: what the processor took back is neither there nor lost until it is decided. A dispute is between the bank and the merchant: the
// invoice stays paid, whoever wins, and nobody is charged again for it. Each dispute of a charge is booked by itself, each state once.
// What a lost one is set off against is in set-off.ts.

import type { PaymentRow } from "../db/rows.ts"
import { payments } from "../db/schema.ts"
import type { Dispute } from "../domain/dispute.ts"
import {
  disputeAt,
  disputeCause,
  disputedBy,
  disputesOf,
  disputeSteps,
  isPlainDispute,
  toldDispute,
} from "../domain/dispute.ts"
import { postDispute } from "../domain/ledger.ts"
import { formatNanos, minor, minorToNanos } from "../domain/money.ts"
import type { DisputeStatus } from "../domain/payment.ts"
import { disputedOf } from "../domain/payment.ts"
import { err, ok } from "../domain/result.ts"
import type { FoundDispute, ProcessorEvent } from "../payments/port.ts"
import type { Decided, Outcome } from "./act.ts"
import { lookUpDispute } from "./ask-processor.ts"
import { paymentAudit } from "./payment-audit.ts"
import { outrun, unchanged } from "./payment-news.ts"
import { refusal } from "./refusal.ts"
import type { Scope } from "./scope.ts"
import { setOffDispute } from "./set-off.ts"

type DisputeEvent = Extract<ProcessorEvent, { readonly amountMinor: unknown }>

const STATUS = { DisputeOpened: "Open", DisputeWon: "Won", DisputeLost: "Lost" } as const

/** What contradicts an end that is known may be older than that: then the processor is asked how the dispute stands. */
export async function disputeNews(
  scope: Scope,
  before: PaymentRow,
  event: DisputeEvent,
): Promise<Outcome<Decided<unknown>>> {
  const ref = event.disputeRef ?? null
  const all = disputesOf(before)
  const told: FoundDispute = { ...event, status: STATUS[event.kind] }
  const known = disputeAt(all, ref, disputedOf(before, told))
  if (known?.status === told.status) return ok(unchanged(null))
  if (isPlainDispute(known?.status ?? null))
    return ok(await decided(scope, before, { all, known, ref, told }))
  // Without a name nobody can ask for it: the end stays.
  if (ref === null) return ok(unchanged(null))
  const found = await lookUpDispute(scope, before, ref)
  if (found === null) return err(NO_ANSWER)
  const [stands] = found
  if (stands === undefined || stands.status === known?.status) return ok(unchanged(null))
  return ok(await decided(scope, before, { all, known, ref, told: stands }))
}

const NO_ANSWER = refusal("conflict", "The processor does not say at this moment how the dispute stands.")

type News = {
  readonly all: readonly Dispute[]
  readonly known: Dispute | null
  readonly ref: string | null
  readonly told: FoundDispute
}

async function decided(
  scope: Scope,
  before: PaymentRow,
  { all, known, ref, told }: News,
): Promise<Decided<unknown>> {
  const { id, customerId, currency } = before
  const claimed = disputedOf(before, told)
  const after = toldDispute(known, { ref, status: told.status, amountMinor: claimed })
  const at = known === null ? all.length : all.indexOf(known)
  const causeId = disputeCause(id, at, after)
  const moved = all.toSpliced(at, known === null ? 0 : 1, after)
  const part = await setOffDispute(scope, before, { known, moved, at, causeId })
  if (part === null) return { ...outrun(scope, payments, before), value: null }
  const { disputes, change, ...setOff } = part
  const sums = { ...disputedBy(disputes), ...change }
  const amountMinor = minor(BigInt(after.amountMinor))
  const money = { disputeId: causeId, customerId, currency, amountMinor }
  const steps = disputeSteps(known?.status ?? null, told.status)
  return {
    value: null,
    commit: {
      ...setOff,
      guards: [scope.write.update(payments, id, before.version, sums), ...setOff.guards],
      postings: [...steps.flatMap((outcome) => postDispute({ ...money, outcome })), ...setOff.postings],
      audit: [disputeAudit({ ...before, ...sums }, after, told), ...setOff.audit],
    },
  }
}

const AUDITED: Readonly<Record<DisputeStatus, string>> = {
  Open: "dispute.opened",
  Won: "dispute.won",
  Lost: "dispute.lost",
}

/** With the claim as it was told: it may be in another currency than the payment. */
function disputeAudit(payment: PaymentRow, { ref, status, amountMinor }: Dispute, claim: FoundDispute) {
  const entry = paymentAudit(AUDITED[status], payment)
  const nanos = (amount: typeof claim.amountMinor, of: typeof claim.currency) =>
    formatNanos(minorToNanos(amount, of))
  const dispute = {
    dispute_reference: ref,
    disputed_nanos: nanos(minor(BigInt(amountMinor)), payment.currency),
    claimed_nanos: nanos(claim.amountMinor, claim.currency),
    claimed_currency: claim.currency,
  }
  return { ...entry, after: { ...(entry.after as Readonly<Record<string, unknown>>), ...dispute } }
}

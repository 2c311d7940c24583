// Disputes of a payment: each by the processor's name for it, with what it took. Pure.
// Laws: money moves with a dispute's state alone, so what is told twice moves nothing; a state that comes again, as a dispute does that is
// opened anew after it was won, is another round and is booked again.

import { assert } from "./assert.ts"
import type { Minor } from "./money.ts"
import { minor } from "./money.ts"
import type { DisputeStatus } from "./payment.ts"

export type Dispute = {
  /** The processor's name for it. Null: from before those were kept. */
  readonly ref: string | null
  readonly status: DisputeStatus
  /** What it took of the payment, in minor units, as text. */
  readonly amountMinor: string
  /** How often it has begun. */
  readonly rounds: number
  /** Of one that is lost: what the customer was owed, and is owed no more. */
  readonly setOff?: SetOff
}

/** In minor units, as text: all that was owed, and what of it was credit until then. */
export type SetOff = { readonly owedMinor: string; readonly creditMinor: string }

/** What money does: taken from what is there, or from what was given up; then back, or given up. */
export type DisputeStep = "Opened" | "Reopened" | "Won" | "Lost"

export type Disputed = {
  readonly disputeStatus: DisputeStatus | null
  readonly disputedMinor: Minor
  /** Null: from before each dispute was kept. */
  readonly disputes: readonly Dispute[] | null
}

/** The disputes of a payment, also of one from before each was kept. */
export function disputesOf({ disputes, disputeStatus, disputedMinor }: Disputed): readonly Dispute[] {
  if (disputes !== null) return disputes
  if (disputeStatus === null) return []
  return [{ ref: null, status: disputeStatus, amountMinor: String(disputedMinor), rounds: 1 }]
}

/** The one that is told of. Without a name it is the only one; one without a name was this one, where it took as much. */
export function disputeAt(all: readonly Dispute[], ref: string | null, claimed: Minor): Dispute | null {
  const known = all.find((one) => one.ref === ref)
  if (known !== undefined) return known
  if (ref === null) return all.length === 1 ? (all[0] ?? null) : null
  return all.find((one) => one.ref === null && one.amountMinor === String(claimed)) ?? null
}

/** Whether it may be believed as it is told. What contradicts an end may be older than it. */
export function isPlainDispute(known: DisputeStatus | null): boolean {
  return known === null || known === "Open"
}

/** How the money gets from one state to another. An end that is told before the beginning is both. */
export function disputeSteps(from: DisputeStatus | null, to: DisputeStatus): readonly DisputeStep[] {
  if (from === to) return []
  const begins: readonly DisputeStep[] = from === "Open" ? [] : from === "Lost" ? ["Reopened"] : ["Opened"]
  return to === "Open" ? begins : [...begins, to]
}

/** The dispute after what was told of it. What a round takes is known at its beginning; what was lost comes back as it was. */
export function toldDispute(
  known: Dispute | null,
  told: { readonly ref: string | null; readonly status: DisputeStatus; readonly amountMinor: Minor },
): Dispute {
  const begins = known === null || known.status !== "Open"
  const isNewClaim = known === null || known.status === "Won"
  return {
    ref: told.ref ?? known?.ref ?? null,
    status: told.status,
    amountMinor: isNewClaim ? String(told.amountMinor) : known.amountMinor,
    rounds: (known?.rounds ?? 0) + (begins ? 1 : 0),
  }
}

/** What of a dispute that is lost nothing was set off against yet. */
export function lossOf({ status, amountMinor, setOff }: Dispute): Minor {
  if (status !== "Lost") return minor(0n)
  const loss = BigInt(amountMinor) - BigInt(setOff?.owedMinor ?? "0")
  assert(loss >= 0n, "no more is set off than was lost", { amountMinor, loss })
  return minor(loss)
}

/** Sets so much of what is owed, or is credit, off against those that were lost, the oldest first. */
export function setOffAgainst(disputes: readonly Dispute[], amount: Minor, kind: "Money" | "Credit") {
  let left: bigint = amount
  const after = disputes.map((dispute) => {
    const loss = lossOf(dispute)
    const part = loss < left ? loss : minor(left)
    left -= part
    return part === 0n ? dispute : { ...dispute, setOff: more(dispute.setOff, part, kind) }
  })
  return { disputes: after, amountMinor: minor(amount - left) }
}

function more(before: SetOff | undefined, amount: Minor, kind: "Money" | "Credit"): SetOff {
  const owed = BigInt(before?.owedMinor ?? "0") + amount
  const credit = BigInt(before?.creditMinor ?? "0") + (kind === "Credit" ? amount : 0n)
  return { owedMinor: String(owed), creditMinor: String(credit) }
}

/** The id under which a round of a dispute is booked. That of a payment's first one is the payment's. */
export function disputeCause(paymentId: string, at: number, { rounds }: Dispute): string {
  assert(rounds > 0, "a dispute has begun", { paymentId })
  return at === 0 && rounds === 1 ? paymentId : `${paymentId}:${at + 1}.${rounds}`
}

/** What all disputes of a payment come to: one that is open counts before one that was lost, and that before one that was won. */
export function disputedBy(disputes: readonly Dispute[]) {
  const sum = (statuses: readonly DisputeStatus[]) =>
    minor(
      disputes
        .filter(({ status }) => statuses.includes(status))
        .reduce((total, { amountMinor }) => total + BigInt(amountMinor), 0n),
    )
  const status = (["Open", "Lost", "Won"] as const).find((one) =>
    disputes.some((dispute) => dispute.status === one),
  )
  return {
    disputes,
    disputeStatus: status ?? null,
    disputedMinor: sum(status === "Won" ? ["Won"] : ["Open", "Lost"]),
    disputingMinor: sum(["Open"]),
  }
}

// What an amendment may change. Law: what has been served stays as it was agreed; the running phase keeps its number and its
// first day, and money that was paid upfront stays paid. Pure.

import type { FieldFault } from "./catalog.ts"
import type { ContractPhase, ContractTerms } from "./contract.ts"
import type { Instant } from "./time.ts"

export type Amended = { readonly endAt: Instant; readonly terms: ContractTerms }

/** With another end and no other phases, the last phase ends there. */
export function withEnd(terms: ContractTerms, endAt: Instant): ContractTerms {
  const last = terms.phases.length - 1
  const phases = terms.phases.map((phase, at) => (at === last ? { ...phase, endAt } : phase))
  return { ...terms, phases }
}

/** `after` is sound by itself. */
export function amendmentFaults(before: ContractTerms, after: Amended, now: Instant): FieldFault[] {
  const faults: FieldFault[] = []
  if (after.endAt <= now) faults.push({ path: "end_date", message: "The last day has passed. Terminate it." })
  for (const [at, phase] of before.phases.entries()) {
    if (phase.startAt > now) break
    const next = after.terms.phases[at]
    const message =
      next === undefined ? "The phase has begun and can't be left out." : fault(phase, next, now)
    if (message !== null) faults.push({ path: `terms.${at}`, message })
  }
  return faults
}

function fault(before: ContractPhase, after: ContractPhase, now: Instant): string | null {
  if (before.endAt <= now) {
    return JSON.stringify(before) === JSON.stringify(after)
      ? null
      : "The phase has ended and stays as it was."
  }
  if (after.phase !== before.phase) return `The phase runs and keeps its number, ${before.phase}.`
  if (after.startAt !== before.startAt) return "The phase runs and keeps its first day."
  if (after.endAt <= now) return "The phase runs: it ends today at the earliest."
  if (after.billing !== before.billing) return `The phase runs and stays ${before.billing}.`
  const isPaid = before.billing === "Upfront"
  return isPaid && before.commitments.some((one) => falls(one, after)) ? PAID : null
}

const PAID = "What was committed is paid upfront and does not become less; credit the invoice for that."

function falls(
  { productTag, amountNanos }: ContractPhase["commitments"][number],
  after: ContractPhase,
): boolean {
  const same = after.commitments.find((other) => other.productTag === productTag)
  return BigInt(same?.amountNanos ?? "0") < BigInt(amountNanos)
}

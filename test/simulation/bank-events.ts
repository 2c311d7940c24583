// What the bank tells by itself: late, twice, in another order, or never. Never is only what can be asked for as well; nobody could
// know of a dispute, or of money that went back, if it was not told at last.

import type { Currency } from "../../src/domain/currency.ts"
import { minor } from "../../src/domain/money.ts"
import type { Result } from "../../src/domain/result.ts"
import { ok } from "../../src/domain/result.ts"
import type { ChargeOutcome, ProcessorEvent, RefundOutcome } from "../../src/payments/port.ts"
import type { Random } from "./random.ts"

export type Told =
  | { readonly about: "Charge"; readonly ref: string; readonly outcome: ChargeOutcome }
  | {
      readonly about: "Refund" | "Payout"
      readonly ref: string
      readonly chargeRef: string | null
      readonly outcome: RefundOutcome
    }
  | {
      readonly about: "Dispute"
      readonly ref: string
      readonly dispute: "Open" | "Won" | "Lost"
      readonly amount: string
      readonly currency: Currency
    }

/** `copies`: how often it is still told; the last one is told until it is taken. `delayMs`: how long it waits at first. */
export type BankEvent = {
  readonly id: string
  readonly body: string
  readonly label: string
  delayMs: number
  copies: number
}

const HOUR_MS = 3_600_000

type Way = { readonly hasFaults: boolean; readonly isCertain: boolean }

export function newEvent(random: Random, id: string, told: Told, { hasFaults, isCertain }: Way): BankEvent {
  const label = told.about === "Dispute" ? `Dispute ${told.dispute}` : `${told.about} ${told.outcome.status}`
  const isLost = hasFaults && !isCertain && random.chance(0.2)
  return {
    id,
    body: JSON.stringify({ id, told }),
    label,
    delayMs: hasFaults && random.chance(0.5) ? random.int(0, 48) * HOUR_MS : 0,
    copies: isLost ? 0 : hasFaults ? random.int(1, 3) : 1,
  }
}

export function readEvents(rawBody: string): Result<readonly ProcessorEvent[], string> {
  const { id, told } = JSON.parse(rawBody) as { readonly id: string; readonly told: Told }
  return ok([eventOf(id, told)])
}

const DISPUTES = { Open: "DisputeOpened", Won: "DisputeWon", Lost: "DisputeLost" } as const
const CHARGES = {
  Succeeded: "ChargeSucceeded",
  Failed: "ChargeFailed",
  Pending: "ChargePending",
  RequiresAction: "ChargePending",
} as const

function eventOf(id: string, told: Told): ProcessorEvent {
  const { ref } = told
  switch (told.about) {
    case "Charge":
      return { id, kind: CHARGES[told.outcome.status], chargeRef: ref, outcome: told.outcome }
    case "Refund": {
      const kind = told.outcome.status === "Failed" ? "RefundFailed" : "RefundSucceeded"
      return { id, kind, refundRef: ref, chargeRef: told.chargeRef ?? "" }
    }
    case "Payout": {
      const kind = told.outcome.status === "Failed" ? "PayoutFailed" : "PayoutSucceeded"
      return { id, kind, payoutRef: ref, outcome: told.outcome }
    }
    case "Dispute":
      return {
        id,
        kind: DISPUTES[told.dispute],
        chargeRef: ref,
        disputeRef: `dp_${ref}`,
        amountMinor: minor(BigInt(told.amount)),
        currency: told.currency,
      }
  }
}

// What the sandbox tells later, as it is kept and as it is sent, and what we make of it.

import type { Currency } from "../../domain/currency.ts"
import { parseCurrency } from "../../domain/currency.ts"
import { minor } from "../../domain/money.ts"
import type { Result } from "../../domain/result.ts"
import { err, ok } from "../../domain/result.ts"
import type { ProcessorEvent } from "../port.ts"
import { givenOutcome, outcomeOf } from "./outcome.ts"
import { disputeRefOf } from "./refs.ts"
import type { LaterEvent, SandboxObject } from "./store.ts"

const TYPES = [
  "charge.succeeded",
  "charge.failed",
  "charge.refunded",
  "refund.succeeded",
  "refund.failed",
  "payout.succeeded",
  "payout.failed",
  "dispute.opened",
  "dispute.won",
  "dispute.lost",
] as const

/** The status of an event that has happened; until then it is Kept. */
export const TOLD = "Told"

export type SandboxEventType = (typeof TYPES)[number]

/** The status that the event's object has from then on; a dispute is no status of its charge. */
const STATUS_AFTER: Readonly<Partial<Record<SandboxEventType, string>>> = {
  "charge.succeeded": "Succeeded",
  "charge.failed": "Failed",
  "refund.succeeded": "Succeeded",
  "refund.failed": "Failed",
  "payout.succeeded": "Succeeded",
  "payout.failed": "Failed",
}

export function statusAfter(type: SandboxEventType): string | null {
  return STATUS_AFTER[type] ?? null
}

/** Its name derives from what it tells of, so that it is the same event however often it is made. */
export function eventOf(type: SandboxEventType, about: SandboxObject, afterMs: number): LaterEvent {
  const name = `${about.ref}:${type}`
  const event: SandboxObject = {
    ref: `evt_${about.ref}_${type.replace(".", "_")}`,
    kind: "Event",
    key: name,
    parent: about.ref,
    amountMinor: null,
    status: "Kept",
    state: { type },
  }
  return { event, afterMs }
}

export function typeOf({ state }: SandboxObject): SandboxEventType | null {
  return TYPES.find((type) => type === state["type"]) ?? null
}

/** The body of a webhook call. `about` is the charge or refund as it is now. */
export function bodyOf(ref: string, type: SandboxEventType, about: SandboxObject): string {
  const { status, parent, amountMinor, state } = about
  const object = { ref: about.ref, parent, status, amount_minor: String(amountMinor ?? 0n), state }
  return JSON.stringify({ id: ref, type, object })
}

/** Reads a body whose signature was good. */
export function readBody(rawBody: string): Result<readonly ProcessorEvent[], string> {
  const body = parsed(rawBody)
  const id = textAt(body, "id")
  const type = textAt(body, "type")
  const object = objectAt(body, "object")
  const ref = textAt(object, "ref")
  if (id === null || type === null || ref === null) return err("The body is no event.")
  const known = TYPES.find((one) => one === type)
  const event = known === undefined ? null : normalized(id, known, ref, object)
  return ok([event ?? { id, kind: "Other", type }])
}

function normalized(
  id: string,
  type: SandboxEventType,
  ref: string,
  object: Readonly<Record<string, unknown>>,
): ProcessorEvent | null {
  switch (type) {
    case "charge.succeeded":
      return { id, kind: "ChargeSucceeded", chargeRef: ref, outcome: { status: "Succeeded", ref } }
    case "charge.failed": {
      const outcome = outcomeOf({ ref, status: "Failed", state: objectAt(object, "state") })
      return { id, kind: "ChargeFailed", chargeRef: ref, outcome }
    }
    case "charge.refunded":
      return { id, kind: "ChargeRefunded", chargeRef: ref }
    case "refund.succeeded":
    case "refund.failed": {
      const chargeRef = textAt(object, "parent")
      const kind = type === "refund.succeeded" ? "RefundSucceeded" : "RefundFailed"
      return chargeRef === null ? null : { id, kind, refundRef: ref, chargeRef }
    }
    case "payout.succeeded":
      return { id, kind: "PayoutSucceeded", payoutRef: ref, outcome: { status: "Succeeded", ref } }
    case "payout.failed": {
      const outcome = givenOutcome({ ref, status: "Failed", state: objectAt(object, "state") })
      return { id, kind: "PayoutFailed", payoutRef: ref, outcome }
    }
    case "dispute.opened":
      return dispute(id, "DisputeOpened", ref, object)
    case "dispute.won":
      return dispute(id, "DisputeWon", ref, object)
    case "dispute.lost":
      return dispute(id, "DisputeLost", ref, object)
  }
}

function dispute(
  id: string,
  kind: "DisputeOpened" | "DisputeWon" | "DisputeLost",
  chargeRef: string,
  object: Readonly<Record<string, unknown>>,
): ProcessorEvent | null {
  const amount = textAt(object, "amount_minor")
  const currency = currencyAt(objectAt(object, "state"))
  if (amount === null || !/^\d{1,18}$/.test(amount) || currency === null) return null
  const money = { amountMinor: minor(BigInt(amount)), currency }
  return { id, kind, chargeRef, disputeRef: disputeRefOf(chargeRef), ...money }
}

export function currencyAt(state: Readonly<Record<string, unknown>>): Currency | null {
  const parsedCode = parseCurrency(textAt(state, "currency") ?? "")
  return parsedCode.ok ? parsedCode.value : null
}

type Json = Readonly<Record<string, unknown>>

function parsed(text: string): Json {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === "object" && value !== null ? (value as Json) : {}
  } catch {
    return {}
  }
}

function textAt(json: Json, name: string): string | null {
  const value = json[name]
  return typeof value === "string" ? value : null
}

function objectAt(json: Json, name: string): Json {
  const value = json[name]
  return typeof value === "object" && value !== null ? (value as Json) : {}
}

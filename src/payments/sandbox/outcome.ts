// A charge, a refund or a payout of the sandbox in our words.

import { isHardDecline } from "../declines.ts"
import type { ChargeOutcome, RefundOutcome } from "../port.ts"
import { messageOf } from "./behaviour.ts"
import type { SandboxObject } from "./store.ts"

export function outcomeOf({
  ref,
  status,
  state,
}: Pick<SandboxObject, "ref" | "status" | "state">): ChargeOutcome {
  switch (status) {
    case "Succeeded":
    case "Pending":
      return { status, ref }
    case "RequiresAction":
      return { status, ref, actionUrl: String(state["actionUrl"]) }
    case "Cancelled":
      return { status: "Failed", ref, code: "canceled", message: messageOf("canceled"), isHard: false }
    default: {
      const code = String(state["code"])
      return { status: "Failed", ref, code, message: messageOf(code), isHard: isHardDecline(code) }
    }
  }
}

/** Of a refund or a payout. */
export function givenOutcome({
  ref,
  status,
  state,
}: Pick<SandboxObject, "ref" | "status" | "state">): RefundOutcome {
  if (status === "Succeeded" || status === "Pending") return { status, ref }
  const code = typeof state["code"] === "string" ? state["code"] : "refund_failed"
  const failed = { status: "Failed", ref, code, message: messageOf(code) } as const
  return isHardDecline(code) ? { ...failed, isHard: true } : failed
}

/** The same key with another amount is a fault of the caller, as it is at Stripe: nobody may take it for an answer. */
export function same<T extends Pick<SandboxObject, "amountMinor">>(
  found: T,
  amountMinor: SandboxObject["amountMinor"],
): T {
  if (found.amountMinor === amountMinor) return found
  throw new Error("This key was used for another amount.")
}

// A charge of the sandbox in our words.

import { isHardDecline } from "../declines.ts"
import type { ChargeOutcome } from "../port.ts"
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
    default: {
      const code = String(state["code"])
      return { status: "Failed", ref, code, message: messageOf(code), isHard: isHardDecline(code) }
    }
  }
}

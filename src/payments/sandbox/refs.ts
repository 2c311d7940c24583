// Names of what the sandbox makes. They derive from the key of the request, so that the same request, also two of it at
// once, finds what it made before.

import { sha256Hex } from "../../runtime/hash.ts"
import type { SandboxKind } from "./store.ts"

type Named = SandboxKind | "Customer"

const PREFIX: Readonly<Record<Named, string>> = {
  Customer: "cus",
  Method: "pm",
  Charge: "ch",
  Refund: "re",
  Payout: "po",
  Event: "evt",
  Webhook: "we",
}

const DIGEST_CHARACTERS = 24

export async function refOf(kind: Named, tenantId: string, key: string): Promise<string> {
  const digest = await sha256Hex(`${tenantId}\n${kind}\n${key}`)
  return `${PREFIX[kind]}_sbx_${digest.slice(0, DIGEST_CHARACTERS)}`
}

const DISPUTE = "dp_"

/** A charge has one dispute at most, which is named after it. */
export function disputeRefOf(chargeRef: string): string {
  return DISPUTE + chargeRef
}

export function chargeOfDispute(disputeRef: string): string {
  return disputeRef.slice(DISPUTE.length)
}

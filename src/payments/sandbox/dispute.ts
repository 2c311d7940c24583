// Disputes of the sandbox: a charge has one at most, and what was told of it last is how it stands.

import type { DisputeStatus } from "../../domain/payment.ts"
import type { FoundDispute } from "../port.ts"
import type { SandboxConfig } from "./config.ts"
import type { SandboxEventType } from "./events.ts"
import { currencyAt, TOLD, typeOf } from "./events.ts"
import { chargeOfDispute } from "./refs.ts"

const STATUSES: Readonly<Partial<Record<SandboxEventType, DisputeStatus>>> = {
  "dispute.opened": "Open",
  "dispute.won": "Won",
  "dispute.lost": "Lost",
}

export async function readDispute(
  { store }: SandboxConfig,
  disputeRef: string,
): Promise<FoundDispute | null> {
  const chargeRef = chargeOfDispute(disputeRef)
  const charge = await store.find(chargeRef)
  const currency = charge === null ? null : currencyAt(charge.state)
  if (charge === null || charge.amountMinor === null || currency === null) return null
  const told = (await store.about(chargeRef)).filter(({ status }) => status === TOLD)
  const statuses = told.map((event) => {
    const type = typeOf(event)
    return type === null ? undefined : STATUSES[type]
  })
  const status = statuses.findLast((one) => one !== undefined)
  return status === undefined ? null : { status, amountMinor: charge.amountMinor, currency }
}

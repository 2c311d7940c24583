// Disputes at Stripe.

import type Stripe from "stripe"
import type { DisputeStatus } from "../../domain/payment.ts"
import type { FoundDispute } from "../port.ts"
import { asKnown } from "./account.ts"
import { moneyOf } from "./amount.ts"
import { refusalOf } from "./outcome.ts"

/** Inquiries (`warning_…`) and claims that were prevented take no money: only what an inquiry becomes is a dispute. */
const STATUSES: Readonly<Partial<Record<Stripe.Dispute.Status, DisputeStatus>>> = {
  needs_response: "Open",
  under_review: "Open",
  won: "Won",
  lost: "Lost",
}

export function disputeFrom(dispute: Stripe.Dispute): FoundDispute | null {
  const status = STATUSES[dispute.status]
  const money = moneyOf(dispute)
  return status === undefined || money === null ? null : { ...money, status }
}

export async function readDispute(client: Stripe, disputeRef: string): Promise<FoundDispute | null> {
  try {
    return disputeFrom(await asKnown(() => client.disputes.retrieve(disputeRef)))
  } catch (error) {
    if (refusalOf(error)?.code !== "resource_missing") throw error
    return null
  }
}

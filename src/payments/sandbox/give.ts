// What the sandbox gives back or pays out, once for each key.

import { parseCurrency } from "../../domain/currency.ts"
import { minor } from "../../domain/money.ts"
import type { FoundRefund, PayoutOutcome, PayoutRequest, RefundOutcome, RefundRequest } from "../port.ts"
import type { Behaviour } from "./behaviour.ts"
import { behaviourOf, messageOf } from "./behaviour.ts"
import { methodOf, nameOf } from "./charge.ts"
import type { SandboxConfig } from "./config.ts"
import { MISSING, SETTLES_AFTER_MS } from "./config.ts"
import { eventOf } from "./events.ts"
import { givenOutcome, same } from "./outcome.ts"
import { refOf } from "./refs.ts"
import type { LaterEvent, SandboxObject } from "./store.ts"
import { objectOf } from "./store.ts"

export async function refund(config: SandboxConfig, request: RefundRequest): Promise<RefundOutcome> {
  const { tenantId, store } = config
  const { key, chargeRef, amountMinor, currency } = request
  const ref = await refOf("Refund", tenantId, key)
  const before = await store.find(ref)
  if (before !== null) return givenOutcome(same(before, amountMinor))
  const charged = await store.find(chargeRef)
  if (
    charged?.kind !== "Charge" ||
    charged.status !== "Succeeded" ||
    charged.state["currency"] !== currency
  ) {
    return refused(MISSING, "There is no such charge that has succeeded in this currency.")
  }
  const plan = behaviourOf(await nameOf(config, charged))?.refund ?? "Succeeds"
  const status = plan === "Pending" ? "Pending" : "Succeeded"
  const made = objectOf("Refund", ref, key, { parent: chargeRef, amountMinor, status, state: { currency } })
  await store.keepRefund(made, charged.amountMinor ?? amountMinor, refundEvents(made, plan))
  const kept = await store.find(ref)
  return kept === null
    ? refused("charge_already_refunded", "The refunds would come to more than the charge.")
    : givenOutcome(kept)
}

function refundEvents(made: SandboxObject, plan: Behaviour["refund"]): LaterEvent[] {
  if (plan === "Succeeds") return []
  return [eventOf(plan === "Fails" ? "refund.failed" : "refund.succeeded", made, SETTLES_AFTER_MS)]
}

/** A method that can't be charged can't be paid to either, and one that settles later does so both ways: its name says it. */
export async function payout(config: SandboxConfig, request: PayoutRequest): Promise<PayoutOutcome> {
  const { tenantId, store } = config
  const { key, methodRef, amountMinor, currency } = request
  const ref = await refOf("Payout", tenantId, key)
  const plan = (await methodOf(config, request))?.charge
  const code = plan === undefined ? MISSING : plan.is === "Declines" ? plan.code : null
  const settles = plan?.is === "Settles" ? plan : null
  const status = code !== null ? "Failed" : settles === null ? "Succeeded" : "Pending"
  const failsWith = code ?? settles?.failsWith ?? null
  const descriptor = request.statementDescriptor ?? null
  const state = {
    currency,
    statement_descriptor: descriptor,
    ...(failsWith === null ? {} : { code: failsWith }),
  }
  const made = objectOf("Payout", ref, key, { parent: methodRef, amountMinor, status, state })
  await store.keep(made, settles === null ? [] : [laterOf(made, settles.failsWith)])
  const kept = await store.find(ref)
  return kept === null ? refused(MISSING, messageOf(MISSING)) : givenOutcome(same(kept, amountMinor))
}

function laterOf(made: SandboxObject, failsWith: string | null): LaterEvent {
  return eventOf(failsWith === null ? "payout.succeeded" : "payout.failed", made, SETTLES_AFTER_MS)
}

/** Null: it never arrived, or was refused, which leaves nothing. */
export async function findGiven(
  { tenantId, store }: SandboxConfig,
  kind: "Refund" | "Payout",
  key: string,
): Promise<RefundOutcome | null> {
  const found = await store.find(await refOf(kind, tenantId, key))
  return found === null ? null : givenOutcome(found)
}

/** What is kept of a refund that nobody has asked for here. */
const ELSEWHERE = { made: "elsewhere" } as const

export async function refundsOf(
  { store }: SandboxConfig,
  chargeRef: string,
): Promise<readonly FoundRefund[]> {
  const refunds = await store.childrenOf("Refund", chargeRef)
  return refunds.flatMap((kept) => {
    const { ref, key, amountMinor, state } = kept
    const currency = parseCurrency(String(state["currency"]))
    if (amountMinor === null || !currency.ok) return []
    const outcome = { ...givenOutcome(kept), ref }
    return [
      { key: state["made"] === ELSEWHERE.made ? null : key, amountMinor, currency: currency.value, outcome },
    ]
  })
}

/** As if somebody had given half of a charge back on the processor's own site: once, and under no key of ours. */
export async function refundElsewhere(
  { tenantId, store }: SandboxConfig,
  { ref: chargeRef, amountMinor, state }: SandboxObject,
): Promise<void> {
  const half = minor((amountMinor ?? 0n) / 2n)
  if (half === 0n) return
  const key = `elsewhere:${chargeRef}`
  const made = objectOf("Refund", await refOf("Refund", tenantId, key), key, {
    parent: chargeRef,
    amountMinor: half,
    status: "Succeeded",
    state: { currency: state["currency"], ...ELSEWHERE },
  })
  await store.keepRefund(made, amountMinor ?? half, [])
}

function refused(code: string, message: string): RefundOutcome {
  return { status: "Failed", ref: null, code, message }
}

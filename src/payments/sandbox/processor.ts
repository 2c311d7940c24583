// The embedded processor: no money, no network, and every way in which a payment can go, chosen by the method's name.
// Law: the same key is the same request, whatever became of its answer.

import { err, ok } from "../../domain/result.ts"
import { limits } from "../../limits.ts"
import { hmacHex } from "../../runtime/hmac.ts"
import type {
  ChargeOutcome,
  ChargeRequest,
  PayoutRequest,
  Processor,
  RefundOutcome,
  RefundRequest,
} from "../port.ts"
import type { Behaviour } from "./behaviour.ts"
import { behaviourOf, messageOf } from "./behaviour.ts"
import { eventOf, readBody } from "./events.ts"
import { outcomeOf } from "./outcome.ts"
import { refOf } from "./refs.ts"
import { SIGNATURE_HEADER, signatureFault } from "./signature.ts"
import type { LaterEvent, SandboxKind, SandboxObject, SandboxStore } from "./store.ts"

export type SandboxConfig = {
  readonly tenantId: string
  readonly store: SandboxStore
  /** Of this tenant alone: it signs events and links. */
  readonly secret: () => Promise<string>
  /** Where customers reach this worker. */
  readonly publicUrl: string
}

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** When the sandbox tells what it did not know at once. */
const SETTLES_AFTER_MS = HOUR_MS
const DISPUTED_AFTER_MS = DAY_MS
const DECIDED_AFTER_MS = 8 * DAY_MS

const MISSING = "resource_missing"

export function sandboxProcessor(config: SandboxConfig): Processor {
  const { tenantId, store } = config
  return {
    name: "sandbox",
    capabilities: { refunds: true, payouts: true, webhooks: true, offSession: true },

    // Nothing has to be remembered of customers: their names derive from their keys, and methods know whose they are.
    createCustomer: async ({ key }) => ({ ref: await refOf("Customer", tenantId, key) }),

    async attachMethod({ key, customerRef, methodRef }) {
      const behaviour = behaviourOf(methodRef)
      if (behaviour === null) return err({ code: MISSING, message: messageOf(MISSING) })
      const ref = await refOf("Method", tenantId, key)
      const state = { name: methodRef }
      await store.keep(object("Method", ref, key, { parent: customerRef, status: "Attached", state }), [])
      const { brand, last4 } = behaviour
      return ok({ ref, kind: "Card", brand, last4, expiresOn: limits.sandboxCardExpiresOn })
    },

    detachMethod: (methodRef) => store.move(methodRef, "Attached", "Detached"),
    charge: (request) => charge(config, request),

    async findCharge(key) {
      const found = await store.find(await refOf("Charge", tenantId, key))
      return found === null ? null : outcomeOf(found)
    },

    refund: (request) => refund(config, request),
    payout: (request) => payout(config, request),

    async readWebhook(rawBody, headers, now) {
      const fault = await signatureFault(rawBody, headers.get(SIGNATURE_HEADER), await config.secret(), now)
      return fault === null ? readBody(rawBody) : err(fault)
    },
  }
}

async function charge(config: SandboxConfig, request: ChargeRequest): Promise<ChargeOutcome> {
  const { tenantId, store } = config
  const { key, methodRef, amountMinor, currency } = request
  const ref = await refOf("Charge", tenantId, key)
  const before = await store.find(ref)
  if (before !== null) return outcomeOf(same(before, request.amountMinor))
  const behaviour = await methodOf(config, request)
  const { status, state } = await decide(config, ref, methodRef, behaviour)
  const made = object("Charge", ref, key, {
    parent: methodRef,
    amountMinor,
    status,
    state: { ...state, currency, description: request.description },
  })
  const isNew = await store.keep(made, laterOf(made, behaviour))
  const plan = behaviour?.charge
  if (isNew && plan?.is === "Succeeds" && plan.isAnswerLost === true) {
    throw new Error("The sandbox lost its answer on the way.")
  }
  // Another request under this key may have been quicker.
  return outcomeOf(isNew ? made : same((await store.find(ref)) ?? made, amountMinor))
}

/** How a method behaves; null: it is not there, or not this customer's. A test name needs no attaching. */
async function methodOf(
  { store }: SandboxConfig,
  { methodRef, customerRef }: Pick<ChargeRequest, "methodRef" | "customerRef">,
): Promise<Behaviour | null> {
  const attached = await store.find(methodRef)
  if (attached === null) return behaviourOf(methodRef)
  const isTheirs = attached.kind === "Method" && attached.parent === customerRef
  return isTheirs && attached.status === "Attached" ? behaviourOf(String(attached.state["name"])) : null
}

type Decision = { readonly status: string; readonly state: Readonly<Record<string, unknown>> }

async function decide(
  config: SandboxConfig,
  ref: string,
  methodRef: string,
  behaviour: Behaviour | null,
): Promise<Decision> {
  if (behaviour === null) return { status: "Failed", state: { code: MISSING } }
  const plan = behaviour.charge
  switch (plan.is) {
    case "Succeeds":
      return { status: "Succeeded", state: {} }
    case "Declines": {
      const { code, times } = plan
      const declined = times === undefined ? 0 : await config.store.count("Charge", methodRef, "Failed")
      return times === undefined || declined < times
        ? { status: "Failed", state: { code } }
        : { status: "Succeeded", state: {} }
    }
    case "Settles":
      return { status: "Pending", state: plan.failsWith === null ? {} : { code: plan.failsWith } }
    case "AsksCustomer":
      return {
        status: "RequiresAction",
        state: { actionUrl: await actionUrl(config, ref), code: "authentication_failed" },
      }
  }
}

/** The link alone permits to answer: it can't be guessed, and it answers one charge. */
async function actionUrl(config: SandboxConfig, ref: string): Promise<string> {
  const query = new URLSearchParams({
    tenant: config.tenantId,
    charge: ref,
    token: await answerToken(config, ref),
  })
  return `${config.publicUrl}/v1/sandbox/approve?${query.toString()}`
}

export async function answerToken({ secret }: Pick<SandboxConfig, "secret">, ref: string): Promise<string> {
  return hmacHex(await secret(), `answer:${ref}`)
}

function laterOf(made: SandboxObject, behaviour: Behaviour | null): LaterEvent[] {
  const plan = behaviour?.charge
  if (made.status === "Pending" && plan?.is === "Settles") {
    return [eventOf(plan.failsWith === null ? "charge.succeeded" : "charge.failed", made, SETTLES_AFTER_MS)]
  }
  if (plan?.is !== "Succeeds" || plan.disputed === undefined) return []
  const opened = eventOf("dispute.opened", made, DISPUTED_AFTER_MS)
  if (plan.disputed === "Open") return [opened]
  return [opened, eventOf(plan.disputed === "Won" ? "dispute.won" : "dispute.lost", made, DECIDED_AFTER_MS)]
}

async function refund(config: SandboxConfig, request: RefundRequest): Promise<RefundOutcome> {
  const { tenantId, store } = config
  const { key, chargeRef, amountMinor, currency } = request
  const ref = await refOf("Refund", tenantId, key)
  const before = await store.find(ref)
  if (before !== null) return refundOutcome(same(before, amountMinor))
  const charged = await store.find(chargeRef)
  if (
    charged?.kind !== "Charge" ||
    charged.status !== "Succeeded" ||
    charged.state["currency"] !== currency
  ) {
    return refused(MISSING, "There is no such charge that has succeeded in this currency.")
  }
  const plan = behaviourOf(await nameOf(store, charged))?.refund ?? "Succeeds"
  const status = plan === "Pending" ? "Pending" : "Succeeded"
  const made = object("Refund", ref, key, { parent: chargeRef, amountMinor, status, state: { currency } })
  await store.keepRefund(made, charged.amountMinor ?? amountMinor, refundEvents(made, plan))
  const kept = await store.find(ref)
  return kept === null
    ? refused("charge_already_refunded", "The refunds would come to more than the charge.")
    : refundOutcome(kept)
}

function refundEvents(made: SandboxObject, plan: Behaviour["refund"]): LaterEvent[] {
  if (plan === "Succeeds") return []
  return [eventOf(plan === "Fails" ? "refund.failed" : "refund.succeeded", made, SETTLES_AFTER_MS)]
}

/** The test name behind a charge. */
async function nameOf(store: SandboxStore, { parent }: SandboxObject): Promise<string> {
  const method = await store.find(parent ?? "")
  return method === null ? (parent ?? "") : String(method.state["name"])
}

async function payout(config: SandboxConfig, request: PayoutRequest): Promise<RefundOutcome> {
  const { tenantId, store } = config
  const { key, methodRef, amountMinor, currency } = request
  const ref = await refOf("Payout", tenantId, key)
  const plan = (await methodOf(config, request))?.charge
  // A method that can't be charged can't be paid to either: the name says what goes wrong.
  const code = plan === undefined ? MISSING : plan.is === "Declines" ? plan.code : null
  const status = code === null ? "Succeeded" : "Failed"
  const state = code === null ? { currency } : { currency, code }
  await store.keep(object("Payout", ref, key, { parent: methodRef, amountMinor, status, state }), [])
  const kept = await store.find(ref)
  return kept === null ? refused(MISSING, messageOf(MISSING)) : refundOutcome(same(kept, amountMinor))
}

function refundOutcome({ ref, status, state }: SandboxObject): RefundOutcome {
  if (status === "Succeeded" || status === "Pending") return { status, ref }
  const code = typeof state["code"] === "string" ? state["code"] : "refund_failed"
  return { status: "Failed", ref, code, message: messageOf(code) }
}

function refused(code: string, message: string): RefundOutcome {
  return { status: "Failed", ref: null, code, message }
}

/** The same key with another amount is a fault of the caller, as it is at Stripe: nobody may take it for an answer. */
function same(found: SandboxObject, amountMinor: SandboxObject["amountMinor"]): SandboxObject {
  if (found.amountMinor === amountMinor) return found
  throw new Error("This key was used for another amount.")
}

function object(
  kind: SandboxKind,
  ref: string,
  key: string,
  rest: Pick<SandboxObject, "status" | "state"> & Partial<Pick<SandboxObject, "parent" | "amountMinor">>,
): SandboxObject {
  return { parent: null, amountMinor: null, ...rest, kind, ref, key }
}

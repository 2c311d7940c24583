// Charges of the sandbox: the method's name decides, once for each key.

import { hmacHex } from "../../runtime/hmac.ts"
import type { ChargeOutcome, ChargeRequest } from "../port.ts"
import type { Behaviour } from "./behaviour.ts"
import { behaviourOf } from "./behaviour.ts"
import type { SandboxConfig } from "./config.ts"
import { DAY_MS, MISSING, SETTLES_AFTER_MS } from "./config.ts"
import { eventOf } from "./events.ts"
import { outcomeOf, same } from "./outcome.ts"
import { refOf } from "./refs.ts"
import type { LaterEvent, SandboxObject } from "./store.ts"
import { objectOf } from "./store.ts"

const DISPUTED_AFTER_MS = DAY_MS
const DECIDED_AFTER_MS = 8 * DAY_MS

export async function charge(config: SandboxConfig, request: ChargeRequest): Promise<ChargeOutcome> {
  const { tenantId, store } = config
  const { key, methodRef, amountMinor } = request
  const ref = await refOf("Charge", tenantId, key)
  const before = await store.find(ref)
  if (before !== null) return outcomeOf(same(before, amountMinor))
  const behaviour = await methodOf(config, request)
  const decision = await decide(config, ref, methodRef, behaviour)
  const made = newCharge(ref, request, decision)
  const isNew = await store.keep(made, laterOf(made, behaviour))
  const plan = behaviour?.charge
  if (isNew && plan?.is === "Succeeds" && plan.isAnswerLost === true) {
    throw new Error("The sandbox lost its answer on the way.")
  }
  // Another request under this key may have been quicker.
  return outcomeOf(isNew ? made : same((await store.find(ref)) ?? made, amountMinor))
}

function newCharge(ref: string, request: ChargeRequest, { status, state }: Decision): SandboxObject {
  const { key, methodRef, amountMinor, currency, description } = request
  const descriptor = request.statementDescriptor ?? null
  return objectOf("Charge", ref, key, {
    parent: methodRef,
    amountMinor,
    status,
    state: { ...state, currency, description, statement_descriptor: descriptor },
  })
}

/** How a method behaves; null: it is not there, or not this customer's. A test name needs no attaching. */
export async function methodOf(
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
  if (plan?.is !== "Succeeds") return []
  if (plan.isRefundedElsewhere === true) return [eventOf("charge.refunded", made, DAY_MS)]
  if (plan.disputed === undefined) return []
  const opened = eventOf("dispute.opened", made, DISPUTED_AFTER_MS)
  if (plan.disputed === "Open") return [opened]
  return [opened, eventOf(plan.disputed === "Won" ? "dispute.won" : "dispute.lost", made, DECIDED_AFTER_MS)]
}

/** Only what waits for its customer can be called off; what settles by itself is on its way. */
export async function cancelCharge({ store }: SandboxConfig, chargeRef: string): Promise<ChargeOutcome> {
  await store.move(chargeRef, "RequiresAction", "Cancelled")
  const charged = await store.find(chargeRef)
  if (charged?.kind !== "Charge") throw new Error("There is no such charge to be called off.")
  return outcomeOf(charged)
}

/** The test name behind a charge. */
export async function nameOf(
  { store }: SandboxConfig,
  { parent }: Pick<SandboxObject, "parent">,
): Promise<string> {
  const method = await store.find(parent ?? "")
  return method === null ? (parent ?? "") : String(method.state["name"])
}

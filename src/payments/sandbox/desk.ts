// What would happen at a processor's own site: it sends its events, and a customer answers on its page.
// Law: an event comes in through the door that is open to everybody, and is taken only for its signature.

import { parseCurrency } from "../../domain/currency.ts"
import type { Instant } from "../../domain/time.ts"
import { limits } from "../../limits.ts"
import { sameSecret } from "../../runtime/hash.ts"
import type { SandboxDesk } from "../port.ts"
import { answerToken } from "./charge.ts"
import type { SandboxConfig } from "./config.ts"
import { bodyOf, eventOf, statusAfter, TOLD, typeOf } from "./events.ts"
import { refundElsewhere } from "./give.ts"
import { SIGNATURE_HEADER, signatureOf } from "./signature.ts"
import type { SandboxObject } from "./store.ts"

export type DeskConfig = SandboxConfig & {
  readonly wallNow: () => Instant
  /** Calls this worker as anybody would. */
  readonly call: (request: Request) => Promise<Response>
}

export function sandboxDesk(config: DeskConfig): SandboxDesk {
  const { store } = config
  return {
    async deliver(eventRef) {
      const event = await store.find(eventRef)
      if (event !== null) await tell(config, event)
    },

    async show(chargeRef, token) {
      if (!(await isLink(config, chargeRef, token))) return null
      const charge = await store.find(chargeRef)
      const currency = parseCurrency(String(charge?.state["currency"]))
      if (charge === null || charge.amountMinor === null || !currency.ok) return null
      const { amountMinor, status, state } = charge
      const description = String(state["description"])
      return { amountMinor, currency: currency.value, description, isOpen: status === "RequiresAction" }
    },

    async answer(chargeRef, token, isApproved) {
      if (!(await isLink(config, chargeRef, token))) return false
      const charge = await store.find(chargeRef)
      const status = isApproved ? "Succeeded" : "Failed"
      // Who answers the same again has lost our answer: the event is told again under its own name.
      if (charge === null || (charge.status !== "RequiresAction" && charge.status !== status)) return false
      const { event } = eventOf(isApproved ? "charge.succeeded" : "charge.failed", charge, 0)
      await store.keep(event, [])
      await tell(config, event)
      return true
    },
  }
}

async function isLink(config: DeskConfig, chargeRef: string, token: string): Promise<boolean> {
  return sameSecret(token, await answerToken(config, chargeRef))
}

/** The statuses that an event may find its object in. A refund that fails had succeeded before. */
const OPEN = ["Pending", "RequiresAction"]

async function tell(config: DeskConfig, event: SandboxObject): Promise<void> {
  const { store, tenantId, secret } = config
  const type = typeOf(event)
  const after = type === null ? null : statusAfter(type)
  const ref = event.parent ?? ""
  if (after !== null) {
    for (const from of type === "refund.failed" ? [...OPEN, "Succeeded"] : OPEN)
      await store.move(ref, from, after)
  }
  const about = await store.find(ref)
  if (type === null || about === null) return
  if (type === "charge.refunded") await refundElsewhere(config, about)
  await store.move(event.ref, event.status, TOLD)
  const body = bodyOf(event.ref, type, about)
  const headers = {
    "Content-Type": "application/json",
    [SIGNATURE_HEADER]: await signatureOf(body, await secret(), config.wallNow()),
  }
  const own = `${config.publicUrl}/v1/webhooks/sandbox?tenant=${tenantId}`
  const others = await store.list("Webhook", limits.sandboxWebhooks)
  await post(config, new Request(own, { method: "POST", headers, body }), isTaken)
  for (const { state } of others) {
    await post(config, new Request(String(state["url"]), { method: "POST", headers, body }), isAnswered)
  }
}

const isTaken = ({ ok }: Response) => ok
/** Who refuses an event is not asked to take it for ever. */
const isAnswered = ({ status }: Response) => status < 500

async function post(
  { call }: DeskConfig,
  request: Request,
  isDone: (answer: Response) => boolean,
): Promise<void> {
  const answer = await call(request)
  if (!isDone(answer))
    throw new Error(`The sandbox's event was not taken: ${answer.status} ${await answer.text()}`)
  await answer.body?.cancel()
}

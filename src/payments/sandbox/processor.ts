// The embedded processor: no money, no network, and every way in which a payment can go, chosen by the method's name.
// Law: the same key is the same request, whatever became of its answer.

import { err, ok } from "../../domain/result.ts"
import { limits } from "../../limits.ts"
import type { FetchedEvent, Processor } from "../port.ts"
import { behaviourOf, isCustomer, kindOf, messageOf } from "./behaviour.ts"
import { cancelCharge, charge } from "./charge.ts"
import type { SandboxConfig } from "./config.ts"
import { MISSING } from "./config.ts"
import { bodyOf, readBody, TOLD, typeOf } from "./events.ts"
import { readDispute } from "./dispute.ts"
import { findGiven, payout, refund, refundsOf } from "./give.ts"
import { outcomeOf } from "./outcome.ts"
import { refOf } from "./refs.ts"
import { SIGNATURE_HEADER, signatureFault } from "./signature.ts"
import { objectOf } from "./store.ts"

/** A tenant has one sandbox, for ever. */
const ACCOUNT = "sandbox"

export function sandboxProcessor(config: SandboxConfig): Processor {
  const { tenantId, store } = config
  return {
    name: "sandbox",
    capabilities: { refunds: true, payouts: true, webhooks: true, offSession: true },
    accountRef: async () => ACCOUNT,

    // Nothing has to be remembered of customers: their names derive from their keys, and methods know whose they are.
    createCustomer: async ({ key }) => ({ ref: await refOf("Customer", tenantId, key) }),
    customerExists: async (customerRef) => isCustomer(customerRef),

    attachMethod: (request) => attach(config, request),
    detachMethod: (methodRef) => store.move(methodRef, "Attached", "Detached"),

    async methodExists(methodRef) {
      const attached = await store.find(methodRef)
      if (attached === null) return behaviourOf(methodRef) !== null
      return attached.kind === "Method" && attached.status === "Attached"
    },

    // Its names are typed in where Stripe would show its page.
    createSetup: async () => err({ code: "no_page", message: "The sandbox has no page of its own." }),
    findSetup: async () => null,

    charge: (request) => charge(config, request),
    cancelCharge: (chargeRef) => cancelCharge(config, chargeRef),

    async findCharge(key) {
      const found = await store.find(await refOf("Charge", tenantId, key))
      return found === null ? null : outcomeOf(found)
    },

    refund: (request) => refund(config, request),
    findRefund: (key) => findGiven(config, "Refund", key),
    refundsOf: (chargeRef) => refundsOf(config, chargeRef),
    readDispute: (disputeRef) => readDispute(config, disputeRef),
    payout: (request) => payout(config, request),
    findPayout: (key) => findGiven(config, "Payout", key),

    async readWebhook(rawBody, headers, now) {
      const fault = await signatureFault(rawBody, headers.get(SIGNATURE_HEADER), await config.secret(), now)
      return fault === null ? readBody(rawBody) : err(fault)
    },

    readEvent: (eventId) => readEvent(config, eventId),
    tenantOf: async () => tenantId,

    async registerWebhook({ key, url }) {
      const ref = await refOf("Webhook", tenantId, key)
      await store.keep(objectOf("Webhook", ref, key, { status: "Active", state: { url } }), [])
      return { ref, secret: null }
    },
  }
}

async function attach(
  { tenantId, store }: SandboxConfig,
  { key, customerRef, methodRef }: Parameters<Processor["attachMethod"]>[0],
): ReturnType<Processor["attachMethod"]> {
  if (!isCustomer(customerRef)) {
    return err({ code: "customer_missing", message: "The sandbox does not know this customer." })
  }
  const behaviour = behaviourOf(methodRef)
  if (behaviour === null) return err({ code: MISSING, message: messageOf(MISSING) })
  const ref = await refOf("Method", tenantId, key)
  const state = { name: methodRef }
  await store.keep(objectOf("Method", ref, key, { parent: customerRef, status: "Attached", state }), [])
  const { brand, last4 } = behaviour
  const kind = kindOf(methodRef)
  if (kind === "BankAccount") return ok({ ref, kind, brand: null, last4, expiresOn: null })
  return ok({ ref, kind, brand, last4, expiresOn: limits.sandboxCardExpiresOn })
}

/** What has not happened yet can't be read. */
async function readEvent({ store }: SandboxConfig, eventId: string): Promise<FetchedEvent | null> {
  const kept = await store.find(eventId)
  const type = kept?.kind === "Event" && kept.status === TOLD ? typeOf(kept) : null
  if (kept === null || kept.at === null || type === null) return null
  const about = await store.find(kept.parent ?? "")
  const read = about === null ? null : readBody(bodyOf(eventId, type, about))
  const event = read?.ok === true ? read.value[0] : undefined
  return about === null || event === undefined ? null : { event, key: about.key, occurredAt: kept.at }
}

// The sandbox keeps what every processor promises, in the real database.

import { env } from "cloudflare:workers"
import { openDatabase } from "../../src/db/database.ts"
import { sandboxStore } from "../../src/db/sandbox.ts"
import type { Instant } from "../../src/domain/time.ts"
import { instant } from "../../src/domain/time.ts"
import { sandboxDesk } from "../../src/payments/sandbox/desk.ts"
import { sandboxProcessor } from "../../src/payments/sandbox/processor.ts"
import { newId } from "../../src/runtime/ids.ts"
import { newTenant } from "../support/client.ts"
import type { Party, WebhookCall } from "./contract.ts"
import { contractOf } from "./contract.ts"

const NOW = instant(Date.parse("2026-03-01T12:00:00Z"))
const CHARGED =
  "SELECT count(*) AS rows FROM sandbox_objects WHERE kind = 'Charge' AND key = ? AND status = 'Succeeded'"
const EVENTS = "SELECT ref FROM sandbox_objects WHERE kind = 'Event' AND parent = ?"

async function partyOf(): Promise<Party> {
  const { id: tenantId } = await newTenant("test")
  const store = sandboxStore(openDatabase(env.DB), tenantId, { wallNow: () => NOW, newId })
  const config = { tenantId, store, secret: async () => "a secret", publicUrl: "https://pay.test" }
  return {
    processor: sandboxProcessor(config),
    now: NOW,
    methods: {
      good: "pm_card_visa",
      declinesLater: "pm_card_chargeDeclined",
      insufficientFunds: "pm_card_chargeDeclinedInsufficientFunds",
      stolen: "pm_card_chargeDeclinedStolenCard",
      authentication: "pm_card_authenticationRequired",
      pending: "pm_card_pendingThenSucceeds",
      disputed: "pm_card_createDispute",
      unknown: "pm_card_nonsense",
      payoutTo: async (attached) => attached,
    },
    timesCharged: async (key) =>
      (await env.DB.prepare(CHARGED).bind(key).first<{ rows: number }>())?.rows ?? 0,
    async nextCall(chargeRef: string, at: Instant): Promise<WebhookCall> {
      let caught: WebhookCall | null = null
      const call = async (request: Request) => {
        caught = { body: await request.text(), headers: request.headers }
        return new Response()
      }
      const event = await env.DB.prepare(EVENTS).bind(chargeRef).first<{ ref: string }>()
      await sandboxDesk({ ...config, wallNow: () => at, call }).deliver(event?.ref ?? "")
      if (caught === null) throw new Error("The sandbox told nothing.")
      return caught
    },
    loseNextAnswer: null,
  }
}

contractOf("sandbox", partyOf)

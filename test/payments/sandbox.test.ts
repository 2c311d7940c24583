// The sandbox keeps what every processor promises, in the real database.

import { env } from "cloudflare:workers"
import { expect, test } from "vitest"
import { openDatabase } from "../../src/db/database.ts"
import { sandboxStore } from "../../src/db/sandbox.ts"
import type { Currency } from "../../src/domain/currency.ts"
import { minor } from "../../src/domain/money.ts"
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

async function configOf() {
  const { id: tenantId } = await newTenant("test")
  const store = sandboxStore(openDatabase(env.DB), tenantId, { wallNow: () => NOW, newId })
  return { tenantId, store, secret: async () => "a secret", publicUrl: "https://pay.test" }
}

async function partyOf(): Promise<Party> {
  const config = await configOf()
  const { tenantId } = config
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
      pendingRefund: "pm_card_pendingRefund",
      refundedElsewhere: "pm_card_refundedElsewhere",
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
    tenantId,
    unknownCustomer: "/v1/customers/CU-NOTEXIST",
    loseNextAnswer: null,
    forgetKeys: null,
  }
}

contractOf("sandbox", partyOf)

const NAMES = [
  "/v1/bank_accounts/BA1",
  "/v1/bank_accounts/BA-PENDING",
  "/v1/bank_accounts/BA-FAILED",
] as const
const USD = "USD" as Currency

async function paidOut(methodName: string) {
  const config = await configOf()
  const processor = sandboxProcessor(config)
  const customerRef = "/v1/customers/CU1"
  const attached = await processor.attachMethod({ key: newId(), customerRef, methodRef: methodName })
  if (!attached.ok) throw new Error(attached.error.message)
  const key = newId()
  const money = { amountMinor: minor(500n), currency: USD, description: "Earnings" }
  const outcome = await processor.payout({ key, customerRef, methodRef: attached.value.ref, ...money })
  return { config, processor, key, outcome, method: attached.value }
}

test("a payout goes as the name of its method says", async () => {
  const outcomes = await Promise.all(NAMES.map(async (name) => (await paidOut(name)).outcome))
  expect(outcomes).toMatchObject([
    { status: "Succeeded" },
    { status: "Pending" },
    { status: "Failed", code: "account_closed" },
  ])
  const { method } = await paidOut(NAMES[0])
  expect(method).toMatchObject({ kind: "BankAccount", brand: null, expiresOn: null })
})

test("a payout that settles later is told to our route, and to whoever is registered besides", async () => {
  const { config, processor, key, outcome } = await paidOut(NAMES[1])
  const url = "https://pay.test/v1/companies/CP1/callbacks/secret/"
  await processor.registerWebhook({ key: "company", url })
  const eventRef = `evt_${outcome.ref}_payout_succeeded`
  // It has not happened yet.
  expect(await processor.readEvent(eventRef)).toBeNull()
  const calls: { url: string; body: any }[] = []
  const call = async (request: Request) => {
    calls.push({ url: request.url, body: await request.json() })
    // The other one takes no event that it knows already, and is not asked again for it.
    return new Response(null, { status: request.url === url ? 400 : 200 })
  }
  await sandboxDesk({ ...config, wallNow: () => NOW, call }).deliver(eventRef)
  expect(calls.map((one) => [one.url, one.body.id, one.body.type])).toEqual([
    [`https://pay.test/v1/webhooks/sandbox?tenant=${config.tenantId}`, eventRef, "payout.succeeded"],
    [url, eventRef, "payout.succeeded"],
  ])
  const done = { status: "Succeeded", ref: outcome.ref }
  expect(await processor.findPayout(key)).toEqual(done)
  expect(await processor.readEvent(eventRef)).toEqual({
    event: { id: eventRef, kind: "PayoutSucceeded", payoutRef: outcome.ref, outcome: done },
    key,
    occurredAt: NOW + 3_600_000,
  })
})

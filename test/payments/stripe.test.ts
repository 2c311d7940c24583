// Stripe keeps what every processor promises: the adapter with the real package, against a fake of Stripe's API.

import { describe, expect, test } from "vitest"
import { instant } from "../../src/domain/time.ts"
import type { Instant } from "../../src/domain/time.ts"
import type { Currency } from "../../src/domain/currency.ts"
import { minor } from "../../src/domain/money.ts"
import { fromStripe, toStripe } from "../../src/payments/stripe/amount.ts"
import { stripeProcessor } from "../../src/payments/stripe/processor.ts"
import { FakeStripe, stripeCall } from "../support/fake-stripe.ts"
import type { Party } from "./contract.ts"
import { contractOf } from "./contract.ts"

const NOW = instant(Date.parse("2026-03-01T12:00:00Z"))
const SECRET = "whsec_for_tests"

function processorOn(fake: FakeStripe) {
  return stripeProcessor({
    account: async () => ({ secretKey: "sk_test_fake", webhookSecret: SECRET }),
    apiBase: "http://127.0.0.1:12111",
    publicUrl: "https://pay.test",
    fetch: fake.fetch,
  })
}

async function partyOf(): Promise<Party> {
  const fake = new FakeStripe()
  return {
    processor: processorOn(fake),
    now: NOW,
    methods: {
      good: "pm_card_visa",
      declinesLater: "pm_card_chargeCustomerFail",
      insufficientFunds: "pm_card_visa_chargeDeclinedInsufficientFunds",
      stolen: "pm_card_visa_chargeDeclinedStolenCard",
      authentication: "pm_card_authenticationRequired",
      pending: "pm_usBankAccount_success",
      disputed: "pm_card_createDispute",
      unknown: "pm_card_nonsense",
      payoutTo: async () => "acct_1",
    },
    timesCharged: async (key) =>
      [...fake.intents.values()].filter(
        ({ metadata, status }) => metadata.ledgerline_key === key && status === "succeeded",
      ).length,
    async nextCall(chargeRef: string, at: Instant) {
      const intent = fake.intents.get(chargeRef) ?? {}
      if (intent["status"] === "processing") {
        intent["status"] = "succeeded"
        return stripeCall("payment_intent.succeeded", intent, SECRET, at)
      }
      const dispute = {
        id: "dp_1",
        object: "dispute",
        status: "needs_response",
        payment_intent: chargeRef,
        amount: intent["amount"],
        currency: "usd",
      }
      return stripeCall("charge.dispute.created", dispute, SECRET, at)
    },
    loseNextAnswer: () => fake.loseNextAnswer(),
  }
}

contractOf("stripe", partyOf)

describe("requests", () => {
  test("go to the base that is set, with the pinned version and the key", async () => {
    const fake = new FakeStripe()
    await processorOn(fake).createCustomer({ key: "customer:1", name: "Acme", email: "a@acme.example" })
    const [request] = fake.requests
    expect([request?.origin, request?.path]).toEqual(["http://127.0.0.1:12111", "/v1/customers"])
    expect(request?.headers.get("Stripe-Version")).toBe("2026-10-28.endive")
    expect(request?.headers.get("Idempotency-Key")).toBe("customer:1")
    expect(request?.headers.get("Authorization")).toBe("Bearer sk_test_fake")
  })

  test("that are not served are unknown, not declined", async () => {
    const processor = stripeProcessor({
      account: async () => ({ secretKey: "sk_test_other", webhookSecret: null }),
      apiBase: null,
      publicUrl: "https://pay.test",
      fetch: async () => Response.json({ error: { type: "api_error", message: "Sorry." } }, { status: 500 }),
    })
    const asked = {
      key: "charge:1",
      customerRef: "cus_1",
      methodRef: "pm_1",
      amountMinor: minor(100n),
      currency: "USD" as Currency,
      description: "Invoice",
      metadata: {},
    }
    await expect(processor.charge(asked)).rejects.toThrow("Sorry.")
    await expect(processor.findCharge("charge:1")).rejects.toThrow("Sorry.")
    expect(await processor.readWebhook("{}", new Headers(), NOW)).toMatchObject({ ok: false })
  })
})

// By https://docs.stripe.com/currencies: what is charged, in our minor units, and what Stripe is told.
test.each<[currency: string, ours: bigint, stripe: number | null]>([
  ["USD", 1_000n, 1_000],
  ["JPY", 500n, 500],
  ["KWD", 5_120n, 5_120],
  ["KWD", 5_124n, null],
  ["ISK", 5n, 500],
  ["MGA", 500n, 5],
  ["MGA", 501n, null],
  ["HUF", 1_045n, 1_045],
  ["UGX", 5n, null],
  ["CLF", 10_000n, null],
  ["IQD", 1_000n, null],
  ["USD", 0n, null],
])("%s %s is %s at Stripe", (code, ours, told) => {
  const currency = code as Currency
  expect(toStripe(minor(ours), currency)).toBe(told)
  if (told !== null) expect(fromStripe(told, currency)).toBe(ours)
})

describe("events", () => {
  const read = async (type: string, object: Record<string, unknown>) => {
    const { body, headers } = await stripeCall(type, object, SECRET, NOW)
    const result = await processorOn(new FakeStripe()).readWebhook(body, headers, NOW)
    return result.ok ? result.value[0] : result.error
  }
  const refund = { id: "re_1", payment_intent: "pi_1", amount: 100 }
  const dispute = { id: "dp_1", payment_intent: "pi_1", amount: 500, currency: "jpy" }
  const error = { type: "card_error", code: "card_declined", decline_code: "lost_card", message: "Declined." }

  test("of failed payments say why, and whether that stays", async () => {
    const intent = { id: "pi_1", status: "requires_payment_method", last_payment_error: error }
    expect(await read("payment_intent.payment_failed", intent)).toMatchObject({
      kind: "ChargeFailed",
      chargeRef: "pi_1",
      outcome: { status: "Failed", code: "lost_card", isHard: true, message: "Declined." },
    })
  })

  test("that a bank wants to see the customer end nothing", async () => {
    const asked = { ...error, code: "authentication_required", decline_code: "authentication_required" }
    const intent = { id: "pi_1", status: "requires_payment_method", last_payment_error: asked }
    expect(await read("payment_intent.payment_failed", intent)).toMatchObject({ kind: "Other" })
  })

  test("of refunds and disputes are told by what became of them", async () => {
    expect(await read("refund.updated", { ...refund, status: "succeeded" })).toMatchObject({
      kind: "RefundSucceeded",
      refundRef: "re_1",
      chargeRef: "pi_1",
    })
    expect(await read("refund.failed", { ...refund, status: "failed" })).toMatchObject({
      kind: "RefundFailed",
    })
    expect(await read("refund.updated", { ...refund, status: "pending" })).toMatchObject({ kind: "Other" })
    expect(await read("charge.dispute.closed", { ...dispute, status: "won" })).toMatchObject({
      kind: "DisputeWon",
      amountMinor: 500n,
      currency: "JPY",
    })
    expect(await read("charge.dispute.closed", { ...dispute, status: "lost" })).toMatchObject({
      kind: "DisputeLost",
    })
    expect(
      await read("charge.dispute.created", { ...dispute, status: "warning_needs_response" }),
    ).toMatchObject({
      kind: "Other",
    })
    expect(await read("invoice.paid", {})).toMatchObject({ kind: "Other", type: "invoice.paid" })
  })
})

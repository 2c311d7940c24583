// Stripe keeps what every processor promises: the adapter with the real package, against a fake of Stripe's API.

import { describe, expect, test } from "vitest"
import { instant } from "../../src/domain/time.ts"
import type { Instant } from "../../src/domain/time.ts"
import type { Currency } from "../../src/domain/currency.ts"
import { minor } from "../../src/domain/money.ts"
import { fromStripe, toStripe } from "../../src/payments/stripe/amount.ts"
import { KeyRefused } from "../../src/payments/port.ts"
import { descriptorOf } from "../../src/payments/stripe/descriptor.ts"
import { stripeProcessor } from "../../src/payments/stripe/processor.ts"
import { FakeStripe, stripeCall } from "../support/fake-stripe.ts"
import type { Party } from "./contract.ts"
import { contractOf } from "./contract.ts"

const NOW = instant(Date.parse("2026-03-01T12:00:00Z"))
const SECRET = "whsec_for_tests"
const TENANT = "01944b1f-0000-7000-8000-00000000000a"

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
      pendingRefund: "pm_card_pendingRefund",
      refundedElsewhere: "pm_card_mastercard",
      unknown: "pm_card_nonsense",
      payoutTo: async () => "acct_1",
    },
    timesCharged: async (key) =>
      [...fake.books.intents.values()].filter(
        ({ metadata, status }) => metadata.ledgerline_key === key && status === "succeeded",
      ).length,
    tenantId: TENANT,
    unknownCustomer: "cus_nonsense",
    async nextCall(chargeRef: string, at: Instant) {
      const call = async (type: string, object: Record<string, unknown>) => {
        const told = await stripeCall(type, object, SECRET, at)
        fake.books.events.set(told.event.id, told.event)
        return told
      }
      const intent = fake.books.intents.get(chargeRef) ?? {}
      if (intent["status"] === "processing") {
        intent["status"] = "succeeded"
        return call("payment_intent.succeeded", intent)
      }
      if (intent["method"] === "pm_card_mastercard") {
        fake.books.refundElsewhere(chargeRef, Number(intent["amount"]) / 2)
        return call("charge.refunded", { id: "ch_1", object: "charge", payment_intent: chargeRef })
      }
      const dispute = {
        id: "dp_1",
        object: "dispute",
        status: "needs_response",
        payment_intent: chargeRef,
        amount: intent["amount"],
        currency: "usd",
      }
      fake.books.disputes.set(dispute.id, dispute)
      return call("charge.dispute.created", dispute)
    },
    loseNextAnswer: () => fake.loseAnswer(),
    forgetKeys: () => fake.forgetKeys(),
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

describe("a charge whose answer was lost", () => {
  const asked = {
    key: "payment-1",
    customerRef: "cus_1",
    methodRef: "pm_card_visa",
    amountMinor: minor(100n),
    currency: "USD" as Currency,
    description: "Invoice",
    metadata: {},
  }

  /** A busy hour: 2,500 charges of others, and 250 of the same customer, all of them newer. */
  async function busy() {
    const fake = new FakeStripe()
    const processor = processorOn(fake)
    const { ref: customerRef } = await processor.createCustomer({
      key: "c",
      name: "A",
      email: "a@acme.example",
    })
    const outcome = await processor.charge({ ...asked, customerRef })
    for (let n = 0; n < 2_750; n += 1) {
      const customer = n < 2_500 ? `cus_other_${n}` : customerRef
      fake.books.intents.set(`pi_${n}`, { id: `pi_${n}`, customer, metadata: {}, status: "succeeded" })
    }
    const lists = () => fake.requests.filter(({ path }) => path === "/v1/payment_intents").length
    return { processor, customerRef, outcome, asked: () => lists() - 1 }
  }

  test("is found among those of its customer, however many others have", async () => {
    const { processor, customerRef, outcome, asked: pages } = await busy()
    expect(await processor.findCharge(asked.key, customerRef)).toEqual(outcome)
    expect(pages()).toBe(3)
  })

  test("is found among all, where its customer is not known", async () => {
    const { processor, outcome, asked: pages } = await busy()
    expect(await processor.findCharge(asked.key)).toEqual(outcome)
    expect(pages()).toBe(28)
  })
})

describe("names and texts", () => {
  test("that are URIs go to Stripe as its own", async () => {
    const fake = new FakeStripe()
    const processor = processorOn(fake)
    const { ref } = await processor.createCustomer({ key: "c", name: "A", email: "a@acme.example" })
    const customerRef = `/v1/customers/${ref}`
    const attached = await processor.attachMethod({
      key: "m",
      customerRef,
      methodRef: "/v1/cards/pm_card_visa",
    })
    const methodRef = `/v1/cards/${attached.ok ? attached.value.ref : ""}`
    const outcome = await processor.charge({
      key: "payment-1",
      customerRef,
      methodRef,
      amountMinor: minor(100n),
      currency: "USD" as Currency,
      description: "Invoice",
      statementDescriptor: "ACME *monthly*",
      metadata: {},
    })
    expect(outcome).toMatchObject({ status: "Succeeded" })
    const form = fake.requests.find(({ path }) => path === "/v1/payment_intents")?.form
    expect([form?.get("customer"), form?.get("payment_method")]).toEqual([ref, methodRef.slice(10)])
    expect(form?.get("statement_descriptor_suffix")).toBe("ACME monthly")
  })

  // By https://docs.stripe.com/get-started/account/statement-descriptors: a letter, Latin characters, none of < > \ ' " *.
  test.each<[text: string | null | undefined, told: string | undefined]>([
    ["Acme Hosting", "Acme Hosting"],
    ['<ACME\'s "best">', "ACMEs best"],
    ["12345", undefined],
    ["Škoda", undefined],
    ["***", undefined],
    ["", undefined],
    [null, undefined],
    [undefined, undefined],
  ])("%s is %s on a statement", (text, told) => {
    expect(descriptorOf(text).statement_descriptor_suffix).toBe(told)
  })

  test("of an account are not told to a key that is not taken", async () => {
    const processor = stripeProcessor({
      account: async () => ({ secretKey: "sk_test_not_taken", webhookSecret: null }),
      apiBase: null,
      publicUrl: "https://pay.test",
      fetch: new FakeStripe().fetch,
    })
    await expect(processor.accountRef()).rejects.toThrow(KeyRefused)
    await expect(processor.customerExists("cus_1")).rejects.toThrow(KeyRefused)
    // Nobody knows what became of a charge that may have been made before the key was taken away.
    await expect(processor.findCharge("payment-1")).rejects.not.toThrow(KeyRefused)
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

  test("of payouts are told when all of one was taken back", async () => {
    const transfer = { id: "tr_1", amount: 500 }
    expect(await read("transfer.reversed", { ...transfer, reversed: true })).toMatchObject({
      kind: "PayoutFailed",
      payoutRef: "tr_1",
      outcome: { status: "Failed", ref: "tr_1", code: "reversed" },
    })
    expect(await read("transfer.reversed", { ...transfer, reversed: false })).toMatchObject({ kind: "Other" })
  })

  test("of intents that were called off say so", async () => {
    const intent = { id: "pi_1", status: "canceled", last_payment_error: error }
    expect(await read("payment_intent.canceled", intent)).toMatchObject({
      kind: "ChargeFailed",
      outcome: { status: "Failed", code: "canceled", isHard: false },
    })
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
    expect(await read("refund.created", { ...refund, status: "pending" })).toMatchObject({
      kind: "RefundPending",
    })
    expect(await read("charge.refunded", { id: "ch_1", payment_intent: "pi_1" })).toMatchObject({
      kind: "ChargeRefunded",
      chargeRef: "pi_1",
    })
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
    // An inquiry that became a dispute, one that was prevented, and one whose money was taken anew.
    const updated = (status: string) => read("charge.dispute.updated", { ...dispute, status })
    expect(await updated("needs_response")).toMatchObject({ kind: "DisputeOpened", disputeRef: "dp_1" })
    expect(await updated("prevented")).toMatchObject({ kind: "Other" })
    const withdrawn = await read("charge.dispute.funds_withdrawn", { ...dispute, status: "under_review" })
    expect(withdrawn).toMatchObject({ kind: "DisputeOpened" })
    expect(await read("invoice.paid", {})).toMatchObject({ kind: "Other", type: "invoice.paid" })
  })

  test("of pages are told where the page is ours", async () => {
    const page = { id: "cs_1", mode: "setup", metadata: { ledgerline_key: "setup:1:2" } }
    const told = (session: object) => read("checkout.session.completed", { ...session })
    expect(await told(page)).toMatchObject({ kind: "MethodGiven", setupRef: "cs_1" })
    expect(await told({ ...page, metadata: {} })).toMatchObject({ kind: "Other" })
    expect(await told({ ...page, mode: "payment" })).toMatchObject({ kind: "Other" })
  })
})

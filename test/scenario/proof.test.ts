// The proof of an invoice: whoever has it computes each line again, alone and to the last digit, and finds what was changed.

import { beforeEach, describe, expect, test } from "vitest"
import type { DigestedEvent } from "../../src/domain/event-digest.ts"
import type { InvoiceProof, ProofLine } from "../../src/domain/proof.ts"
import { faultsOf, isComputed } from "../../src/domain/proof-check.ts"
import { eventFaults } from "../../src/domain/proof-events.ts"
import { fromSnake, toSnake } from "../../src/domain/proof-wire.ts"
import { parseInstant } from "../../src/domain/time.ts"
import { sha256Now } from "../../src/runtime/hash.ts"
import type { Api, Json } from "../support/client.ts"
import { advance, create, newTenant, setClock } from "../support/client.ts"
import { invoicesOf, newCustomer, newPlan, newSubscription } from "../support/fixtures.ts"

const CENT = 10_000_000_000n
const TIERS = [
  { up_to: "100", unit_amount_nanos: String(3n * CENT), flat_amount_nanos: "0" },
  { up_to: null, unit_amount_nanos: "6666666667", flat_amount_nanos: String(5n * CENT) },
]
const CALLS: Json = {
  name: "Calls",
  pricing_model: "Graduated",
  tiers: TIERS,
  meter_event_type: "api.request",
}
const TOKENS: Json = {
  name: "Tokens",
  pricing_model: "PerUnit",
  unit_amount_nanos: "1234567",
  meter_event_type: "tokens.used",
  meter_aggregation: "Sum",
  meter_property: "tokens",
  quantity_transform: { divide_by: "7", round: "Up" },
}
const SEATS: Json = { name: "Seats", pricing_model: "PerUnit", unit_amount_nanos: String(999n * CENT) }

let caller: Api
let subscription: any
let sent = 0

async function send(
  type: string,
  timestamp: string,
  count: number,
  properties: Json = {},
): Promise<string[]> {
  const events = Array.from({ length: count }, () => ({
    id: `event-${(sent += 1)}`,
    event_type: type,
    subscription_id: subscription.id,
    timestamp,
    properties,
  }))
  const answer = await caller.post("/v1/events/batch", events)
  expect(answer.json.accepted).toBe(count)
  return events.map(({ id }) => id)
}

async function proofOf(invoice: { id: string }): Promise<InvoiceProof> {
  const answer = await caller.get(`/v1/invoices/${invoice.id}/proof`)
  expect([answer.status, answer.text.slice(0, 200)]).toEqual([200, expect.any(String)])
  const proof = fromSnake(answer.json) as InvoiceProof
  expect(toSnake(proof)).toEqual(answer.json)
  return proof
}

/** The events behind a line, by the API's own list. */
async function eventsOf(proof: InvoiceProof, line: ProofLine): Promise<DigestedEvent[]> {
  const listed = await caller.get(`/v1/invoices/${proof.invoiceId}/lines/${line.id}/events?limit=100`)
  return listed.json.map((event: any) => {
    const at = parseInstant(event.timestamp)
    if (!at.ok) throw new Error("no timestamp")
    const { id, event_type: eventType, properties } = event
    return { id, eventType, timestamp: at.value, isVoided: event.status === "Voided", properties }
  })
}

function lineOf(proof: InvoiceProof, description: string): ProofLine {
  const line = proof.lines.find((one) => one.description === description)
  if (line === undefined) throw new Error(`no line ${description}`)
  return line
}

/** A copy with one value changed, where `path` leads. */
function tampered<T>(value: T, path: readonly (string | number)[], change: (before: any) => unknown): T {
  const copy = structuredClone(value) as any
  const last = path.at(-1) ?? ""
  const holder = path.slice(0, -1).reduce((at, step) => at[step], copy)
  holder[last] = change(holder[last])
  return copy
}

const oneMore = (text: string) => (BigInt(text) + 1n).toString()

beforeEach(async () => {
  const tenant = await newTenant("test", { auto_finalize: true, draft_grace_hours: 24 })
  caller = tenant.api
  await setClock(caller, "2026-01-10T00:00:00Z")
  const plan = await newPlan(caller, [CALLS, TOKENS, SEATS], {
    minimum_spend_nanos: String(500n * 100n * CENT),
  })
  const customer = await newCustomer(caller)
  const quantities = { [plan.skus[2].id]: 3 }
  subscription = await newSubscription(caller, plan, { customer_id: customer.id, quantities })
})

describe("an invoice with tiers, a transformed sum, seats, a minimum and a coupon", () => {
  let proof: InvoiceProof

  beforeEach(async () => {
    const coupon = await create(caller, "/admin/v1/coupons", {
      code: "TENTH",
      name: "A tenth",
      percent_bps: 1000,
      duration: "Forever",
    })
    const redeemed = await caller.post(`/v1/subscriptions/${subscription.id}/coupons`, {
      coupon: coupon.code,
    })
    expect(redeemed.status).toBe(201)
    await send("api.request", "2026-01-11T00:00:00Z", 90)
    await send("tokens.used", "2026-01-12T00:00:00Z", 5, { tokens: "1000.5" })
    await advance(caller, { to: "2026-02-12T00:00:00Z" })
    const [invoice] = await invoicesOf(caller, subscription)
    proof = await proofOf(invoice)
  })

  test("comes out again from the proof alone, all of it computed", () => {
    // 90 calls at 3 cents; 5,002.5 tokens are 715 sevenths begun at 1,234,567 nanos; the minimum and the discount follow from them.
    expect(lineOf(proof, "Calls").amountNanos).toBe(String(270n * CENT))
    expect(lineOf(proof, "Tokens").ratedAmountNanos).toBe(String(715n * 1_234_567n))
    expect(faultsOf(proof)).toEqual([])
    expect(proof.lines.filter((line) => !isComputed(line))).toEqual([])
    expect(new Set(proof.lines.map(({ kind }) => kind))).toEqual(new Set(["Charge", "Minimum", "Discount"]))
  })

  test("shows where one nano, one unit or one share was changed", () => {
    const at = (description: string) => proof.lines.indexOf(lineOf(proof, description))
    const calls = at("Calls")
    const changes: [string, InvoiceProof][] = [
      [
        "a price",
        tampered(
          proof,
          ["lines", calls, "basis", "from", "pricing", "price", "tiers", 0, "unitAmountNanos"],
          oneMore,
        ),
      ],
      ["a total", tampered(proof, ["lines", calls, "basis", "from", "usage", "value"], oneMore)],
      ["a quantity", tampered(proof, ["lines", calls, "quantity"], oneMore)],
      ["an amount", tampered(proof, ["lines", calls, "amountNanos"], oneMore)],
      ["a rated amount", tampered(proof, ["lines", at("Tokens"), "ratedAmountNanos"], oneMore)],
      ["what was", tampered(proof, ["lines", calls, "basis", "was", "amountMinor"], oneMore)],
      ["a share", tampered(proof, ["lines", at("Seats"), "basis", "from", "share", "denominator"], oneMore)],
      ["a seat", tampered(proof, ["lines", at("Seats"), "basis", "from", "usage", "value"], oneMore)],
      [
        "the minimum",
        tampered(
          proof,
          ["lines", at("Up to the minimum spend"), "basis", "from", "minimum", "numerator"],
          () => "1",
        ),
      ],
      [
        "the coupon",
        tampered(
          proof,
          ["lines", at("Coupon TENTH"), "basis", "from", "redemptions", 0, "terms", "percentBps"],
          () => 999,
        ),
      ],
      ["the total", tampered(proof, ["totalNanos"], oneMore)],
      ["a line left out", { ...proof, lines: proof.lines.slice(1) }],
    ]
    expect(changes.filter(([, changed]) => faultsOf(changed).length === 0).map(([what]) => what)).toEqual([])
  })

  test("has a digest over the events, from which they are counted again", async () => {
    for (const name of ["Calls", "Tokens"]) {
      const line = lineOf(proof, name)
      const events = await eventsOf(proof, line)
      expect(line.events).toMatchObject({
        count: events.length,
        isWhole: true,
        next: null,
        last: { id: events[0]?.id },
        first: { id: events.at(-1)?.id },
      })
      expect(eventFaults(line, events, sha256Now)).toEqual({ faults: [], isRecounted: true })
      const forged = tampered(events, [2, "id"], (id: string) => `${id}x`)
      expect(eventFaults(line, forged, sha256Now).faults.map(({ what }) => what)).toEqual(["events.digest"])
      const missing = events.toSpliced(2, 1)
      expect(eventFaults(line, missing, sha256Now).faults.map(({ what }) => what)).toEqual(
        expect.arrayContaining(["events.count", "events.digest", "usage.value", "usage.events"]),
      )
    }
    const [tokens] = [lineOf(proof, "Tokens")]
    const more = tampered(await eventsOf(proof, tokens), [0, "properties", "tokens"], () => "1000.6")
    expect(eventFaults(tokens, more, sha256Now).faults.map(({ what }) => what)).toEqual([
      "events.digest",
      "usage.value",
    ])
  })

  test("stays the same when late events and corrections come after it", async () => {
    const [first] = await send("api.request", "2026-01-13T00:00:00Z", 1)
    const voided = await caller.post(`/v1/subscriptions/${subscription.id}/events/event-${sent - 50}/void`, {
      reason: "Test",
    })
    expect([first, voided.status]).toEqual([`event-${sent}`, 200])
    expect(await proofOf({ id: proof.invoiceId })).toEqual(proof)
  })
})

test("a charge that is billed in parts is proved part by part", async () => {
  await send("api.request", "2026-01-11T00:00:00Z", 70)
  await setNow("2026-01-20T00:00:00Z")
  const first = (await caller.post(`/admin/v1/subscriptions/${subscription.id}/bill`)).json
  // A draft would take in what comes until it is finalized.
  expect((await caller.post(`/admin/v1/invoices/${first.id}/finalize`)).status).toBe(200)
  await send("api.request", "2026-01-21T00:00:00Z", 60)
  await advance(caller, { to: "2026-02-12T00:00:00Z" })
  const invoices = await invoicesOf(caller, subscription)
  expect(invoices.length).toBe(2)
  const proofs = await Promise.all(invoices.map(proofOf))
  expect(proofs.map(faultsOf)).toEqual([[], []])
  expect(proofs.map((proof) => lineOf(proof, "Calls").quantity)).toEqual(["70", "60"])
  expect(proofs[0]?.invoiceId).toBe(first.id)
  for (const proof of proofs) {
    const line = lineOf(proof, "Calls")
    expect(eventFaults(line, await eventsOf(proof, line), sha256Now)).toEqual({
      faults: [],
      isRecounted: true,
    })
  }
})

async function setNow(to: string): Promise<void> {
  await advance(caller, { to })
}

test("a line with more events than one answer goes through is digested over several", async () => {
  const all = []
  for (let batch = 0; batch < 5; batch += 1)
    all.push(...(await send("api.request", "2026-01-11T00:00:00Z", 4_500)))
  await advance(caller, { to: "2026-02-12T00:00:00Z" })
  const [invoice] = await invoicesOf(caller, subscription)
  const proof = await proofOf(invoice)
  expect(faultsOf(proof)).toEqual([])
  const begun = lineOf(proof, "Calls").events
  expect(begun).toMatchObject({ count: 20_000, last: { id: all.at(-1) }, first: { id: all[2_500] } })
  const rest = await caller.get(`/v1/invoices/${invoice.id}/proof?cursor=${begun?.next}`)
  expect(rest.json.lines.length).toBe(1)
  expect(rest.json.lines[0].events).toMatchObject({ count: 22_500, next: null, first: { id: all[0] } })
  const wrong = await caller.get(`/v1/invoices/${invoice.id}/proof?cursor=nonsense`)
  expect([wrong.status, wrong.json.errors[0].path]).toEqual([422, "cursor"])
})

/** Every invoice of a customer. */
async function provedAll(customerId: string): Promise<InvoiceProof[]> {
  const listed = await caller.get(`/admin/v1/invoices?customer_id=${customerId}&limit=100`)
  const proofs = []
  for (const row of listed.json) proofs.push(await proofOf(row))
  expect(proofs.flatMap(faultsOf)).toEqual([])
  return proofs
}

test("taxes, lines by hand and credit notes come out too, and their changes are found", async () => {
  const tax = { mode: "FlatRate", bps: "1900", name: "VAT" }
  expect((await caller.patch("/admin/v1/tenant", { tax })).status).toBe(200)
  const customer = await newCustomer(caller)
  const lines = [
    { description: "Workshop", quantity: "1.5", unit_amount_nanos: String(33_333n * CENT) },
    { description: "Travel", unit_amount_nanos: String(1_111n * CENT) },
  ]
  const made = await create(caller, "/admin/v1/invoices", {
    customer_id: customer.id,
    currency: "USD",
    lines,
  })
  expect((await caller.post(`/admin/v1/invoices/${made.id}/finalize`)).status).toBe(200)
  await create(caller, `/admin/v1/invoices/${made.id}/credit-notes`, {
    reason: "Too long",
    amount_nanos: String(1_000n * CENT),
  })
  const proofs = await provedAll(customer.id)
  expect(proofs.map(({ invoiceType }) => invoiceType).toSorted()).toEqual(["CreditNote", "Standard"])
  const proof = proofs.find(({ invoiceType }) => invoiceType === "Standard")
  // 1.5 × 333.33 are 499.995, so 500.00; with 11.11 and 19 % of 511.11, 97.1109, it is 608.22.
  expect(proof?.totalNanos).toBe(String(60_822n * CENT))
  const changed = [
    tampered(proof, ["lines", 0, "quantity"], () => "1.4"),
    tampered(proof, ["lines", 0, "taxes", 0, "amountNanos"], oneMore),
    tampered(proof, ["tax", "rates", 0, "rateBps"], () => "1901"),
    tampered(proof, ["taxNanos"], oneMore),
  ]
  expect(changed.map((one) => one !== undefined && faultsOf(one).length > 0)).toEqual([
    true,
    true,
    true,
    true,
  ])
})

test("what a commitment paid comes out, and its change is found", async () => {
  const customer = await newCustomer(caller)
  const dates = { start_date: "2026-01-10", end_date: "2026-12-31" }
  const contract = await create(caller, "/admin/v1/contracts", {
    customer_id: customer.id,
    name: "Enterprise",
    ...dates,
    terms: [{ phase: 1, ...dates, committed_amount_nanos: String(1_000n * CENT), billing: "Upfront" }],
  })
  await caller.post(`/admin/v1/contracts/${contract.id}/activate`)
  subscription = await newSubscription(caller, await newPlan(caller, [CALLS]), { customer_id: customer.id })
  await create(caller, `/admin/v1/contracts/${contract.id}/subscriptions`, {
    subscription_id: subscription.id,
    adoption: "PLG",
  })
  await send("api.request", "2026-01-11T00:00:00Z", 400)
  await advance(caller, { to: "2026-02-12T00:00:00Z" })
  const proofs = await provedAll(customer.id)
  const drawing = proofs.find(({ lines }) => lines.some(({ basis }) => basis?.from?.kind === "Commitment"))
  const at = drawing?.lines.findIndex(({ basis }) => basis?.from?.kind === "Commitment") ?? -1
  // 100 at 3 cents, 5 cents, and 300 at 0.6666666667: 505 cents and a bit, all of it out of the pool of 1,000.
  expect(drawing?.lines[at]?.amountNanos).toBe(String(-505n * CENT))
  const less = tampered(drawing, ["lines", at, "basis", "from", "commitments", 0, "leftMinor"], () => "500")
  expect(less === undefined ? [] : faultsOf(less).map(({ what }) => what)).toEqual([
    "should",
    "rated_amount_nanos",
    "amount_nanos",
  ])
})

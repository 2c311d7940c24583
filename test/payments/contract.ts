// What every processor promises to those who work with it. Each processor's own test runs this suite.

import { expect, test } from "vitest"
import type { Currency } from "../../src/domain/currency.ts"
import type { Minor } from "../../src/domain/money.ts"
import { minor } from "../../src/domain/money.ts"
import type { Instant } from "../../src/domain/time.ts"
import type { ChargeRequest, Processor, ProcessorEvent } from "../../src/payments/port.ts"

export type WebhookCall = { readonly body: string; readonly headers: Headers }

export type Party = {
  readonly processor: Processor
  readonly now: Instant
  /** Methods that behave as named, under the names that this processor has for them. `to`: where a payout can go. */
  readonly methods: {
    readonly good: string
    readonly declinesLater: string
    readonly insufficientFunds: string
    readonly stolen: string
    readonly authentication: string
    readonly pending: string
    readonly disputed: string
    readonly pendingRefund: string
    /** Half of it is given back at the processor's own site, which the next call tells. */
    readonly refundedElsewhere: string
    readonly unknown: string
    readonly payoutTo: (attached: string) => Promise<string>
  }
  /** How many charges of this key took money. */
  readonly timesCharged: (key: string) => Promise<number>
  /** The webhook call that tells how a pending charge, or one that is disputed, went on. */
  readonly nextCall: (chargeRef: string, at: Instant) => Promise<WebhookCall>
  /** Whose events they are, as the metadata of charges says. */
  readonly tenantId: string
  readonly unknownCustomer: string
  /** Makes the next request reach the processor and its answer get lost. */
  readonly loseNextAnswer: (() => void) | null
  /** What happens to keys when they are old; null: they are kept for ever. */
  readonly forgetKeys: (() => void) | null
}

const USD = "USD" as Currency
let keys = 0
const newKey = () => `key-${(keys += 1)}-${crypto.randomUUID()}`

export function contractOf(name: string, partyOf: () => Promise<Party>): void {
  const customerOf = async ({ processor }: Party) =>
    (await processor.createCustomer({ key: newKey(), name: "Acme Corp", email: "billing@acme.example" })).ref

  async function attach(party: Party, customerRef: string, methodRef: string): Promise<string> {
    const attached = await party.processor.attachMethod({ key: newKey(), customerRef, methodRef })
    if (!attached.ok) throw new Error(attached.error.message)
    return attached.value.ref
  }

  function request(
    customerRef: string,
    methodRef: string,
    fields: Partial<ChargeRequest> = {},
  ): ChargeRequest {
    return {
      key: newKey(),
      customerRef,
      methodRef,
      amountMinor: minor(1_999n),
      currency: USD,
      description: "Invoice INV-1",
      metadata: { payment_id: "p-1" },
      ...fields,
    }
  }

  async function chargedBy(party: Party, methodRef: string, amount = 1_999n) {
    const asked = request(await customerOf(party), methodRef, { amountMinor: minor(amount) })
    return { asked, outcome: await party.processor.charge(asked) }
  }

  const refundOf = (chargeRef: string, amountMinor: Minor, key = newKey()) => ({
    key,
    chargeRef,
    amountMinor,
    currency: USD,
  })

  const eventsOf = async ({ processor }: Party, { body, headers }: WebhookCall, now: Instant) => {
    const read = await processor.readWebhook(body, headers, now)
    if (!read.ok) throw new Error(read.error)
    return read.value
  }

  test(`${name}: a customer is made once under one key`, async () => {
    const { processor } = await partyOf()
    const asked = { key: newKey(), name: "Acme Corp", email: "billing@acme.example" }
    expect(await processor.createCustomer(asked)).toEqual(await processor.createCustomer(asked))
  })

  test(`${name}: a method is attached, told of, and charged without its customer`, async () => {
    const party = await partyOf()
    const customerRef = await customerOf(party)
    const asked = { key: newKey(), customerRef, methodRef: party.methods.good }
    const attached = await party.processor.attachMethod(asked)
    expect(attached).toEqual({
      ok: true,
      value: {
        ref: expect.any(String),
        kind: "Card",
        brand: "visa",
        last4: "4242",
        expiresOn: expect.stringMatching(/^\d{4}-\d{2}-\d{2}$/),
      },
    })
    expect(await party.processor.attachMethod(asked)).toEqual(attached)
    const methodRef = attached.ok ? attached.value.ref : ""
    expect(await party.processor.charge(request(customerRef, methodRef))).toMatchObject({
      status: "Succeeded",
    })
  })

  test(`${name}: an unknown method is neither attached nor charged`, async () => {
    const party = await partyOf()
    const customerRef = await customerOf(party)
    const methodRef = party.methods.unknown
    expect(await party.processor.attachMethod({ key: newKey(), customerRef, methodRef })).toMatchObject({
      ok: false,
      error: { code: "resource_missing" },
    })
    const charged = await party.processor.charge(request(customerRef, methodRef))
    expect(charged).toMatchObject({ status: "Failed", code: "resource_missing", isHard: true })
  })

  test(`${name}: another customer's method and a detached one can't be charged`, async () => {
    const party = await partyOf()
    const [owner, stranger] = [await customerOf(party), await customerOf(party)]
    const methodRef = await attach(party, owner, party.methods.good)
    expect(await party.processor.charge(request(stranger, methodRef))).toMatchObject({ status: "Failed" })
    await party.processor.detachMethod(methodRef)
    await party.processor.detachMethod(methodRef)
    expect(await party.processor.charge(request(owner, methodRef))).toMatchObject({ status: "Failed" })
  })

  test(`${name}: the same key charges once, also at the same time, and can be found`, async () => {
    const party = await partyOf()
    const asked = request(await customerOf(party), party.methods.good)
    expect(await party.processor.findCharge(asked.key)).toBeNull()
    const settled = await Promise.allSettled([1, 2, 3].map(() => party.processor.charge(asked)))
    // A processor may refuse to serve a key that it is serving. Then nothing is known, and it is asked again.
    const outcomes = settled.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []))
    expect(new Set(outcomes.map((outcome) => JSON.stringify(outcome))).size).toBe(1)
    expect(await party.processor.charge(asked)).toEqual(outcomes[0])
    expect(await party.processor.findCharge(asked.key)).toEqual(outcomes[0])
    expect(await party.timesCharged(asked.key)).toBe(1)
  })

  test(`${name}: the same key for another amount is nobody's answer`, async () => {
    const party = await partyOf()
    const { asked } = await chargedBy(party, party.methods.good)
    await expect(party.processor.charge({ ...asked, amountMinor: minor(1n) })).rejects.toThrow(/./)
  })

  test(`${name}: a decline is an answer, and stays the same under its key`, async () => {
    const party = await partyOf()
    const customerRef = await customerOf(party)
    const asked = request(customerRef, await attach(party, customerRef, party.methods.declinesLater))
    const outcome = await party.processor.charge(asked)
    expect(outcome).toMatchObject({ status: "Failed", code: "generic_decline", isHard: false })
    expect(await party.processor.charge(asked)).toEqual(outcome)
    expect(await party.processor.findCharge(asked.key)).toMatchObject({ status: "Failed" })
    expect(await party.timesCharged(asked.key)).toBe(0)
  })

  test(`${name}: hard declines are told from those that may pass`, async () => {
    const party = await partyOf()
    const { outcome: poor } = await chargedBy(party, party.methods.insufficientFunds)
    expect(poor).toMatchObject({ status: "Failed", code: "insufficient_funds", isHard: false })
    const { outcome: stolen } = await chargedBy(party, party.methods.stolen)
    expect(stolen).toMatchObject({ status: "Failed", code: "stolen_card", isHard: true })
  })

  test(`${name}: a bank that wants to see the customer gives a link`, async () => {
    const party = await partyOf()
    const { asked, outcome } = await chargedBy(party, party.methods.authentication)
    expect(outcome).toMatchObject({
      status: "RequiresAction",
      actionUrl: expect.stringMatching(/^https?:\/\//),
    })
    expect(await party.processor.charge(asked)).toEqual(outcome)
    expect(await party.processor.findCharge(asked.key)).toEqual(outcome)
    expect(await party.timesCharged(asked.key)).toBe(0)
  })

  test(`${name}: what settles later is told by a signed call`, async () => {
    const party = await partyOf()
    const { asked, outcome } = await chargedBy(party, party.methods.pending)
    expect(outcome).toMatchObject({ status: "Pending" })
    const chargeRef = outcome.ref ?? ""
    const events = await eventsOf(party, await party.nextCall(chargeRef, party.now), party.now)
    const told: ProcessorEvent = {
      id: expect.any(String) as string,
      kind: "ChargeSucceeded",
      chargeRef,
      outcome: { status: "Succeeded", ref: chargeRef },
    }
    expect(events).toEqual([told])
    expect(await party.processor.findCharge(asked.key)).toEqual({ status: "Succeeded", ref: chargeRef })
  })

  test(`${name}: a dispute names the charge and its amount`, async () => {
    const party = await partyOf()
    const { outcome } = await chargedBy(party, party.methods.disputed)
    expect(outcome).toMatchObject({ status: "Succeeded" })
    const chargeRef = outcome.ref ?? ""
    expect(await eventsOf(party, await party.nextCall(chargeRef, party.now), party.now)).toEqual([
      {
        id: expect.any(String),
        kind: "DisputeOpened",
        chargeRef,
        disputeRef: expect.any(String),
        amountMinor: 1_999n,
        currency: "USD",
      },
    ])
  })

  test(`${name}: a dispute can be asked for by its name, and says how it stands`, async () => {
    const party = await partyOf()
    const { outcome } = await chargedBy(party, party.methods.disputed)
    const [event] = await eventsOf(party, await party.nextCall(outcome.ref ?? "", party.now), party.now)
    const disputeRef = event?.kind === "DisputeOpened" ? (event.disputeRef ?? "") : ""
    const stands = { status: "Open", amountMinor: 1_999n, currency: "USD" }
    expect(await party.processor.readDispute(disputeRef)).toEqual(stands)
    expect(await party.processor.readDispute("dp_nonsense")).toBeNull()
  })

  test(`${name}: what is given back on its own site is told, and listed without a key of ours`, async () => {
    const party = await partyOf()
    const { outcome } = await chargedBy(party, party.methods.refundedElsewhere, 1_000n)
    const chargeRef = outcome.ref ?? ""
    expect(await party.processor.refundsOf(chargeRef)).toEqual([])
    const ours = refundOf(chargeRef, minor(300n))
    const made = await party.processor.refund(ours)
    const told = await eventsOf(party, await party.nextCall(chargeRef, party.now), party.now)
    expect(told).toMatchObject([{ kind: "ChargeRefunded", chargeRef }])
    const listed = await party.processor.refundsOf(chargeRef)
    const byKey = listed.toSorted((a, b) => Number((a.key === null) > (b.key === null)))
    const other = { status: "Succeeded", ref: expect.any(String) as string }
    expect(byKey).toEqual([
      { key: ours.key, amountMinor: 300n, currency: "USD", outcome: made },
      { key: null, amountMinor: 500n, currency: "USD", outcome: other },
    ])
    const more = refundOf(chargeRef, minor(201n))
    expect(await party.processor.refund(more)).toMatchObject({ status: "Failed" })
  })

  test(`${name}: forged, changed, truncated and old calls are refused`, async () => {
    const party = await partyOf()
    const { outcome } = await chargedBy(party, party.methods.pending)
    const { body, headers } = await party.nextCall(outcome.ref ?? "", party.now)
    const read = (text: string, signed: Headers, at: Instant) => party.processor.readWebhook(text, signed, at)
    const forged = new Headers(
      [...headers].map(([key, value]) => [key, value.replace(/v1=\w{4}/, "v1=0000")]),
    )
    const later = (ms: number) => (party.now + ms) as Instant
    const signedAs = (change: (value: string) => string) =>
      new Headers([...headers].map(([key, value]) => [key, change(value)]))
    const refused: [string, Headers, Instant][] = [
      [body, new Headers(), party.now],
      [body, signedAs((value) => value.slice(0, -1)), party.now],
      [body, signedAs((value) => value.replace(/t=\d+,/, "")), party.now],
      [body, signedAs((value) => value.replace(/t=\d/, "t=9")), party.now],
      [body, signedAs((value) => value.replace(/v1=.*/, "")), party.now],
      ["", headers, party.now],
      ["null", headers, party.now],
      [body, forged, party.now],
      [body.replace("1999", "1998"), headers, party.now],
      [body.slice(0, -1), headers, party.now],
      [`${body} `, headers, party.now],
      [body, headers, later(301_000)],
    ]
    for (const [text, signed, at] of refused)
      expect(await read(text, signed, at)).toMatchObject({ ok: false })
    expect(await read(body, headers, later(299_000))).toMatchObject({ ok: true })
  })

  test(`${name}: refunds come in parts, once per key, and never above the charge`, async () => {
    const party = await partyOf()
    const { outcome } = await chargedBy(party, party.methods.good, 1_000n)
    const chargeRef = outcome.ref ?? ""
    const part = refundOf(chargeRef, minor(400n))
    const first = await party.processor.refund(part)
    expect(first).toMatchObject({ status: "Succeeded" })
    expect(await party.processor.refund(part)).toEqual(first)
    const others = await Promise.all(
      [1, 2, 3].map(() => party.processor.refund(refundOf(chargeRef, minor(300n)))),
    )
    expect(others.map(({ status }) => status).toSorted()).toEqual(["Failed", "Succeeded", "Succeeded"])
    expect(await party.processor.refund(refundOf(chargeRef, minor(1n)))).toMatchObject({ status: "Failed" })
    expect(await party.processor.refund(refundOf("ch_nonsense", minor(1n)))).toMatchObject({
      status: "Failed",
    })
  })

  test(`${name}: a refund is found by its key, also when the key is forgotten`, async () => {
    const party = await partyOf()
    const { outcome } = await chargedBy(party, party.methods.good, 1_000n)
    const { outcome: other } = await chargedBy(party, party.methods.good, 1_000n)
    const chargeRef = outcome.ref ?? ""
    const part = refundOf(chargeRef, minor(400n))
    expect(await party.processor.findRefund(part.key, chargeRef)).toBeNull()
    const made = await party.processor.refund(part)
    await party.processor.refund(refundOf(chargeRef, minor(100n)))
    await party.processor.refund(refundOf(other.ref ?? "", minor(200n)))
    party.forgetKeys?.()
    expect(await party.processor.findRefund(part.key, chargeRef)).toEqual(made)
    expect(await party.processor.findRefund(newKey(), chargeRef)).toBeNull()
  })

  test(`${name}: a refund that settles later is found as pending`, async () => {
    const party = await partyOf()
    const { outcome } = await chargedBy(party, party.methods.pendingRefund, 1_000n)
    const asked = refundOf(outcome.ref ?? "", minor(1_000n))
    const made = await party.processor.refund(asked)
    expect(made).toMatchObject({ status: "Pending" })
    expect(await party.processor.findRefund(asked.key, asked.chargeRef)).toEqual(made)
  })

  test(`${name}: a charge that waits for its customer can be called off, and stays so`, async () => {
    const party = await partyOf()
    const { asked, outcome } = await chargedBy(party, party.methods.authentication)
    const chargeRef = outcome.ref ?? ""
    const called = { status: "Failed", ref: chargeRef, code: "canceled", isHard: false }
    expect(await party.processor.cancelCharge(chargeRef)).toMatchObject(called)
    expect(await party.processor.cancelCharge(chargeRef)).toMatchObject(called)
    expect(await party.processor.findCharge(asked.key)).toMatchObject(called)
    expect(await party.timesCharged(asked.key)).toBe(0)
  })

  test(`${name}: what is paid or on its way is not called off, and what is unknown neither`, async () => {
    const party = await partyOf()
    const { outcome: paid } = await chargedBy(party, party.methods.good)
    expect(await party.processor.cancelCharge(paid.ref ?? "")).toEqual(paid)
    const { outcome: pending } = await chargedBy(party, party.methods.pending)
    expect(await party.processor.cancelCharge(pending.ref ?? "")).toEqual(pending)
    await expect(party.processor.cancelCharge("pi_nonsense")).rejects.toThrow(/./)
  })

  test(`${name}: customers and methods are there or not, also by their URIs`, async () => {
    const party = await partyOf()
    const { processor, methods, unknownCustomer } = party
    const customerRef = await customerOf(party)
    expect(await processor.customerExists(customerRef)).toBe(true)
    expect(await processor.customerExists(`/v1/customers/${customerRef}`)).toBe(true)
    expect(await processor.customerExists(unknownCustomer)).toBe(false)
    expect(await processor.methodExists(methods.good)).toBe(true)
    expect(await processor.methodExists(await attach(party, customerRef, methods.good))).toBe(true)
    expect(await processor.methodExists(methods.unknown)).toBe(false)
  })

  test(`${name}: a method is not attached to a customer who is not there`, async () => {
    const { processor, methods, unknownCustomer } = await partyOf()
    const asked = { key: newKey(), customerRef: unknownCustomer, methodRef: methods.good }
    expect(await processor.attachMethod(asked)).toMatchObject({
      ok: false,
      error: { code: "customer_missing" },
    })
  })

  test(`${name}: an account has one name`, async () => {
    const { processor } = await partyOf()
    expect(await processor.accountRef()).toMatch(/\w/)
    expect(await processor.accountRef()).toBe(await processor.accountRef())
  })

  test(`${name}: an event that is read again is the one that was told, and says what it is of`, async () => {
    const party = await partyOf()
    const metadata = { tenant_id: party.tenantId }
    for (const methodRef of [party.methods.pending, party.methods.disputed]) {
      const asked = request(await customerOf(party), methodRef, { metadata })
      const { ref } = await party.processor.charge(asked)
      const [event] = await eventsOf(party, await party.nextCall(ref ?? "", party.now), party.now)
      if (event === undefined) throw new Error("no event")
      const read = await party.processor.readEvent(event.id)
      expect(read).toEqual({ event, key: asked.key, occurredAt: expect.any(Number) as number })
      expect(await party.processor.tenantOf(event)).toBe(party.tenantId)
    }
    expect(await party.processor.readEvent("evt_nonsense")).toBeNull()
  })

  test(`${name}: an address is registered for events once per key`, async () => {
    const { processor } = await partyOf()
    const asked = { key: newKey(), url: "https://billing.example.com/callbacks" }
    expect(await processor.registerWebhook(asked)).toEqual(await processor.registerWebhook(asked))
  })

  test(`${name}: a payout is found by its key`, async () => {
    const party = await partyOf()
    const customerRef = await customerOf(party)
    const methodRef = await party.methods.payoutTo(await attach(party, customerRef, party.methods.good))
    const key = newKey()
    expect(await party.processor.findPayout(key)).toBeNull()
    const money = { amountMinor: minor(500n), currency: USD, description: "Earnings" }
    const paid = await party.processor.payout({ key, customerRef, methodRef, ...money })
    await party.processor.payout({ key: newKey(), customerRef, methodRef, ...money })
    party.forgetKeys?.()
    expect(await party.processor.findPayout(key)).toEqual(paid)
  })

  test(`${name}: a payout goes out once per key`, async () => {
    const party = await partyOf()
    const customerRef = await customerOf(party)
    const methodRef = await party.methods.payoutTo(await attach(party, customerRef, party.methods.good))
    const asked = {
      key: newKey(),
      customerRef,
      methodRef,
      amountMinor: minor(500n),
      currency: USD,
      description: "Earnings",
    }
    const paid = await party.processor.payout(asked)
    expect(paid).toMatchObject({ status: "Succeeded" })
    expect(await party.processor.payout(asked)).toEqual(paid)
    const nowhere = { ...asked, key: newKey(), methodRef: party.methods.unknown }
    expect(await party.processor.payout(nowhere)).toMatchObject({ status: "Failed" })
  })

  test(`${name}: a lost answer is asked for again under its key, and nothing is charged twice`, async () => {
    const party = await partyOf()
    const methodRef = party.loseNextAnswer === null ? "pm_card_lostInTransit" : party.methods.good
    const asked = request(await customerOf(party), methodRef)
    party.loseNextAnswer?.()
    await expect(party.processor.charge(asked)).rejects.toThrow(/lost|connection/i)
    const found = await party.processor.findCharge(asked.key)
    expect(found).toMatchObject({ status: "Succeeded" })
    expect(await party.processor.charge(asked)).toEqual(found)
    expect(await party.timesCharged(asked.key)).toBe(1)
  })
}

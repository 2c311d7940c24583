// What was paid goes back once: by refunds and by payouts together, whether in the name of a credit note or not, one after the other or at
// once.

import { describe, expect, test } from "vitest"
import type { Api, Json } from "../support/client.ts"
import { create, newTenant } from "../support/client.ts"
import { quiet } from "../support/database.ts"
import { CENT, newCustomer } from "../support/fixtures.ts"

const nanos = (cents: number) => String(BigInt(cents) * CENT)
const cents = (text: string) => Number(BigInt(text) / CENT)

/** Debits are credits, every document is booked as it says, and what is receivable is what is due: nothing. */
async function expectClean(api: Api): Promise<void> {
  const { currencies } = (await api.get("/admin/v1/ledger/trial-balance")).json
  for (const { difference_nanos } of currencies) expect(difference_nanos).toBe("0")
  expect(currencies.length).toBeGreaterThan(0)
  expect((await api.get("/admin/v1/ledger/audit")).json.differences).toEqual([])
}

async function payer(card = "pm_card_visa") {
  const { api } = await newTenant("test")
  const customer = await newCustomer(api)
  const attach = { payment_method: card }
  const method = await create(api, `/admin/v1/customers/${customer.id}/payment-methods`, attach)
  const post = (path: string, body: Json = {}) => api.post(path, body)
  /** An invoice that the card paid. */
  const paid = async (amount: number): Promise<string> => {
    const lines = [{ description: "Workshop", unit_amount_nanos: nanos(amount) }]
    const { id } = await create(api, "/admin/v1/invoices", { customer_id: customer.id, lines })
    expect((await post(`/admin/v1/invoices/${id}/finalize`)).status).toBe(200)
    await quiet()
    const { json } = await api.get(`/v1/invoices/${id}`)
    if (json.status === "Open") await create(api, `/admin/v1/invoices/${id}/pay`, {})
    return id
  }
  const note = (invoice: string, amount: number): Promise<any> =>
    create(api, `/admin/v1/invoices/${invoice}/credit-notes`, { reason: "x", amount_nanos: nanos(amount) })
  const payout = (fields: Json = {}) =>
    post(`/admin/v1/customers/${customer.id}/payouts`, { currency: "USD", ...fields })
  const refund = (invoice: string, fields: Json = {}) => post(`/admin/v1/invoices/${invoice}/refund`, fields)
  return { api, customer, method, paid, note, payout, refund }
}

const told = ({ status, json }: { status: number; json: any }) => [status, json.code]

describe("a payment that went out by a payout", () => {
  test("is not refunded as well, in the name of its credit note or without one", async () => {
    const { api, paid, note, payout, refund } = await payer()
    const invoice = await paid(10_000)
    const { id } = await note(invoice, 10_000)
    expect((await payout()).json).toMatchObject({ status: "Succeeded", amount_nanos: nanos(10_000) })
    expect(told(await refund(invoice, { credit_note_id: id }))).toEqual([409, "invalid_state"])
    expect(told(await refund(invoice))).toEqual([409, "invalid_state"])
    expect(told(await payout())).toEqual([409, "invalid_state"])
    await expectClean(api)
  })

  test("is refunded by what is left: of its note what is owed still, and without one what was paid", async () => {
    const { api, paid, note, payout, refund } = await payer()
    const invoice = await paid(10_000)
    const first = await note(invoice, 4_000)
    expect((await payout({ amount_nanos: nanos(2_500) })).status).toBe(201)
    const second = await note(invoice, 1_000)
    const tooMuch = await refund(invoice, { credit_note_id: first.id, amount_nanos: nanos(1_501) })
    expect(told(tooMuch)).toEqual([422, "invalid_request"])
    // The oldest note was paid out first: 40 less 25.
    const rest = await refund(invoice, { credit_note_id: first.id })
    expect(rest.json.map(({ amount_nanos }: any) => amount_nanos)).toEqual([nanos(1_500)])
    const other = await refund(invoice, { credit_note_id: second.id })
    expect(other.json.map(({ amount_nanos }: any) => amount_nanos)).toEqual([nanos(1_000)])
    const goodwill = await refund(invoice)
    expect(goodwill.json.map(({ amount_nanos }: any) => amount_nanos)).toEqual([nanos(5_000)])
    expect(told(await refund(invoice))).toEqual([409, "invalid_state"])
    await expectClean(api)
  })

  test("can be refunded when the payout has failed, and then is not paid out again", async () => {
    const { api, customer, paid, note, payout, refund } = await payer()
    const invoice = await paid(10_000)
    await note(invoice, 10_000)
    const closed = { payment_method: "pm_card_chargeDeclined", is_default: true }
    await create(api, `/admin/v1/customers/${customer.id}/payment-methods`, closed)
    const failed = (await payout()).json
    expect(failed.status).toBe("Failed")
    expect((await refund(invoice)).json.map(({ amount_nanos }: any) => amount_nanos)).toEqual([nanos(10_000)])
    expect(told(await api.post(`/admin/v1/payouts/${failed.id}/retry`, {}))).toEqual([409, "invalid_state"])
    await expectClean(api)
  })

  test("is spoken for by the try that succeeds", async () => {
    const { api, customer, method, paid, note, payout, refund } = await payer()
    const invoice = await paid(10_000)
    await note(invoice, 10_000)
    const closed = { payment_method: "pm_card_chargeDeclined", is_default: true }
    await create(api, `/admin/v1/customers/${customer.id}/payment-methods`, closed)
    const failed = (await payout()).json
    const retried = await api.post(`/admin/v1/payouts/${failed.id}/retry`, { payment_method_id: method.id })
    expect(retried.json.status).toBe("Succeeded")
    expect(told(await refund(invoice))).toEqual([409, "invalid_state"])
    await expectClean(api)
  })
})

describe("a refund beyond what is owed", () => {
  test("comes off what a later credit note can pay out", async () => {
    const { api, paid, note, payout, refund } = await payer()
    const invoice = await paid(10_000)
    expect((await refund(invoice, { amount_nanos: nanos(4_000) })).status).toBe(201)
    await note(invoice, 10_000)
    expect(told(await payout({ amount_nanos: nanos(6_001) }))).toEqual([422, "invalid_request"])
    expect((await payout()).json.amount_nanos).toBe(nanos(6_000))
    expect(told(await payout())).toEqual([409, "invalid_state"])
    await expectClean(api)
  })
})

test("a payout and refunds at once give back no more than was paid", async () => {
  const { api, paid, note, payout, refund } = await payer()
  const invoice = await paid(10_000)
  const { id } = await note(invoice, 6_000)
  const replies = await Promise.all([
    payout(),
    refund(invoice, { credit_note_id: id }),
    refund(invoice),
    payout({ amount_nanos: nanos(3_000) }),
  ])
  const done = replies.filter(({ status }) => status === 201).flatMap(({ json }) => json)
  const out = done.reduce((sum: number, { amount_nanos }: any) => sum + cents(amount_nanos), 0)
  expect(out).toBeGreaterThan(0)
  expect(out).toBeLessThanOrEqual(10_000)
  await expectClean(api)
})

/** Numbers that look random, the same ones for a seed. */
function chance(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

test.each([3, 5, 8])(
  "whatever is credited, paid out and refunded in turn, no more goes out than came in (%i)",
  async (seed) => {
    const { api, paid, payout, refund } = await payer()
    const next = chance(seed)
    const amounts = [10_000, 7_300]
    const invoices: string[] = []
    for (const amount of amounts) invoices.push(await paid(amount))
    const notes: { id: string; invoice: string; total: number; out: number }[] = []
    const outOf = new Map(invoices.map((id) => [id, 0]))
    let total = 0
    for (let step = 0; step < 24; step++) {
      const at = next(2)
      const invoice = invoices[at] ?? ""
      const amount = { amount_nanos: nanos(1 + next(5_000)) }
      const kind = next(4)
      if (kind === 0) {
        const made = await api.post(`/admin/v1/invoices/${invoice}/credit-notes`, { reason: "x", ...amount })
        if (made.status === 201) {
          notes.push({ id: made.json.id, invoice, total: cents(amount.amount_nanos), out: 0 })
        }
      } else if (kind === 1) {
        const made = await payout(next(3) === 0 ? {} : amount)
        expect([201, 409, 422]).toContain(made.status)
        if (made.status === 201) total += cents(made.json.amount_nanos)
      } else {
        const note = kind === 2 ? notes[next(Math.max(1, notes.length))] : undefined
        const of = note?.invoice ?? invoice
        const bound = note === undefined ? {} : { credit_note_id: note.id }
        const made = await refund(of, { ...bound, ...(next(2) === 0 ? amount : {}) })
        expect([201, 409, 422]).toContain(made.status)
        const out =
          made.status !== 201
            ? 0
            : made.json.reduce((sum: number, one: any) => sum + cents(one.amount_nanos), 0)
        total += out
        outOf.set(of, (outOf.get(of) ?? 0) + out)
        if (note !== undefined) note.out += out
      }
      expect(total).toBeLessThanOrEqual(17_300)
    }
    for (const [at, id] of invoices.entries()) expect(outOf.get(id)).toBeLessThanOrEqual(amounts[at] ?? 0)
    for (const { total: most, out } of notes) expect(out).toBeLessThanOrEqual(most)
    expect(total).toBeGreaterThan(0)
    await expectClean(api)
  },
)

// What becomes of a subscription's invoices: lines by hand beside usage, credit notes, voids and their replacements. By the test clock.

import { beforeEach, describe, expect, test } from "vitest"
import type { Api } from "../support/client.ts"
import { advance, newTenant, setClock } from "../support/client.ts"
import { CALLS, CENT, FEE, invoicesOf, newPlan, newSubscription, told, use } from "../support/fixtures.ts"

let api: Api
let subscription: any

beforeEach(async () => {
  api = (await newTenant("test")).api
  await setClock(api, "2026-01-01T00:00:00Z")
  subscription = await newSubscription(api, await newPlan(api, [CALLS, FEE]))
})

const post = async (path: string, body: unknown = {}) => {
  const answer = await api.post(`/admin/v1/${path}`, body)
  if (answer.status >= 300) throw new Error(`${path}: ${answer.text}`)
  return answer.json
}

/** January's invoice, with so many calls, half an hour after the period's end: a draft for half an hour more. */
async function januaryDraft(calls: number): Promise<any> {
  await use(api, subscription, "2026-01-10T00:00:00Z", calls)
  await advance(api, { to: "2026-02-01T00:30:00Z" })
  return (await invoicesOf(api, subscription))[0]
}

test("lines by hand stay while usage changes the others", async () => {
  const { id } = await januaryDraft(5)
  const goodwill = { description: "Goodwill", unit_amount_nanos: (-100n * CENT).toString() }
  await post(`invoices/${id}/lines`, goodwill)
  await use(api, subscription, "2026-01-31T00:00:00Z", 2)
  await advance(api, { to: "2026-02-02T00:00:00Z" })
  const [january] = await invoicesOf(api, subscription)
  expect(january.status).toBe("Open")
  expect(told(january)).toEqual([
    ["Calls", "7", 7],
    ["Fee", "1", 3_100],
    ["Goodwill", "1", -100],
  ])
  expect(BigInt(january.total_nanos)).toBe(3_007n * CENT)
})

test("three credit notes sum to the invoice, and nothing of it is billed again", async () => {
  await januaryDraft(7)
  await advance(api, { to: "2026-02-02T00:00:00Z" })
  const [january] = await invoicesOf(api, subscription)
  const path = `invoices/${january.id}/credit-notes`
  const notes = [
    await post(path, { reason: "Outage", amount_nanos: (1_000n * CENT).toString() }),
    await post(path, { reason: "Outage", lines: [{ line_id: january.line_items[0].id, quantity: "3" }] }),
    await post(path, { reason: "Cancelled" }),
  ]
  const given = notes.reduce((sum, note) => sum + BigInt(note.total_nanos), 0n)
  expect(given).toBe(3_107n * CENT)
  expect((await api.get(`/v1/invoices/${january.id}`)).json.status).toBe("Paid")
  // A day of February, of which January's charges are no part: $31 / 28 = $1.107.
  expect(told(await post(`subscriptions/${subscription.id}/bill`))).toEqual([
    ["Calls", "0", 0],
    ["Fee", "1", 111],
  ])
})

describe("reissue", () => {
  test("an open invoice is replaced with what it should be now, and no other bill takes it", async () => {
    await januaryDraft(5)
    await advance(api, { to: "2026-02-02T00:00:00Z" })
    await use(api, subscription, "2026-01-20T00:00:00Z", 2)
    const [january] = await invoicesOf(api, subscription)
    const replacement = await post(`invoices/${january.id}/reissue`, { reason: "Purchase order" })
    expect(told(replacement)).toEqual([
      ["Calls", "7", 7],
      ["Fee", "1", 3_100],
    ])
    const bill = await post(`subscriptions/${subscription.id}/bill`)
    expect(told(bill)).toEqual([
      ["Calls", "0", 0],
      ["Fee", "1", 111],
    ])
    const final = await post(`invoices/${replacement.id}/finalize`)
    expect(final).toMatchObject({ invoice_number: "INV-000002", replaces_invoice_id: january.id })
  })

  test("what another bill took after the void is not charged twice", async () => {
    await januaryDraft(5)
    await advance(api, { to: "2026-02-02T00:00:00Z" })
    const [january] = await invoicesOf(api, subscription)
    await post(`invoices/${january.id}/void`, { reason: "Wrong" })
    const bill = await post(`subscriptions/${subscription.id}/bill`)
    expect(told(bill).slice(0, 2)).toEqual([
      ["Calls", "5", 5],
      ["Fee", "1", 3_100],
    ])
    const replacement = await post(`invoices/${january.id}/reissue`)
    expect(replacement.total_nanos).toBe("0")
  })
})

test("a pro-forma keeps the next invoice as it was foreseen, and charges nothing", async () => {
  await use(api, subscription, "2026-01-01T00:00:00Z", 4)
  const offer = await post(`subscriptions/${subscription.id}/pro-forma`, { memo: "As foreseen" })
  expect(offer).toMatchObject({
    invoice_type: "ProForma",
    period_end: "2026-02-01T00:00:00Z",
    memo: "As foreseen",
  })
  expect(told(offer)).toEqual([
    ["Calls", "4", 4],
    ["Fee", "1", 3_100],
  ])
  const converted = await api.post(`/admin/v1/invoices/${offer.id}/convert`)
  expect([converted.status, converted.json.code]).toEqual([409, "invalid_state"])
  await use(api, subscription, "2026-01-01T00:00:00Z", 1)
  await advance(api, { to: "2026-02-02T00:00:00Z" })
  const found = await invoicesOf(api, subscription)
  expect(found.map((invoice) => [invoice.invoice_type, invoice.status])).toEqual([
    ["ProForma", "Draft"],
    ["Standard", "Open"],
  ])
  expect(told(found[0])).toEqual(told(offer))
  expect(told(found[1])[0]).toEqual(["Calls", "5", 5])
})

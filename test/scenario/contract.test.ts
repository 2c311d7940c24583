// Contracts as stories: phases, commitments, amendments, terminations, coterming. By the test clock.

import { beforeEach, describe, expect, test } from "vitest"
import type { Api, Json } from "../support/client.ts"
import { advance, create, newTenant, setClock } from "../support/client.ts"
import { voidInvoice } from "../../src/actions/void-invoice.ts"
import { CENT, invoicesOf, newCustomer, newPlan, newSubscription } from "../support/fixtures.ts"
import { scopeOf } from "../support/race.ts"

const DOLLAR = 1_000_000_000_000n

/** One dollar an hour. */
const COMPUTE: Json = {
  name: "Compute",
  pricing_model: "PerUnit",
  unit_amount_nanos: DOLLAR.toString(),
  meter_event_type: "compute",
  meter_property: "hours",
}

const FEE: Json = {
  name: "Platform",
  pricing_model: "Flat",
  unit_amount_nanos: (30n * DOLLAR).toString(),
}

const dollars = (amount: number): string => (BigInt(amount) * DOLLAR).toString()

let api: Api
let tenantId: string
let customer: any

beforeEach(async () => {
  const tenant = await newTenant("test")
  api = tenant.api
  tenantId = tenant.id
  await setClock(api, "2026-01-01T00:00:00Z")
  customer = await newCustomer(api)
})

async function newContract(fields: Json): Promise<any> {
  const made = await create(api, "/admin/v1/contracts", {
    customer_id: customer.id,
    name: "Enterprise",
    ...fields,
  })
  const activated = await api.post(`/admin/v1/contracts/${made.id}/activate`)
  expect(activated.json.status).toBe("Active")
  return activated.json
}

/** A contract of one phase. */
const oneYear = (fields: Json): Promise<any> => {
  const dates = { start_date: "2026-01-01", end_date: "2026-12-31" }
  return newContract({ ...dates, terms: [{ phase: 1, ...dates, ...fields }] })
}

const subscribe = (plan: any, fields: Json = {}): Promise<any> =>
  newSubscription(api, plan, { customer_id: customer.id, ...fields })

const link = (contract: any, subscription: any, adoption = "PLG"): Promise<any> =>
  create(api, `/admin/v1/contracts/${contract.id}/subscriptions`, {
    subscription_id: subscription.id,
    adoption,
  })

let sent = 0

async function compute(subscription: any, timestamp: string, hours: number): Promise<void> {
  const id = `compute-${(sent += 1)}`
  const event = {
    id,
    event_type: "compute",
    subscription_id: subscription.id,
    timestamp,
    properties: { hours },
  }
  const answer = await api.post("/v1/events", event)
  if (answer.status !== 200) throw new Error(`not recorded: ${answer.text}`)
}

/** Description and cents of every line on the customer's invoices, oldest first, without those of nothing. */
async function billed(): Promise<[string, number][]> {
  const listed = await api.get(`/admin/v1/invoices?customer_id=${customer.id}&limit=100`)
  const lines: [string, number][] = []
  for (const { id, status } of listed.json.toReversed()) {
    if (status === "Void") continue
    const invoice = await api.get(`/v1/invoices/${id}`)
    for (const line of invoice.json.line_items) {
      lines.push([line.description, Number(BigInt(line.amount_nanos) / CENT)])
    }
  }
  return lines.filter(([, cents]) => cents !== 0)
}

/** Of bills that were made in the same second, in any order. */
const sorted = (lines: readonly [string, number][]) =>
  lines.toSorted(([a, cents], [b, others]) => a.localeCompare(b) || cents - others)

const total = (lines: readonly [string, number][]) => lines.reduce((sum, [, cents]) => sum + cents, 0)

const DRAWN = "Commitment of Enterprise, phase 1"

describe("an enterprise contract of two years", () => {
  test("what is missing to a phase is invoiced when it ends; beyond the commitment usage costs the phase's price", async () => {
    const contract = await newContract({
      start_date: "2026-01-01",
      end_date: "2027-12-31",
      terms: [
        {
          phase: 1,
          start_date: "2026-01-01",
          end_date: "2026-12-31",
          committed_amount_nanos: "50000000000000000",
          description: "Year 1",
        },
        {
          phase: 2,
          start_date: "2027-01-01",
          end_date: "2027-12-31",
          committed_amount_nanos: "75000000000000000",
          discount_bps: 2_000,
          description: "Year 2",
        },
      ],
    })
    const subscription = await subscribe(await newPlan(api, [COMPUTE]))
    await link(contract, subscription)
    await compute(subscription, "2026-01-01T00:00:00Z", 30_000)
    await advance(api, { to: "2026-09-01T00:00:00Z" })
    await compute(subscription, "2026-09-01T00:00:00Z", 12_000)
    const running = await api.get(`/admin/v1/contracts/${contract.id}/commitments`)
    expect(running.json[0]).toMatchObject({
      committed_amount_nanos: dollars(50_000),
      used_nanos: dollars(30_000),
      remaining_nanos: dollars(20_000),
    })
    await advance(api, { to: "2027-02-01T00:00:00Z" })
    expect(await billed()).toEqual([
      ["Compute", 3_000_000],
      ["Compute", 1_200_000],
      ["Commitment shortfall of phase 1 (Year 1)", 800_000],
    ])
    await compute(subscription, "2027-02-01T00:00:00Z", 100_000)
    await advance(api, { to: "2028-02-01T00:00:00Z" })
    // 100,000 hours at 80 cents are more than the 75,000 dollars that were promised.
    expect((await billed()).slice(3)).toEqual([["Compute", 8_000_000]])
    const ended = await api.get(`/admin/v1/contracts/${contract.id}`)
    expect(ended.json).toMatchObject({ status: "Expired", ended_at: "2028-01-01T00:00:00Z" })
  })

  test("a phase that begins within a billing period divides its usage, and not its fee", async () => {
    const contract = await newContract({
      start_date: "2026-01-01",
      end_date: "2026-06-30",
      terms: [
        { phase: 1, start_date: "2026-01-01", end_date: "2026-01-15" },
        { phase: 2, start_date: "2026-01-16", end_date: "2026-06-30", discount_bps: 5_000 },
      ],
    })
    const subscription = await subscribe(await newPlan(api, [COMPUTE, FEE]))
    await link(contract, subscription)
    await compute(subscription, "2026-01-01T00:00:00Z", 10)
    await advance(api, { to: "2026-01-16T00:00:00Z" })
    await compute(subscription, "2026-01-16T00:00:00Z", 10)
    await advance(api, { to: "2026-03-01T00:00:00Z" })
    expect(sorted(await billed())).toEqual([
      ["Compute", 500],
      ["Compute", 1_000],
      ["Platform", 1_500],
      ["Platform", 3_000],
    ])
  })

  test("after its last day the plan's prices hold again", async () => {
    const dates = { start_date: "2026-01-01", end_date: "2026-01-31" }
    const contract = await newContract({ ...dates, terms: [{ phase: 1, ...dates, discount_bps: 5_000 }] })
    const subscription = await subscribe(await newPlan(api, [FEE]))
    await link(contract, subscription)
    await advance(api, { to: "2026-03-01T00:00:00Z" })
    expect(await billed()).toEqual([
      ["Platform", 1_500],
      ["Platform", 3_000],
    ])
  })

  test("prices rise by a percentage with each year, and those of one tag have a discount of their own", async () => {
    const product = await create(api, "/admin/v1/catalog/products", { name: "Storage", tags: ["storage"] })
    const contract = await newContract({
      start_date: "2026-01-01",
      end_date: "2027-12-31",
      escalation: { type: "Percent", bps: 300 },
      terms: [
        {
          phase: 1,
          start_date: "2026-01-01",
          end_date: "2027-12-31",
          discount_bps: 1_000,
          overrides: [{ product_tag: "storage", discount_bps: 2_000 }],
        },
      ],
    })
    const yearly = { billing_cadence: "Annual" }
    const platform = await subscribe(await newPlan(api, [FEE], yearly))
    const storage = await subscribe(await newPlan(api, [FEE], { ...yearly, product_id: product.id }))
    await link(contract, platform)
    await link(contract, storage)
    await advance(api, { to: "2028-01-01T00:00:00Z" })
    const told = async (subscription: any) =>
      (await invoicesOf(api, subscription)).map((invoice: any) => invoice.total_nanos)
    // 30.00 and 30.90 less 10 and 20 per cent.
    expect(await told(platform)).toEqual([String(27n * DOLLAR), String(2_781n * CENT)])
    expect(await told(storage)).toEqual([String(24n * DOLLAR), String(2_472n * CENT)])
  })
})

describe("commitments that are paid upfront", () => {
  test("usage draws from them until nothing is left, and then costs", async () => {
    const contract = await oneYear({ committed_amount_nanos: dollars(100), billing: "Upfront" })
    const subscription = await subscribe(await newPlan(api, [COMPUTE, FEE]))
    await link(contract, subscription)
    await compute(subscription, "2026-01-01T00:00:00Z", 60)
    await advance(api, { to: "2026-02-01T00:00:00Z" })
    await compute(subscription, "2026-02-01T00:00:00Z", 70)
    await advance(api, { to: "2026-03-01T00:00:00Z" })
    // Fees are no usage.
    expect(await billed()).toEqual([
      ["Commitment of phase 1", 10_000],
      ["Compute", 6_000],
      ["Platform", 3_000],
      [DRAWN, -6_000],
      ["Compute", 7_000],
      ["Platform", 3_000],
      [DRAWN, -4_000],
    ])
  })

  test("several bills of one period draw what one bill would", async () => {
    const contract = await oneYear({ committed_amount_nanos: dollars(100), billing: "Upfront" })
    const subscription = await subscribe(await newPlan(api, [COMPUTE]))
    await link(contract, subscription)
    for (const day of ["05", "10", "20"]) {
      await advance(api, { to: `2026-01-${day}T00:00:00Z` })
      await compute(subscription, `2026-01-${day}T00:00:00Z`, 40)
      await create(api, `/admin/v1/subscriptions/${subscription.id}/bill`, {})
    }
    await advance(api, { to: "2026-03-01T00:00:00Z" })
    const lines = await billed()
    expect(total(lines)).toBe(10_000 + 12_000 - 10_000)
    expect(total(lines.filter(([name]) => name === DRAWN))).toBe(-10_000)
  })

  test("usage of the grace time of a draft draws too", async () => {
    const contract = await oneYear({ committed_amount_nanos: dollars(100), billing: "Upfront" })
    const subscription = await subscribe(await newPlan(api, [COMPUTE]))
    await link(contract, subscription)
    await compute(subscription, "2026-01-01T00:00:00Z", 60)
    await advance(api, { to: "2026-02-01T00:00:00Z" })
    await compute(subscription, "2026-01-31T00:00:00Z", 70)
    await advance(api, { to: "2026-02-02T00:00:00Z" })
    expect(await billed()).toEqual([
      ["Commitment of phase 1", 10_000],
      ["Compute", 13_000],
      [DRAWN, -10_000],
    ])
  })

  test("two subscriptions that are billed at once never draw the same money", async () => {
    const contract = await oneYear({ committed_amount_nanos: dollars(100), billing: "Upfront" })
    const plan = await newPlan(api, [COMPUTE])
    const [first, second] = [await subscribe(plan), await subscribe(plan)]
    await link(contract, first)
    await link(contract, second)
    await advance(api, { by: "PT1H" })
    await compute(first, "2026-01-01T00:30:00Z", 80)
    await compute(second, "2026-01-01T00:30:00Z", 70)
    const bills = await Promise.all(
      [first, second].map(({ id }) => api.post(`/admin/v1/subscriptions/${id}/bill`, {})),
    )
    expect(bills.map(({ status }) => status)).toEqual([201, 201])
    const lines = await billed()
    expect(total(lines.filter(([name]) => name === DRAWN))).toBe(-10_000)
    expect(total(lines)).toBe(10_000 + 15_000 - 10_000)
  })

  test("two subscriptions on one gathering draft never draw the same money", async () => {
    await newCustomer(api, {
      account_type: "Subsidiary",
      parent_id: customer.id,
      consolidation: "ConsolidateToParent",
    })
    const contract = await oneYear({ committed_amount_nanos: dollars(100), billing: "Upfront" })
    const plan = await newPlan(api, [COMPUTE])
    const [first, second] = [await subscribe(plan), await subscribe(plan)]
    await link(contract, first)
    await link(contract, second)
    await compute(first, "2026-01-01T00:00:00Z", 30)
    await compute(second, "2026-01-01T00:00:00Z", 30)
    await advance(api, { to: "2026-02-01T00:00:00Z" })
    await compute(first, "2026-01-31T00:00:00Z", 30)
    await compute(second, "2026-01-31T00:00:00Z", 30)
    await advance(api, { to: "2026-02-02T00:00:00Z" })
    const lines = await billed()
    expect(total(lines.filter(([name]) => name === DRAWN))).toBe(-10_000)
    expect(total(lines)).toBe(10_000 + 12_000 - 10_000)
  })

  test("a commitment for a tag takes its usage first", async () => {
    const product = await create(api, "/admin/v1/catalog/products", { name: "Storage", tags: ["storage"] })
    const contract = await oneYear({
      committed_amount_nanos: dollars(50),
      billing: "Upfront",
      commitments: [{ product_tag: "storage", committed_amount_nanos: dollars(20) }],
    })
    const plain = await subscribe(await newPlan(api, [COMPUTE]))
    const tagged = await subscribe(await newPlan(api, [COMPUTE], { product_id: product.id }))
    await link(contract, plain)
    await link(contract, tagged)
    await compute(plain, "2026-01-01T00:00:00Z", 25)
    await compute(tagged, "2026-01-01T00:00:00Z", 60)
    await advance(api, { to: "2026-02-02T00:00:00Z" })
    const { json } = await api.get(`/admin/v1/contracts/${contract.id}/commitments`)
    expect(json.map((one: any) => [one.product_tag, one.drawn_nanos])).toEqual([
      ["storage", dollars(20)],
      [null, dollars(50)],
    ])
    expect(total(await billed())).toBe(7_000 + 8_500 - 7_000)
  })
})

describe("amending", () => {
  test("within a phase: what was drawn stays drawn, more is invoiced, and the new prices hold from then on", async () => {
    const contract = await oneYear({ committed_amount_nanos: dollars(100), billing: "Upfront" })
    const subscription = await subscribe(await newPlan(api, [COMPUTE]))
    await link(contract, subscription)
    await compute(subscription, "2026-01-01T00:00:00Z", 60)
    await advance(api, { to: "2026-02-01T00:00:00Z" })
    await compute(subscription, "2026-02-01T00:00:00Z", 10)
    await advance(api, { to: "2026-02-10T00:00:00Z" })
    const amended = await create(api, `/admin/v1/contracts/${contract.id}/amend`, {
      terms: [
        {
          phase: 1,
          start_date: "2026-01-01",
          end_date: "2026-12-31",
          committed_amount_nanos: dollars(150),
          billing: "Upfront",
          discount_bps: 1_000,
        },
      ],
    })
    expect(amended).toMatchObject({ status: "Active", parent_contract_id: contract.id })
    await compute(subscription, "2026-02-10T00:00:00Z", 100)
    await advance(api, { to: "2026-03-02T00:00:00Z" })
    expect(await billed()).toEqual([
      ["Commitment of phase 1", 10_000],
      ["Compute", 6_000],
      [DRAWN, -6_000],
      ["Commitment of phase 1", 5_000],
      ["Compute", 1_000],
      ["Compute", 9_000],
      [DRAWN, -9_000],
    ])
    const chain = await api.get(`/admin/v1/contracts/${amended.id}/chain`)
    expect(chain.json.map((one: any) => [one.id, one.status])).toEqual([
      [contract.id, "Amended"],
      [amended.id, "Active"],
    ])
  })

  test("what has ended or was paid stays, and a contract is amended once", async () => {
    const dates = { start_date: "2026-01-01", end_date: "2026-12-31" }
    const first = { phase: 1, start_date: "2026-01-01", end_date: "2026-01-31", discount_bps: 100 }
    const second = {
      phase: 2,
      start_date: "2026-02-01",
      end_date: "2026-12-31",
      committed_amount_nanos: dollars(100),
      billing: "Upfront",
    }
    const contract = await newContract({ ...dates, terms: [first, second] })
    await advance(api, { to: "2026-02-10T00:00:00Z" })
    const path = `/admin/v1/contracts/${contract.id}/amend`
    const refused = async (terms: Json[]) => (await api.post(path, { terms })).json.errors?.[0]
    expect(await refused([{ ...first, discount_bps: 200 }, second])).toMatchObject({ path: "terms.0" })
    const less = { ...second, committed_amount_nanos: dollars(99) }
    expect(await refused([first, less])).toMatchObject({ path: "terms.1" })
    expect(await refused([first, { ...second, phase: 3 }])).toMatchObject({ path: "terms.1" })
    expect((await api.post(path, { end_date: "2027-12-31" })).status).toBe(201)
    expect((await api.post(path, {})).json.code).toBe("invalid_state")
  })
})

describe("terminating", () => {
  test("the share of the phase that has passed is owed, and later usage is at the plan's price", async () => {
    const contract = await oneYear({ committed_amount_nanos: dollars(365), discount_bps: 5_000 })
    const subscription = await subscribe(await newPlan(api, [COMPUTE]))
    await link(contract, subscription)
    await compute(subscription, "2026-01-01T00:00:00Z", 100)
    await advance(api, { to: "2026-03-15T00:00:00Z" })
    const path = `/admin/v1/contracts/${contract.id}/terminate`
    const terminated = await api.post(path, { reason: "Merged" })
    expect(terminated.json).toMatchObject({ status: "Terminated", ended_reason: "Merged" })
    await compute(subscription, "2026-03-15T00:00:00Z", 7)
    await advance(api, { to: "2026-05-01T00:00:00Z" })
    // 73 of 365 days: 73 dollars, of which 50 were spent.
    expect(sorted(await billed())).toEqual([
      ["Commitment shortfall of phase 1", 2_300],
      ["Compute", 700],
      ["Compute", 5_000],
    ])
    const again = await api.post(path, {})
    expect([again.status, again.json.code]).toEqual([409, "invalid_state"])
  })

  test("in full, where that was agreed", async () => {
    const contract = await oneYear({ committed_amount_nanos: dollars(365) })
    await advance(api, { to: "2026-03-15T00:00:00Z" })
    await api.post(`/admin/v1/contracts/${contract.id}/terminate`, { true_up: "Full" })
    await advance(api, { by: "PT1H" })
    expect(await billed()).toEqual([["Commitment shortfall of phase 1", 36_500]])
  })

  test("late usage draws from what was invoiced as missing", async () => {
    const dates = { start_date: "2026-01-01", end_date: "2026-01-31" }
    const contract = await newContract({
      ...dates,
      terms: [{ phase: 1, ...dates, committed_amount_nanos: dollars(100) }],
    })
    const subscription = await subscribe(await newPlan(api, [COMPUTE]))
    await link(contract, subscription)
    await compute(subscription, "2026-01-01T00:00:00Z", 40)
    await advance(api, { to: "2026-02-10T00:00:00Z" })
    expect(await billed()).toEqual([
      ["Compute", 4_000],
      ["Commitment shortfall of phase 1", 6_000],
    ])
    await compute(subscription, "2026-01-31T00:00:00Z", 70)
    await advance(api, { to: "2026-03-02T00:00:00Z" })
    // The phase used 110: ten more than was committed.
    expect((await billed()).slice(2)).toEqual([
      ["Compute", 7_000],
      [DRAWN, -6_000],
    ])
  })
})

describe("coming under a contract", () => {
  test("with 20 days left the fees are one fee, and the subscription ends with the contract", async () => {
    const dates = { start_date: "2026-01-01", end_date: "2026-06-30" }
    const contract = await newContract({ ...dates, terms: [{ phase: 1, ...dates }] })
    await advance(api, { to: "2026-06-11T00:00:00Z" })
    const subscription = await subscribe(await newPlan(api, [COMPUTE, FEE]))
    const linked = await link(contract, subscription, "Coterm")
    expect(linked).toMatchObject({ adoption: "Coterm", from: "2026-06-11T00:00:00Z" })
    // 20 of the period's 30 days, of 30 dollars.
    expect(await billed()).toEqual([["Platform", 2_000]])
    await compute(subscription, "2026-06-11T00:00:00Z", 5)
    await advance(api, { to: "2026-09-01T00:00:00Z" })
    expect(await billed()).toEqual([
      ["Platform", 2_000],
      ["Compute", 500],
    ])
    const ended = await api.get(`/v1/subscriptions/${subscription.id}`)
    expect(ended.json).toMatchObject({ status: "Expired", ended_at: "2026-07-01T00:00:00Z" })
  })

  test("with more left the fees recur until then", async () => {
    const dates = { start_date: "2026-01-01", end_date: "2026-02-15" }
    const contract = await newContract({ ...dates, terms: [{ phase: 1, ...dates }] })
    const subscription = await subscribe(await newPlan(api, [FEE]))
    expect(await link(contract, subscription, "Coterm")).toMatchObject({ invoice_id: null })
    await advance(api, { to: "2026-09-01T00:00:00Z" })
    // 15 of February's 28 days: 16.07.
    expect(await billed()).toEqual([
      ["Platform", 3_000],
      ["Platform", 1_607],
    ])
  })

  test("a subscription leaves one contract for another by a recontract only", async () => {
    const before = await oneYear({ discount_bps: 1_000 })
    const after = await oneYear({ discount_bps: 5_000 })
    const subscription = await subscribe(await newPlan(api, [FEE]))
    await link(before, subscription, "Coterm")
    const path = `/admin/v1/contracts/${after.id}/subscriptions`
    const refused = await api.post(path, { subscription_id: subscription.id, adoption: "PLG" })
    expect([refused.status, refused.json.code]).toEqual([409, "invalid_state"])
    await advance(api, { to: "2026-02-01T00:00:00Z" })
    await link(after, subscription, "Recontract")
    await advance(api, { to: "2027-02-01T00:00:00Z" })
    const fees = (await billed()).map(([, cents]) => cents)
    expect(fees).toEqual([2_700, ...Array.from({ length: 11 }, () => 1_500), 3_000])
  })

  test("who joins in the midst of a period joins with all of it", async () => {
    const contract = await oneYear({ committed_amount_nanos: dollars(100), billing: "Upfront" })
    const subscription = await subscribe(await newPlan(api, [COMPUTE]))
    await compute(subscription, "2026-01-01T00:00:00Z", 30)
    await advance(api, { to: "2026-01-20T00:00:00Z" })
    await link(contract, subscription)
    await advance(api, { to: "2026-02-02T00:00:00Z" })
    expect((await billed()).slice(1)).toEqual([
      ["Compute", 3_000],
      [DRAWN, -3_000],
    ])
  })
})

describe("an invoice that is void and waived counts as what it charged", () => {
  /** As a cancelation through Billy's door does. */
  async function waive(id: string): Promise<void> {
    const voided = await voidInvoice(await scopeOf(tenantId), id, "Canceled", null, { isWaived: true })
    expect(voided.ok).toBe(true)
  }

  const latest = async (): Promise<any> =>
    (await api.get(`/admin/v1/invoices?customer_id=${customer.id}`)).json[0]

  test("what was waived is not missing to the commitment", async () => {
    const contract = await oneYear({ committed_amount_nanos: dollars(100) })
    const subscription = await subscribe(await newPlan(api, [COMPUTE]))
    await link(contract, subscription)
    await compute(subscription, "2026-01-01T00:00:00Z", 60)
    await advance(api, { to: "2026-02-02T00:00:00Z" })
    await waive((await latest()).id)
    await advance(api, { to: "2027-02-01T00:00:00Z" })
    // Of the 100 that were promised 60 were used: 40 are missing. The 60 would be charged after all by a shortfall of 100.
    expect(await billed()).toEqual([["Commitment shortfall of phase 1", 4_000]])
    const [commitment] = (await api.get(`/admin/v1/contracts/${contract.id}/commitments`)).json
    expect(commitment).toMatchObject({ used_nanos: dollars(60), invoiced_nanos: dollars(40) })
  })

  test("what it drew from a commitment stays drawn, so a late bill of its time gives nothing back", async () => {
    const contract = await oneYear({ committed_amount_nanos: dollars(100), billing: "Upfront" })
    const subscription = await subscribe(await newPlan(api, [COMPUTE, FEE]))
    await link(contract, subscription)
    await compute(subscription, "2026-01-01T00:00:00Z", 60)
    await advance(api, { to: "2026-02-02T00:00:00Z" })
    await waive((await latest()).id)
    await compute(subscription, "2026-02-02T00:00:00Z", 90)
    await advance(api, { to: "2026-03-02T00:00:00Z" })
    // January has drawn 60 of the 100, February draws the 40 that are left.
    expect((await billed()).slice(1)).toEqual([
      ["Compute", 9_000],
      ["Platform", 3_000],
      [DRAWN, -4_000],
    ])
    await compute(subscription, "2026-01-15T00:00:00Z", 10)
    await advance(api, { to: "2026-04-02T00:00:00Z" })
    expect(sorted((await billed()).slice(4))).toEqual(
      sorted([
        ["Compute", 1_000],
        ["Platform", 3_000],
      ]),
    )
  })
})

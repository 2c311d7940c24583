// Contracts over HTTP: what is told, listed and refused. What they do to bills is in test/scenario/contract.test.ts.

import { beforeAll, describe, expect, test } from "vitest"
import type { Api, Json } from "../support/client.ts"
import { create, newTenant, setClock } from "../support/client.ts"
import { FEE, newCustomer, newPlan, newSubscription } from "../support/fixtures.ts"

let api: Api
let customer: any

const MISSING = "01944b1f-0000-7000-8000-000000000001"

const enterprise = (fields: Json = {}): Json => ({
  customer_id: customer.id,
  name: "Acme Enterprise 2026",
  start_date: "2026-01-01",
  end_date: "2027-12-31",
  terms: [
    {
      phase: 1,
      start_date: "2026-01-01",
      end_date: "2026-12-31",
      committed_amount_nanos: "50000000000000000",
      description: "Year 1: $50,000",
    },
    {
      phase: 2,
      start_date: "2027-01-01",
      end_date: "2027-12-31",
      committed_amount_nanos: "100000000000000000",
      description: "Year 2: $100,000",
    },
  ],
  ...fields,
})

const newContract = (fields: Json = {}): Promise<any> =>
  create(api, "/admin/v1/contracts", enterprise(fields))

async function active(fields: Json = {}): Promise<any> {
  const made = await newContract(fields)
  return (await api.post(`/admin/v1/contracts/${made.id}/activate`)).json
}

beforeAll(async () => {
  api = (await newTenant("test")).api
  await setClock(api, "2026-02-28T00:00:00Z")
  customer = await newCustomer(api)
})

describe("creating", () => {
  test("a draft with its phases, and what they leave open", async () => {
    const made = await newContract({ external_id: "crm-1", metadata: { team: "sales" } })
    expect(made).toMatchObject({
      customer_id: customer.id,
      name: "Acme Enterprise 2026",
      status: "Draft",
      currency: "USD",
      start_date: "2026-01-01",
      end_date: "2027-12-31",
      escalation: null,
      parent_contract_id: null,
      root_contract_id: made.id,
      activated_at: null,
      external_id: "crm-1",
      metadata: { team: "sales" },
    })
    expect(made.terms[1]).toEqual({
      phase: 2,
      start_date: "2027-01-01",
      end_date: "2027-12-31",
      committed_amount_nanos: "100000000000000000",
      product_tag: null,
      priority: 100,
      commitments: [],
      billing: "TrueUp",
      discount_bps: 0,
      overrides: [],
      description: "Year 2: $100,000",
    })
    expect((await api.get(`/admin/v1/contracts/${made.id}`)).json).toEqual(made)
  })

  test("everything that a phase can have comes back as it was sent", async () => {
    const plan = await newPlan(api, [FEE])
    const term = {
      phase: 1,
      start_date: "2026-01-01",
      end_date: "2027-12-31",
      committed_amount_nanos: "1000000000000",
      product_tag: "api",
      priority: 2,
      commitments: [{ product_tag: "storage", committed_amount_nanos: "2000000000000", priority: 1 }],
      billing: "Upfront",
      discount_bps: 1_000,
      overrides: [
        { product_tag: "storage", sku_id: null, discount_bps: 2_000 },
        { product_tag: null, sku_id: plan.skus[0].id, discount_bps: 0 },
      ],
      description: "All",
    }
    const sent = {
      ...term,
      overrides: [
        { product_tag: "storage", discount_bps: 2_000 },
        { sku_id: plan.skus[0].id, discount_bps: 0 },
      ],
    }
    const escalation = { type: "Fixed", amount_nanos: "5", every: "Phase", product_tag: "api" }
    const made = await newContract({ terms: [sent], escalation })
    expect(made.terms).toEqual([term])
    expect(made.escalation).toEqual({ ...escalation, bps: null, sku_id: null })
  })

  const phaseOne = (fields: Json) => [{ ...enterprise()["terms"][0], ...fields }, enterprise()["terms"][1]]

  test.each<[string, () => Json, number, string]>([
    ["another currency", () => ({ currency: "EUR" }), 422, "currency"],
    ["no such customer", () => ({ customer_id: MISSING }), 404, "customer_id"],
    ["an end before the start", () => ({ end_date: "2025-12-31" }), 422, "end_date"],
    ["a date that isn't one", () => ({ start_date: "2026-02-30" }), 422, "start_date"],
    ["a time for a date", () => ({ start_date: "2026-01-01T00:00:00Z" }), 422, "start_date"],
    ["a gap", () => ({ terms: phaseOne({ end_date: "2026-12-30" }) }), 422, "terms.1.start_date"],
    ["an overlap", () => ({ terms: phaseOne({ end_date: "2027-01-01" }) }), 422, "terms.1.start_date"],
    [
      "a phase too early",
      () => ({ terms: phaseOne({ start_date: "2025-12-31" }) }),
      422,
      "terms.0.start_date",
    ],
    ["a phase too late", () => ({ end_date: "2027-12-30" }), 422, "terms.1.end_date"],
    ["a number twice", () => ({ terms: phaseOne({ phase: 2 }) }), 422, "terms.1.phase"],
    [
      "half a cent",
      () => ({ terms: phaseOne({ committed_amount_nanos: "5000000000" }) }),
      422,
      "terms.0.committed_amount_nanos",
    ],
    [
      "an override of a SKU that isn't there",
      () => ({ terms: phaseOne({ overrides: [{ sku_id: MISSING, discount_bps: 1 }] }) }),
      422,
      "terms.0.overrides.0.sku_id",
    ],
    [
      "a discount above all",
      () => ({ terms: phaseOne({ discount_bps: 10_001 }) }),
      422,
      "terms.0.discount_bps",
    ],
    ["a percentage of nothing", () => ({ escalation: { type: "Percent" } }), 422, "escalation.bps"],
    [
      "an amount as a percentage",
      () => ({ escalation: { type: "Percent", bps: 1, amount_nanos: "1" } }),
      422,
      "escalation.amount_nanos",
    ],
    ["a field that nobody knows", () => ({ renewal: true }), 422, ""],
  ])("%s is refused", async (_, fields, status, path) => {
    const answer = await api.post("/admin/v1/contracts", enterprise(fields()))
    expect([answer.status, answer.json.errors?.[0]?.path]).toEqual([status, path || "renewal"])
  })

  test("an external_id is given once", async () => {
    await newContract({ external_id: "crm-2" })
    const answer = await api.post("/admin/v1/contracts", enterprise({ external_id: "crm-2" }))
    expect([answer.status, answer.json.code]).toEqual([409, "already_exists"])
  })
})

describe("moving", () => {
  test("a contract is activated once, and not when its last day has passed", async () => {
    const made = await active()
    expect(made).toMatchObject({ status: "Active", activated_at: "2026-02-28T00:00:00Z" })
    const again = await api.post(`/admin/v1/contracts/${made.id}/activate`)
    expect([again.status, again.json.code]).toEqual([409, "invalid_state"])
    const dates = { start_date: "2025-01-01", end_date: "2026-02-27" }
    const passed = await newContract({ ...dates, terms: [{ phase: 1, ...dates }] })
    expect((await api.post(`/admin/v1/contracts/${passed.id}/activate`)).json.code).toBe("invalid_state")
  })

  test("a draft is terminated without further ado, and cannot be amended", async () => {
    const made = await newContract()
    expect((await api.post(`/admin/v1/contracts/${made.id}/amend`, { name: "x" })).json.code).toBe(
      "invalid_state",
    )
    const ended = await api.post(`/admin/v1/contracts/${made.id}/terminate`)
    expect(ended.json).toMatchObject({ status: "Terminated", true_up: "Prorated" })
  })

  test("an amendment is a new contract of the chain", async () => {
    const made = await active({ external_id: "crm-3" })
    const amended = await create(api, `/admin/v1/contracts/${made.id}/amend`, { end_date: "2028-12-31" })
    expect(amended).toMatchObject({
      status: "Active",
      end_date: "2028-12-31",
      parent_contract_id: made.id,
      root_contract_id: made.id,
      external_id: null,
    })
    expect(amended.terms[1].end_date).toBe("2028-12-31")
    for (const id of [made.id, amended.id]) {
      const chain = await api.get(`/admin/v1/contracts/${id}/chain`)
      expect(chain.json.map((one: any) => one.status)).toEqual(["Amended", "Active"])
    }
    const listed = await api.get(`/admin/v1/contracts?customer_id=${customer.id}&status=Amended`)
    expect(listed.json.map((one: any) => one.id)).toEqual([made.id])
    expect((await api.get("/admin/v1/contracts?external_id=crm-3")).json).toHaveLength(1)
  })
})

describe("subscriptions", () => {
  test("come under a contract that runs, of their own customer, once", async () => {
    const made = await active()
    const plan = await newPlan(api, [FEE])
    const subscription = await newSubscription(api, plan, { customer_id: customer.id })
    const path = `/admin/v1/contracts/${made.id}/subscriptions`
    const linked = await create(api, path, { subscription_id: subscription.id, adoption: "PLG" })
    expect(linked).toEqual({
      contract_id: made.id,
      subscription_id: subscription.id,
      adoption: "PLG",
      from: "2026-02-28T00:00:00Z",
      linked_at: "2026-02-28T00:00:00Z",
      invoice_id: null,
    })
    expect((await api.get(path)).json).toEqual([linked])
    const post = async (subscriptionId: string, adoption = "PLG", to = path) => {
      const { status, json } = await api.post(to, { subscription_id: subscriptionId, adoption })
      return [status, json.code, json.errors?.[0]?.path]
    }
    expect(await post(subscription.id)).toEqual([409, "invalid_state", undefined])
    const stranger = await newSubscription(api, plan)
    expect(await post(stranger.id)).toEqual([422, "invalid_request", "subscription_id"])
    const free = await newSubscription(api, plan, { customer_id: customer.id })
    expect(await post(free.id, "Recontract")).toEqual([422, "invalid_request", "adoption"])
    const draft = await newContract()
    const other = `/admin/v1/contracts/${draft.id}/subscriptions`
    expect(await post(free.id, "PLG", other)).toEqual([409, "invalid_state", undefined])
    await api.post(`/v1/subscriptions/${free.id}/cancel`, { at: "Now" })
    expect(await post(free.id)).toEqual([409, "invalid_state", undefined])
  })

  test("those that end with it take its end", async () => {
    const made = await active()
    const plan = await newPlan(api, [FEE])
    const subscription = await newSubscription(api, plan, { customer_id: customer.id })
    const body = { subscription_id: subscription.id, adoption: "Coterm" }
    await create(api, `/admin/v1/contracts/${made.id}/subscriptions`, body)
    const endOf = async () => (await api.get(`/v1/subscriptions/${subscription.id}`)).json.end_at
    expect(await endOf()).toBe("2028-01-01T00:00:00Z")
    const amended = await create(api, `/admin/v1/contracts/${made.id}/amend`, { end_date: "2028-12-31" })
    expect(await endOf()).toBe("2029-01-01T00:00:00Z")
    await api.post(`/admin/v1/contracts/${amended.id}/terminate`)
    expect(await endOf()).toBe("2026-02-28T00:00:00Z")
  })
})

test("commitments are told phase by phase, in the order in which they take usage", async () => {
  const terms = [
    {
      ...enterprise()["terms"][0],
      end_date: "2027-12-31",
      commitments: [{ product_tag: "storage", committed_amount_nanos: "1000000000000" }],
    },
  ]
  const made = await active({ terms })
  const told = await api.get(`/admin/v1/contracts/${made.id}/commitments`)
  expect(told.json).toEqual([
    {
      phase: 1,
      product_tag: "storage",
      priority: 100,
      billing: "TrueUp",
      start_date: "2026-01-01",
      end_date: "2027-12-31",
      committed_amount_nanos: "1000000000000",
      used_nanos: "0",
      remaining_nanos: "1000000000000",
      invoiced_nanos: "0",
      drawn_nanos: "0",
    },
    expect.objectContaining({ product_tag: null, committed_amount_nanos: "50000000000000000" }),
  ])
})

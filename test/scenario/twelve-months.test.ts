// A year in the life of a subscription: graduated usage, a flat fee and seats, by the test clock.
// The expected amounts come from the price list by hand or by the reckoning below, never from the engine.

import { createMessageBatch, env } from "cloudflare:test"
import { beforeAll, describe, expect, test } from "vitest"
import worker from "../../src/worker.ts"
import type { Tenant } from "../support/client.ts"
import { advance, create, newTenant, setClock } from "../support/client.ts"

const NANOS_PER_CENT = 10_000_000_000n
const SEATS = 7n
const FLAT = 29_000_000_000_000n
const SEAT = 9_990_000_000_000n

// The seed's tiers: the first million at $0.000001, the next nine at $0.00000075, the rest at $0.0000005.
function graduated(requests: bigint): bigint {
  const first = requests < 1_000_000n ? requests : 1_000_000n
  const second = requests < 1_000_000n ? 0n : (requests < 10_000_000n ? requests : 10_000_000n) - 1_000_000n
  const third = requests < 10_000_000n ? 0n : requests - 10_000_000n
  return first * 1_000_000n + second * 750_000n + third * 500_000n
}

function cents(nanos: bigint): bigint {
  return (nanos + NANOS_PER_CENT / 2n) / NANOS_PER_CENT
}

/** What month m (1 to 12) uses: below, within and above the tiers. */
function usageOf(month: number): bigint {
  return BigInt(month) * 1_234_567n
}

function dateOf(month: number, day = 15): string {
  const year = month < 12 ? 2026 : 2027
  return `${year}-${String((month % 12) + 1).padStart(2, "0")}-${String(day).padStart(2, "0")}T00:00:00Z`
}

let tenant: Tenant
let subscription: any
let sent = 0

beforeAll(async () => {
  tenant = await newTenant("test", { draft_grace_hours: 2 })
  await setClock(tenant.api, "2026-01-15T00:00:00Z")
  const customer = await create(tenant.api, "/admin/v1/customers", {
    display_name: "Acme Corp",
    email: "billing@acmecorp.com",
    currency: "USD",
    account_type: "Organization",
  })
  const plan = await create(tenant.api, "/admin/v1/catalog/plans", {
    name: "Scale",
    billing_cadence: "Monthly",
  })
  const sku = (fields: object) =>
    create(tenant.api, "/admin/v1/catalog/skus", { plan_id: plan.id, currency: "USD", ...fields })
  await sku({
    name: "Requests",
    pricing_model: "Graduated",
    meter_event_type: "api.request",
    meter_property: "requests",
    tiers: [
      { up_to: 1000000, unit_amount_nanos: "1000000" },
      { up_to: 10000000, unit_amount_nanos: "750000" },
      { up_to: null, unit_amount_nanos: "500000" },
    ],
  })
  await sku({ name: "Platform", pricing_model: "Flat", unit_amount_nanos: FLAT.toString() })
  await sku({ name: "Seats", pricing_model: "PerUnit", unit_amount_nanos: SEAT.toString() })
  subscription = await create(tenant.api, "/v1/subscriptions", {
    customer_id: customer.id,
    plan_id: plan.id,
    currency: "USD",
    quantity: "7",
  })
})

async function use(timestamp: string, requests: bigint): Promise<void> {
  sent += 1
  const answer = await tenant.api.post("/v1/events", {
    id: `evt-${sent}`,
    event_type: "api.request",
    customer_id: subscription.customer_id,
    subscription_id: subscription.id,
    timestamp,
    properties: { requests: requests.toString() },
  })
  expect(answer.json).toEqual({ accepted: true, event_id: `evt-${sent}`, duplicate: false, billable: true })
}

async function invoices(): Promise<any[]> {
  const listed = await tenant.api.get(`/admin/v1/invoices?subscription_id=${subscription.id}&limit=100`)
  return Promise.all(
    listed.json.map(async (row: any) => (await tenant.api.get(`/v1/invoices/${row.id}`)).json),
  )
}

/** Lines by the month they serve (a line's service may end early when it was billed on the way). */
function linesOf(found: any[], month: number): any[] {
  const [start, end] = [dateOf(month - 1), dateOf(month)]
  return found
    .flatMap((invoice) => invoice.line_items)
    .filter((line) => line.service_start >= start && line.service_start < end)
}

function sum(lines: any[], field: string, description: string): bigint {
  return lines
    .filter((line) => line.description === description)
    .reduce((total, line) => total + BigInt(line[field]), 0n)
}

describe("twelve months", () => {
  test("usage comes in, some months are billed on the way, and every period closes by itself", async () => {
    for (let month = 1; month <= 12; month++) {
      const half = usageOf(month) / 2n
      await advance(tenant.api, { to: dateOf(month - 1, 16) })
      await use(dateOf(month - 1, 16), half)
      await advance(tenant.api, { to: dateOf(month - 1, 28) })
      if (month % 3 === 0) {
        const billed = await tenant.api.post(`/admin/v1/subscriptions/${subscription.id}/bill`)
        expect(billed.status).toBe(201)
        expect(billed.json.status).toBe("Draft")
      }
      await use(dateOf(month - 1, 20), usageOf(month) - half)
      const { ran, complete } = await advance(tenant.api, { to: dateOf(month) })
      expect(complete).toBe(true)
      expect(ran.filter((job: any) => job.error !== null)).toEqual([])
      expect(ran.filter((job: any) => job.kind === "close-period")).toHaveLength(1)
    }
    await advance(tenant.api, { by: "PT3H" })
  }, 120_000)

  test("each month comes to what one bill would have come to, to the last nano and the last cent", async () => {
    const found = await invoices()
    for (let month = 1; month <= 12; month++) {
      const lines = linesOf(found, month)
      expect(sum(lines, "rated_amount_nanos", "Requests")).toBe(graduated(usageOf(month)))
      expect(sum(lines, "amount_nanos", "Requests")).toBe(cents(graduated(usageOf(month))) * NANOS_PER_CENT)
      expect(sum(lines, "amount_nanos", "Platform")).toBe(FLAT)
      expect(sum(lines, "amount_nanos", "Seats")).toBe(SEATS * SEAT)
    }
    // By hand: 1,234,567 requests are $1 for the first million and 234,567 × $0.00000075 = $0.17592525 for the rest.
    const january = found.find((invoice) => invoice.period_end === "2026-02-15T00:00:00Z")
    expect(
      january.line_items.map((line: any) => [line.description, line.quantity, line.rated_amount_nanos]),
    ).toEqual([
      ["Requests", "1234567", "1175925250000"],
      ["Platform", "1", "29000000000000"],
      ["Seats", "7", "69930000000000"],
    ])
    expect(january.total_nanos).toBe("100110000000000")
  })

  test("every invoice is finalized, numbers have no gap and no duplicate, and lines sum to the total", async () => {
    const found = await invoices()
    expect(found).toHaveLength(16)
    expect(new Set(found.map((invoice) => invoice.status))).toEqual(new Set(["Open"]))
    const numbers = found
      .map((invoice): string => invoice.invoice_number)
      .toSorted((a, b) => a.localeCompare(b))
    expect(numbers).toEqual(Array.from({ length: 16 }, (_, at) => `INV-${String(at + 1).padStart(6, "0")}`))
    for (const invoice of found) {
      const lines = invoice.line_items.reduce(
        (total: bigint, line: any) => total + BigInt(line.amount_nanos),
        0n,
      )
      expect(BigInt(invoice.total_nanos)).toBe(lines)
    }
  })

  test("the ledger holds what is owed: receivables are the open invoices, and everything sums to zero", async () => {
    const owed = (await invoices()).reduce((total, invoice) => total + BigInt(invoice.total_nanos), 0n)
    const { balances } = (await tenant.api.get(`/admin/v1/customers/${subscription.customer_id}`)).json
    const amounts = Object.fromEntries(balances.map((b: any) => [b.account, BigInt(b.amount_nanos)]))
    expect(amounts).toEqual({ AccountsReceivable: owed, Revenue: -owed })
  })

  test("closing twice changes nothing", async () => {
    const before = await invoices()
    const jobs = await env.DB.prepare("SELECT id FROM agenda WHERE tenant_id = ? AND status = 'Done'")
      .bind(tenant.id)
      .all<{ id: string }>()
    expect(jobs.results.length).toBeGreaterThan(24)
    const messages = jobs.results.map(({ id }) => ({
      id,
      timestamp: new Date(),
      attempts: 1,
      body: { agenda_id: id, tenant_id: tenant.id },
    }))
    const context = {
      waitUntil: () => {},
      passThroughOnException: () => {},
      props: {},
    } as unknown as ExecutionContext
    await worker.queue(createMessageBatch("ledgerline-jobs", messages), env, context)
    const { ran } = await advance(tenant.api, { by: "PT1S" })
    expect(ran).toEqual([])
    expect(await invoices()).toEqual(before)
  })
})

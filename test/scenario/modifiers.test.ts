// Modifiers on invoices: they look at the total of the period, however many bills take it.

import { expect, test } from "vitest"
import { advance, newTenant, setClock } from "../support/client.ts"
import { CALLS, invoicesOf, newPlan, newSubscription, told, use } from "../support/fixtures.ts"

test("ten cents for ten calls begun, the first ten free, at least 15 cents a month and at most 50", async () => {
  const { api } = await newTenant("test")
  await setClock(api, "2026-01-01T00:00:00Z")
  const blocks = {
    ...CALLS,
    unit_amount_nanos: "100000000000",
    quantity_transform: { divide_by: 10, round: "Up" },
    included_quantity: 1,
    minimum_amount_nanos: "150000000000",
    maximum_amount_nanos: "500000000000",
  }
  const subscription = await newSubscription(api, await newPlan(api, [blocks]))
  await use(api, subscription, "2026-01-01T00:00:00Z", 5)
  const interim = await api.post(`/admin/v1/subscriptions/${subscription.id}/bill`)
  expect(interim.status).toBe(201)
  expect((await api.post(`/admin/v1/invoices/${interim.json.id}/finalize`)).status).toBe(200)
  // 35 in all are four tens begun, three to pay; 15 of the 30 cents were billed. Rounded bill by bill it would be more.
  await use(api, subscription, "2026-01-01T00:00:00Z", 30)
  await advance(api, { to: "2026-02-01T00:00:00Z" })
  await advance(api, { to: "2026-03-01T00:00:00Z" })
  // Eight tens to pay are 80 cents.
  await use(api, subscription, "2026-03-01T00:00:00Z", 90)
  await advance(api, { to: "2026-04-01T00:00:00Z" })
  const found = await invoicesOf(api, subscription)
  expect(found.flatMap(told)).toEqual([
    ["Calls", "5", 15],
    ["Calls", "30", 15],
    ["Calls", "0", 15],
    ["Calls", "90", 50],
  ])
  // The price is for ten calls, and the line counts calls.
  for (const { line_items: lines } of found) expect(lines[0].unit_amount_nanos).toBeNull()
})

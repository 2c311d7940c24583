// Periods that nobody billed in time, because nothing ran for months, are billed one by one as soon as something runs again.

import { createExecutionContext, env } from "cloudflare:test"
import { expect, test } from "vitest"
import { idOf } from "../../src/billy/guid.ts"
import { platformOf } from "../../src/context.ts"
import { tick } from "../../src/jobs/cron.ts"
import { made } from "./client.ts"
import { itemsOf, newWorld } from "./world.ts"

const NOW = Date.parse("2014-05-01T00:00:00Z")

test("each missed period has an invoice of its own, and all are charged", async () => {
  const world = await newWorld()
  const subscription = await world.subscribe()
  // The company's time goes on without anything that is due being done.
  await env.DB.prepare("UPDATE tenants SET clock_at = ? WHERE id = ?")
    .bind(NOW, idOf("company", world.company.guid))
    .run()
  await tick(platformOf(env, createExecutionContext()))
  const path = `/v1/subscriptions/${subscription.guid}`
  // The queue works them off by itself.
  for (let look = 0; look < 200; look++) {
    const statuses = (await itemsOf(world, `${path}/invoices`)).map(({ status }) => status)
    if (statuses.length === 4 && statuses.every((status) => status === "settled")) break
    await scheduler.wait(50)
  }
  const told = (await itemsOf(world, `${path}/invoices`)).map((one) => [
    one.scheduled_at,
    one.created_at,
    one.amount,
    one.status,
  ])
  const ran = "2014-05-01T00:00:00+00:00"
  expect(told).toEqual([
    ["2014-04-30T10:00:00+00:00", ran, 500, "settled"],
    ["2014-03-31T10:00:00+00:00", ran, 500, "settled"],
    ["2014-02-28T10:00:00+00:00", ran, 500, "settled"],
    ["2014-01-31T10:00:00+00:00", "2014-01-31T10:00:00+00:00", 500, "settled"],
  ])
  const now = await made(world.company.get(path))
  expect([now.invoice_count, now.next_invoice_at]).toEqual([4, "2014-05-31T10:00:00+00:00"])
})

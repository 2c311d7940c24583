// What it costs to find the events that an endpoint wants, in askings of D1 and rows that it reads, among thousands that it does not.

import { env } from "cloudflare:workers"
import { beforeAll, describe, expect, test } from "vitest"
import { deliverWebhook } from "../../src/actions/deliver-webhook.ts"
import type { Tenant } from "../support/client.ts"
import { countingDatabase } from "../support/counting-database.ts"
import { endpointOf, listening, scopeOn } from "../support/listening.ts"
import { scopeOf } from "../support/race.ts"
import type { Receiver } from "../support/receiver.ts"
import { newReceiver, standIn } from "../support/receiver.ts"
import { create } from "../support/client.ts"

beforeAll(standIn)

/** So many events of one thing, as commits have written them, behind those that there are. */
async function happen({ id }: Tenant, type: string, count: number, subject = "thing"): Promise<void> {
  const insert = `WITH RECURSIVE n(at) AS (SELECT 1 UNION ALL SELECT at + 1 FROM n WHERE at < ?3)
    INSERT INTO webhook_events (id, tenant_id, sequence, type, subject_type, subject_id, audit_id, at)
    SELECT ?4 || at, ?1, at + coalesce((SELECT last FROM webhook_counters WHERE tenant_id = ?1 AND subject = ''), 0),
      ?2, 'Invoice', ?5, 'nowhere', 0 FROM n`
  const counter = `INSERT INTO webhook_counters (tenant_id, subject, last) VALUES (?1, '', ?2)
    ON CONFLICT DO UPDATE SET last = last + ?2`
  await env.DB.batch([
    env.DB.prepare(insert).bind(id, type, count, crypto.randomUUID(), subject),
    env.DB.prepare(counter).bind(id, count),
  ])
}

const sequences = ({ received }: Receiver) =>
  received.map(({ json }) => json.sequence).toSorted((one, other) => one - other)

/** What one job costs. */
async function costOf(tenant: Tenant, endpointId: string) {
  const { db, cost } = countingDatabase()
  const { platform } = await scopeOf(tenant.id)
  const scope = await scopeOn({ ...platform, db }, tenant)
  cost.askings = cost.rowsRead = 0
  await deliverWebhook(scope, endpointId)
  return cost
}

describe("an endpoint that wants a rare type", () => {
  test("pays for that, and nothing for the ten thousand others around it", async () => {
    const rare = await listening(["invoice.voided", "dispute.lost"])
    const alone = await listening(["invoice.voided", "dispute.lost"])
    for (const type of ["invoice.voided", "dispute.lost", "invoice.voided"]) {
      await happen(rare.tenant, "invoice.updated", 3_333)
      await happen(rare.tenant, type, 1)
      await happen(alone.tenant, type, 1)
    }
    await happen(rare.tenant, "invoice.updated", 10)
    const [cost, least] = [
      await costOf(rare.tenant, rare.endpoint.id),
      await costOf(alone.tenant, alone.endpoint.id),
    ]
    expect(rare.receiver.received.map(({ json }) => [json.type, json.sequence])).toEqual([
      ["invoice.voided", 3_334],
      ["dispute.lost", 6_668],
      ["invoice.voided", 10_002],
    ])
    expect(cost.askings).toBe(least.askings)
    expect(cost.rowsRead).toBeLessThanOrEqual(least.rowsRead + 10)
  })

  test("gets all of it, in order, when it is more than a page, and none of it twice", async () => {
    const told = await listening(["invoice.voided", "dispute.lost"])
    for (let n = 0; n < 20; n++) {
      await happen(told.tenant, "invoice.updated", 100)
      await happen(told.tenant, n % 3 === 0 ? "dispute.lost" : "invoice.voided", 4, `thing-${n}`)
    }
    const wanted = Array.from({ length: 80 }, (_, n) => (Math.floor(n / 4) + 1) * 100 + n + 1)
    // A job ends after its rounds, and another one goes on.
    for (let job = 0; job < 2; job++) await costOf(told.tenant, told.endpoint.id)
    expect(sequences(told.receiver)).toEqual(wanted)
    const things = Map.groupBy(told.receiver.received, ({ json }) => Math.floor((json.sequence - 1) / 104))
    for (const some of things.values()) {
      const got = some.map(({ json }) => json.sequence)
      expect(got).toEqual(got.toSorted((one, other) => one - other))
    }
  })

  test("and one that wants everything gets everything, and a test is for its own endpoint", async () => {
    const told = await listening(["dispute.lost"])
    const all = newReceiver()
    const other = await create(told.tenant.api, "/admin/v1/webhooks", { url: all.url, events: ["*"] })
    await happen(told.tenant, "webhook.test", 1, told.endpoint.id)
    await happen(told.tenant, "webhook.test", 1, other.id)
    await happen(told.tenant, "dispute.lost", 1)
    await costOf(told.tenant, told.endpoint.id)
    await costOf(told.tenant, other.id)
    expect(sequences(told.receiver)).toEqual([1, 3])
    expect(sequences(all)).toEqual([2, 3])
    expect((await endpointOf(told)).status).toBe("Enabled")
  })
})

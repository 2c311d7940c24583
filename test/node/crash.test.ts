// Kills a server with SIGKILL while requests are under way and starts it again, several times on one state.
// Laws: what was accepted is there, once; what was committed is there, whole. What was never answered may have happened
// or not, but never by half.

import { afterAll, beforeAll, describe, expect, test } from "vitest"
import type { Business, Invoice } from "./support/business.ts"
import { newBusiness } from "./support/business.ts"
import { newTenantKey } from "./support/http.ts"
import type { Server, Site } from "./support/server.ts"
import { newSite, ROOT_KEY } from "./support/server.ts"

/** After how many pieces of invoicing the server is killed, round by round. */
const PIECES = [1, 12, 5, 18]
/** Tenants don't wait for each other, so at each moment some of their commits are half way. */
const TENANTS = 6
const TIMEOUT = { timeout: 60_000 }

let site: Site
let server: Server
let businesses: readonly Business[]

beforeAll(async () => {
  site = await newSite()
  server = await site.start()
  businesses = await Promise.all(
    Array.from({ length: TENANTS }, async () =>
      newBusiness(server.url, await newTenantKey(server.url, ROOT_KEY)),
    ),
  )
}, 60_000)

afterAll(async () => {
  await server.stop()
  await site.remove()
})

/** All at work until the server is gone. A call that fails while it lives fails the test. */
async function workUntilKilled(pieces: number): Promise<void> {
  const life = { left: pieces }
  const again = async (work: () => Promise<void>, done: () => Promise<void> | void) => {
    while (life.left > 0) {
      await work().catch((error: unknown) => {
        if (life.left > 0) throw error
      })
      await done()
    }
  }
  const count = async () => {
    life.left -= 1
    if (life.left === 0) await server.kill()
  }
  await Promise.all(
    businesses.flatMap(({ recording, invoicing }) => [
      ...recording.map((work) => again(work, () => undefined)),
      ...invoicing.map((work) => again(work, count)),
    ]),
  )
}

describe("a server that is killed under load", TIMEOUT, () => {
  test.each(PIECES)("after %d pieces of invoicing", async (pieces) => {
    await workUntilKilled(pieces)
    server = await site.start()
    await Promise.all(
      businesses.map(async (business) => {
        business.moveTo(server.url)
        await holdsEvents(business)
        await holdsInvoices(business)
      }),
    )
  })

  test("has kept what it accepted and lost some of what it never answered", () => {
    const count = (of: (business: Business) => number) => businesses.reduce((sum, one) => sum + of(one), 0)
    expect(count(({ accepted }) => accepted.size)).toBeGreaterThan(0)
    expect(count(({ sent }) => sent.size)).toBeGreaterThan(count(({ accepted }) => accepted.size))
    expect(count(({ told }) => told.size)).toBeGreaterThan(0)
  })

  test("goes on: what is sent again and all that was sent is charged once, when the period closes", async () => {
    await server.tick()
    for (const business of businesses) {
      expect(new Set(await business.sendAgain([...business.sent]))).not.toContain("Rejected")
      expect(await business.counted()).toBe(business.sent.size)
      const { ran } = await business.caller.post<{ ran: { error: string | null }[] }>(
        "/admin/v1/test-clock/advance",
        {
          to: "2026-04-02T00:00:00Z",
        },
      )
      expect(ran.filter(({ error }) => error !== null)).toEqual([])
      await holdsInvoices(business)
      expect(await business.chargedEvents()).toBe(business.sent.size)
    }
  })
})

/** Every accepted event counts once, and nothing counts that was not sent. */
async function holdsEvents(business: Business): Promise<void> {
  const { accepted, sent } = business
  const count = await business.counted()
  expect(count).toBeGreaterThanOrEqual(accepted.size)
  expect(count).toBeLessThanOrEqual(sent.size)
  for (const status of await business.sendAgain([...accepted])) expect(status).toBe("Duplicate")
  expect(await business.counted()).toBe(count)
}

async function holdsInvoices(business: Business): Promise<void> {
  const found = await business.invoices()
  for (const invoice of found) isWhole(invoice)
  const numbers = found.flatMap((invoice) => invoice.invoice_number ?? []).toSorted()
  expect(numbers).toEqual(numbers.map((_, index) => `INV-${String(index + 1).padStart(6, "0")}`))
  for (const [externalId, last] of business.told) {
    const same = found.filter((invoice) => invoice.external_id === externalId)
    expect(same.length).toBeLessThanOrEqual(1)
    // A draft may have been finalized by a call that nobody answered, an open invoice voided.
    if (last === null) continue
    expect(same).toMatchObject([{ id: last.id, total_nanos: last.total_nanos }])
    if (last.invoice_number !== null) expect(same).toMatchObject([{ invoice_number: last.invoice_number }])
  }
  const open = found.filter(({ status }) => status === "Open").map((invoice) => invoice.total_nanos)
  const balances = await business.balances()
  const receivable = balances.filter(({ account }) => account === "AccountsReceivable")
  expect(sum(receivable.map((balance) => balance.amount_nanos))).toBe(sum(open))
  expect(sum(balances.map((balance) => balance.amount_nanos))).toBe(0n)
}

/** Nothing of an invoice is there without the rest. */
function isWhole(invoice: Invoice): void {
  expect(sum(invoice.line_items.map((line) => line.amount_nanos))).toBe(BigInt(invoice.total_nanos))
  if (invoice.external_id !== null) expect(invoice.line_items).toHaveLength(3)
  const isDraft = invoice.status === "Draft"
  expect(invoice).toMatchObject({
    invoice_number: isDraft ? null : expect.stringMatching(/^INV-\d{6}$/),
    finalized_at: isDraft ? null : expect.any(String),
    recipient: isDraft ? null : { display_name: "Acme Corp" },
    voided_reason: invoice.status === "Void" ? "A third of them" : null,
  })
}

function sum(nanos: readonly string[]): bigint {
  return nanos.reduce((total, amount) => total + BigInt(amount), 0n)
}

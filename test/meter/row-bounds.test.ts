// No value of a row grows beyond what the platform stores (2 MB), whatever a commit holds. Locally larger ones would pass.

import { evictDurableObject, runInDurableObject } from "cloudflare:test"
import { expect, it } from "vitest"
import { meterDefinition, type MeterTerms } from "../../src/domain/terms.ts"
import { limits } from "../../src/limits.ts"
import { event, newTerms, results, stubFor, totalsOf } from "./support.ts"

async function longest(terms: MeterTerms, column: "changes" | "events"): Promise<number> {
  return runInDurableObject(stubFor(terms), (_, { storage: { sql } }) => {
    const query = `SELECT ifnull(max(length(${column})), 0) AS longest FROM chunks`
    return sql.exec<{ longest: number }>(query).one().longest
  })
}

it("more changed totals than a row should have go into their tables, and outlive the memory", async () => {
  const byUser = meterDefinition("api.request", "Count", null, { groupBy: ["user"] })
  const terms = newTerms({ meters: [byUser] })
  const users = Array.from({ length: 900 }, (_, n) => `${n} ${"x".repeat(200)}`)
  await results(
    terms,
    users.map((user, n) => event(`e${n}`, { properties: { user } })),
  )
  expect(await longest(terms, "changes")).toBeLessThanOrEqual(limits.meterChangesCharacters)
  await evictDurableObject(stubFor(terms))
  const [total] = await totalsOf(terms)
  expect(total).toMatchObject({ value: "900", count: 900 })
  expect(new Set(total?.groups?.map(({ values, value }) => `${values[0]}=${value}`))).toEqual(
    new Set(users.map((user) => `${user}=1`)),
  )
})

it("the events of a large batch are spread over rows", async () => {
  const terms = newTerms()
  const note = "n".repeat(10_000)
  const batch = Array.from({ length: 200 }, (_, n) => event(`e${n}`, { properties: { tokens: 1, note } }))
  await results(terms, batch)
  expect(await longest(terms, "events")).toBeLessThan(limits.meterChunkCharacters + limits.eventBytes)
  await evictDurableObject(stubFor(terms))
  const again = await results(terms, batch)
  expect(again.every((result) => result.accepted && result.duplicate)).toBe(true)
})

// Waiting for a meter to change: woken by what was stored, told when nothing was, and never kept waiting for what is known already.

import { describe, expect, it } from "vitest"
import { limits } from "../../src/limits.ts"
import type { ChangeReply, ChangeRequest } from "../../src/meter/protocol.ts"
import { CALLS, CUSTOMER, event, meterFor, newTerms, request, results, TOKENS } from "./support.ts"

type Terms = ReturnType<typeof newTerms>

function wait(terms: Terms, changes: Partial<ChangeRequest> = {}): Promise<ChangeReply> {
  return meterFor(terms).change({
    customerId: CUSTOMER,
    seq: 0,
    termsVersion: null,
    waitMs: 20_000,
    ...changes,
  })
}

/** What the waiting came to, and whether it took its time. */
async function timed(waiting: Promise<ChangeReply>): Promise<{ kind: string; atOnce: boolean }> {
  const start = performance.now()
  const { kind } = await waiting
  return { kind, atOnce: performance.now() - start < 5_000 }
}

describe("a waiter", () => {
  it("is answered at once when something is new already", async () => {
    const terms = newTerms()
    await results(terms, [event("e1")])
    const changed = { kind: "Changed", atOnce: true }
    expect(await timed(wait(terms))).toEqual(changed)
    expect(await timed(wait(terms, { seq: 1, termsVersion: 0 }))).toEqual(changed)
    expect(await timed(wait(terms, { seq: 0, termsVersion: 1 }))).toEqual(changed)
  })

  it("is woken by the first event of all, by a later one, and by terms that count the same", async () => {
    const terms = newTerms()
    const first = timed(wait(terms))
    await results(terms, [event("e1")])
    expect(await first).toEqual({ kind: "Changed", atOnce: true })
    const second = timed(wait(terms, { seq: 1, termsVersion: 1 }))
    await meterFor(terms).record(request([event("e2")]))
    expect(await second).toEqual({ kind: "Changed", atOnce: true })
    const third = timed(wait(terms, { seq: 2, termsVersion: 1 }))
    await meterFor(terms).setTerms({ ...terms, version: 2 })
    expect(await third).toEqual({ kind: "Changed", atOnce: true })
    const fourth = timed(wait(terms, { seq: 2, termsVersion: 2 }))
    await meterFor(terms).setTerms({ ...terms, version: 3, meters: [CALLS, TOKENS] })
    expect(await fourth).toEqual({ kind: "Changed", atOnce: true })
  })

  it("is told that nothing changed when its time is over, also when a duplicate came", async () => {
    const terms = newTerms()
    await results(terms, [event("e1")])
    const waiting = wait(terms, { seq: 1, termsVersion: 1, waitMs: 300 })
    await meterFor(terms).record(request([event("e1")]))
    expect(await waiting).toEqual({ kind: "Unchanged" })
  })

  it("of another customer is told of nothing", async () => {
    const terms = newTerms()
    await results(terms, [event("e1")])
    expect(await wait(terms, { customerId: "customer-2" })).toEqual({ kind: "NotFound" })
  })

  it("too many is sent away, and all the others are woken together", async () => {
    const terms = newTerms()
    const waiting = Array.from({ length: limits.meterWatchers }, () => wait(terms))
    // The next one comes after all of these.
    await meterFor(terms).change({ customerId: null, seq: 0, termsVersion: null, waitMs: 1 })
    expect(await wait(terms)).toEqual({ kind: "Busy" })
    await results(terms, [event("e1")])
    const kinds = new Set((await Promise.all(waiting)).map(({ kind }) => kind))
    expect(kinds).toEqual(new Set(["Changed"]))
    expect(await wait(terms, { seq: 1, termsVersion: 1, waitMs: 1 })).toEqual({ kind: "Unchanged" })
  })
})

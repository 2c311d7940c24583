// Reading usage by remembered terms: one call to the meter and no read of D1, and never by terms that hold no more, nor for somebody
// who may not see them.

import { env, evictDurableObject } from "cloudflare:test"
import { beforeAll, beforeEach, describe, expect, test } from "vitest"
import { readUsage, type UsageSummary } from "../../src/actions/read-usage.ts"
import type { Scope } from "../../src/actions/scope.ts"
import { TermsCache } from "../../src/actions/terms-cache.ts"
import { instant, parseInstant, type Instant } from "../../src/domain/time.ts"
import { limits } from "../../src/limits.ts"
import { meterName } from "../../src/meter/name.ts"
import type { Tenant } from "../support/client.ts"
import { advance, create, newTenant, setClock } from "../support/client.ts"
import { CALLS, CENT, newPlan, newSubscription, use } from "../support/fixtures.ts"
import { scopeOf } from "../support/race.ts"

const START = "2026-02-28T00:00:00Z"
const NOON = "2026-02-28T12:00:00Z"

function at(text: string): Instant {
  const parsed = parseInstant(text)
  if (!parsed.ok) throw new Error(`not a time: ${text}`)
  return parsed.value
}

let tenant: Tenant
let plan: any
let subscription: any
let usageTerms: TermsCache

beforeAll(async () => {
  tenant = await newTenant("test")
  await setClock(tenant.api, START)
  plan = await newPlan(tenant.api, [CALLS])
})

beforeEach(async () => {
  subscription = await newSubscription(tenant.api, plan)
  usageTerms = new TermsCache()
})

type Asking = {
  readonly now?: string
  readonly customerId?: string
  readonly of?: Tenant
  readonly wall?: Instant
}

/** What an isolate that has this cache answers, and whether it read D1 for it. */
async function ask({ now = NOON, customerId, of = tenant, wall }: Asking = {}): Promise<{
  usage: UsageSummary | null
  looked: boolean
}> {
  const real = await scopeOf(of.id)
  let looked = false
  const platform = { ...real.platform, usageTerms, wallNow: () => wall ?? real.platform.wallNow() }
  const scope: Scope = {
    ...real,
    platform,
    now: at(now),
    customerId: customerId ?? null,
    get read() {
      looked = true
      return real.read
    },
  }
  const usage = await readUsage(scope, subscription.id)
  return { usage: usage.ok ? usage.value : null, looked }
}

async function known(): Promise<void> {
  await use(tenant.api, subscription, NOON)
  await ask()
  expect((await ask()).looked).toBe(false)
}

const valueOf = (usage: UsageSummary | null): string | undefined => usage?.meters[0]?.value

describe("a second read", () => {
  test("asks only the meter, and has the event that was accepted just before", async () => {
    await use(tenant.api, subscription, NOON)
    const first = await ask()
    expect([valueOf(first.usage), first.looked]).toEqual(["1", true])
    const second = await ask()
    expect(second).toEqual({ usage: first.usage, looked: false })
    await use(tenant.api, subscription, NOON, 2)
    const third = await ask()
    expect([valueOf(third.usage), third.usage?.amount, third.looked]).toEqual([
      "3",
      { num: 3n * CENT, den: 1n },
      false,
    ])
  })

  test("is of the period that runs by then", async () => {
    await known()
    const { usage, looked } = await ask({ now: "2026-03-28T00:00:00Z" })
    expect([usage?.period.index, valueOf(usage), looked]).toEqual([1, "0", false])
  })

  test("is the same when the meter was restarted in between", async () => {
    await known()
    await evictDurableObject(env.METER.getByName(meterName(tenant.id, subscription.id)))
    const { usage, looked } = await ask()
    expect([valueOf(usage), looked]).toEqual(["1", false])
  })

  test("of a meter that was never used reads the terms, since it can't say which ones hold", async () => {
    await ask()
    const { usage, looked } = await ask()
    expect([valueOf(usage), looked]).toEqual(["0", true])
  })

  test("reads the terms again after a while", async () => {
    const wall = instant(1_000)
    await use(tenant.api, subscription, NOON)
    await ask({ wall })
    const last = instant(wall + limits.credentialCacheMs - 1)
    expect((await ask({ wall: last })).looked).toBe(false)
    expect((await ask({ wall: instant(last + 1) })).looked).toBe(true)
  })
})

describe("a change of the terms is in the very next read", () => {
  const cancel = (when: string) =>
    tenant.api.post(`/v1/subscriptions/${subscription.id}/cancel`, { at: when })

  test("an end at once: its last period is told for good", async () => {
    await known()
    expect((await cancel("Now")).status).toBe(200)
    const { usage, looked } = await ask({ now: "2026-05-01T00:00:00Z" })
    expect([usage?.period.index, valueOf(usage), usage?.termsVersion, looked]).toEqual([0, "1", 2, true])
  })

  test("an end that is to come, which no meter is told when it comes", async () => {
    const other = await newTenant("test")
    await setClock(other.api, START)
    subscription = await newSubscription(other.api, await newPlan(other.api, [CALLS]))
    await use(other.api, subscription, NOON)
    await ask({ of: other })
    await other.api.post(`/v1/subscriptions/${subscription.id}/cancel`, { at: "PeriodEnd" })
    expect((await ask({ of: other })).looked).toBe(true)
    expect((await ask({ of: other })).looked).toBe(true)
    await advance(other.api, { to: "2026-04-15T00:00:00Z" })
    const { usage } = await ask({ of: other, now: "2026-04-15T00:00:00Z" })
    expect([usage?.period.index, valueOf(usage)]).toEqual([0, "1"])
  })

  test("a limit, and what is left of it", async () => {
    await known()
    const input = { alert_type: "HardLimit", threshold_nanos: (10n * CENT).toString() }
    await create(tenant.api, `/admin/v1/customers/${subscription.customer_id}/alerts`, input)
    const limited = await ask()
    expect([limited.usage?.termsVersion, limited.looked]).toEqual([2, true])
    await use(tenant.api, subscription, NOON, 3)
    const { usage, looked } = await ask()
    expect([usage?.left, looked]).toEqual([(6n * CENT).toString(), false])
  })
})

describe("what is remembered", () => {
  test("is for the subscription's own customer and tenant", async () => {
    await known()
    const own = await ask({ customerId: subscription.customer_id })
    expect([valueOf(own.usage), own.looked]).toEqual(["1", false])
    const stranger = await newSubscription(tenant.api, plan)
    expect((await ask({ customerId: stranger.customer_id })).usage).toBeNull()
    expect((await ask({ of: await newTenant("test") })).usage).toBeNull()
    expect((await ask()).looked).toBe(false)
  })

  test("is bounded: the oldest makes room", async () => {
    await known()
    const terms = usageTerms.get(tenant.id, subscription.id, instant(0))
    if (terms === null) throw new Error("nothing is remembered")
    const other = (id: string) => ({ ...terms, subscription: { ...terms.subscription, id } })
    for (let n = 1; n < limits.termsCacheEntries; n += 1) usageTerms.set(other(`s-${n}`), instant(0))
    expect(usageTerms.get(tenant.id, subscription.id, instant(0))).not.toBeNull()
    usageTerms.set(other("one more"), instant(0))
    expect(usageTerms.get(tenant.id, subscription.id, instant(0))).toBeNull()
    expect(usageTerms.get(tenant.id, "s-1", instant(0))).not.toBeNull()
  })
})

// Input that is wrong in its meaning rather than its shape, and input of absurd size: each is refused with a problem
// that names the fault, and not a row of any table changes. Shapes are refused in every-write.test.ts.

import { beforeAll, describe, expect, test } from "vitest"
import type { Reply } from "../support/client.ts"
import { create } from "../support/client.ts"
import { allRows } from "../support/database.ts"
import type { Fault } from "./problem.ts"
import { pathsOf, problemOf } from "./problem.ts"
import { subjectsOfWorker } from "./subject.ts"
import type { World } from "./world.ts"
import { newWorld, NOW, perUnit } from "./world.ts"

type Body = Readonly<Record<string, unknown>>

const { document } = await subjectsOfWorker()

let world: World

beforeAll(async () => {
  world = await newWorld()
})

/** A call, the place that its refusal must name (null: none), and the code. */
type Case = readonly [call: () => Promise<Reply>, path: string | null, code?: string]

/** Holds that each call is refused and that together they changed nothing. */
async function refused(...cases: readonly Case[]): Promise<void> {
  const before = await state()
  for (const [call, path, code = "invalid_request"] of cases) {
    const problem = problemOf(document, await call(), 400, 404, 409, 413, 422)
    const paths = path === null ? [] : expect.arrayContaining([path])
    expect({ ...problem, paths: pathsOf(problem) }).toMatchObject({ code, paths })
  }
  expect(await state()).toEqual(before)
}

/** All that is stored: the tables, and what the meter has counted. */
async function state(): Promise<unknown> {
  const usage = await world.tenant.api.get(`/v1/subscriptions/${world.subscription}/usage`)
  return { rows: await allRows(), usage: usage.text }
}

const post = (path: string, body: unknown) => () => world.tenant.api.post(path, body)
const postSku = (change: Body) => post("/admin/v1/catalog/skus", { ...perUnit(world.plan), ...change })
const postEvent = (change: Body) =>
  post("/v1/events", {
    id: "evt-bad",
    event_type: "api.request",
    subscription_id: world.subscription,
    timestamp: NOW,
    ...change,
  })
const postInvoice = (line: Body, change: Body = {}) =>
  post("/admin/v1/invoices", {
    customer_id: world.customer,
    lines: [{ description: "Workshop", unit_amount_nanos: "1000000000000", ...line }],
    ...change,
  })
const postCustomer = (change: Body) =>
  post("/admin/v1/customers", { display_name: "Acme", email: "a@example.com", currency: "USD", ...change })

describe("nanos that are no whole number at scale 12, as text", () => {
  const wrong = [
    "-1",
    "1.5",
    "1e6",
    "+1",
    "01",
    " 1",
    "1 ",
    "",
    "0x10",
    "١",
    "1,000",
    "NaN",
    "Infinity",
    1_000_000,
    -1,
  ]
  const beyond = ["1".padEnd(26, "0"), "9".repeat(400), "9".repeat(100_000)]

  test.each([...wrong, ...beyond].map((value) => ({ value, shown: String(value).slice(0, 12) })))(
    "$shown",
    async ({ value }) => {
      const tiers = [{ up_to: null, unit_amount_nanos: value }]
      const volume = { pricing_model: "Volume", unit_amount_nanos: undefined, tiers }
      await refused(
        [postSku({ unit_amount_nanos: value }), "unit_amount_nanos"],
        [postInvoice({ unit_amount_nanos: value }), "lines.0.unit_amount_nanos"],
        [postSku(volume), "tiers.0.unit_amount_nanos"],
      )
    },
  )

  test("an invoice line that comes to more than can be booked", async () => {
    const line = { unit_amount_nanos: "9".repeat(25), quantity: "9".repeat(30) }
    await refused([postInvoice(line), "lines.0", "amount_out_of_range"])
  })
})

describe("quantities that are no decimal within bounds", () => {
  const wrong = [
    "-1",
    "1e400",
    "0x10",
    "",
    " 1",
    "1_000",
    "NaN",
    "1".padEnd(32, "0"),
    `0.${"1".repeat(19)}`,
    -0.5,
    true,
  ]

  test.each(wrong)("%s", async (quantity) => {
    await refused(
      [postInvoice({ quantity }), "lines.0.quantity"],
      [post("/admin/v1/catalog/skus/preview", { sku_id: world.sku, quantity }), "quantity"],
      [postSku({ pricing_model: "Package", package_size: quantity }), "package_size"],
    )
  })

  test("zero where something must be", async () => {
    await refused(
      [postInvoice({ quantity: "0" }), "lines.0.quantity"],
      [postSku({ pricing_model: "Package", package_size: 0 }), "package_size"],
    )
  })
})

describe("tiers that are no price for every quantity", () => {
  const price = { unit_amount_nanos: "1000000" }
  const cases: readonly (readonly [string, readonly Body[], string])[] = [
    ["none", [], "tiers"],
    ["no open last one", [{ up_to: 10, ...price }], "tiers.0.up_to"],
    [
      "an open one before the last",
      [
        { up_to: null, ...price },
        { up_to: null, ...price },
      ],
      "tiers.0.up_to",
    ],
    [
      "out of order",
      [
        { up_to: 20, ...price },
        { up_to: 10, ...price },
        { up_to: null, ...price },
      ],
      "tiers.1.up_to",
    ],
    [
      "one twice",
      [
        { up_to: 10, ...price },
        { up_to: "10.0", ...price },
        { up_to: null, ...price },
      ],
      "tiers.1.up_to",
    ],
    [
      "zero",
      [
        { up_to: 0, ...price },
        { up_to: null, ...price },
      ],
      "tiers.0.up_to",
    ],
    [
      "below zero",
      [
        { up_to: -5, ...price },
        { up_to: null, ...price },
      ],
      "tiers.0.up_to",
    ],
    [
      "a number that JSON rounds",
      [
        { up_to: 2 ** 60, ...price },
        { up_to: null, ...price },
      ],
      "tiers.0.up_to",
    ],
    ["a bound left out before the last", [{ ...price }, { up_to: null, ...price }], "tiers.0.up_to"],
    ["a word for a bound", [{ up_to: "all", ...price }], "tiers.0.up_to"],
    ["no price at all", [{ up_to: null }], "tiers.0.unit_amount_nanos"],
    ["an unknown field", [{ up_to: null, price: "1", ...price }], "tiers.0.price"],
    ["more than a hundred", Array.from({ length: 101 }, (_, at) => ({ up_to: at + 1, ...price })), "tiers"],
  ]

  test.each(cases)("%s", async (_, tiers, path) => {
    for (const model of ["Graduated", "Volume"]) {
      const sku = { pricing_model: model, unit_amount_nanos: undefined, tiers }
      const inline = { ...perUnit(world.plan), ...sku }
      await refused(
        [postSku(sku), path],
        [post("/admin/v1/catalog/skus/preview", { sku: inline, quantity: "1" }), `sku.${path}`],
      )
    }
  })
})

describe("currencies", () => {
  test.each(["usd", "US", "XXQ", "USDT", "", "💸"])("%s is none", async (currency) => {
    await refused(
      [postCustomer({ currency }), "currency"],
      [postSku({ currency }), "currency"],
      [postInvoice({}, { currency }), "currency"],
    )
  })

  test("must be one: a plan's prices, a subscription, an invoice", async () => {
    await refused(
      [postSku({ currency: "EUR" }), "currency", "currency_mismatch"],
      [postInvoice({}, { currency: "EUR" }), "currency", "currency_mismatch"],
    )
    const subscription = { customer_id: world.customer, plan_id: world.plan }
    await refused([
      post("/v1/subscriptions", { ...subscription, currency: "EUR" }),
      "currency",
      "currency_mismatch",
    ])
    const plan = await world.make.plan()
    await create(world.tenant.api, "/admin/v1/catalog/skus", { ...perUnit(plan), currency: "JPY" })
    await refused([
      post("/v1/subscriptions", { ...subscription, plan_id: plan }),
      "currency",
      "currency_mismatch",
    ])
  })
})

describe("hierarchies that are no tree", () => {
  const child = async (parentId: string, type = "Organization") => {
    const body = { display_name: "Child", email: "a@example.com", currency: "USD", account_type: type }
    const made = (await create(world.tenant.api, "/admin/v1/customers", {
      ...body,
      parent_id: parentId,
    })) as {
      readonly id: string
    }
    return made.id
  }
  const hang = (id: string, parentId: string) => () =>
    world.tenant.api.patch(`/admin/v1/customers/${id}`, { parent_id: parentId })

  test("a customer below itself", async () => {
    const top = await world.make.customer()
    const below = await child(await child(top))
    await refused([hang(top, top), "parent_id"], [hang(top, below), "parent_id"])
  })

  test("the wrong kinds", async () => {
    const individual = await child(await world.make.customer(), "Individual")
    await refused(
      [postCustomer({ parent_id: individual }), "parent_id"],
      [postCustomer({ account_type: "Subsidiary" }), "parent_id"],
    )
  })

  test("an eleventh level", async () => {
    let bottom = await world.make.customer()
    for (let level = 2; level <= 10; level++) bottom = await child(bottom)
    await refused([postCustomer({ parent_id: bottom }), "parent_id"])
  })
})

describe("timestamps that are not RFC 3339", () => {
  const wrong = [
    "2026-02-28",
    "2026-02-28T00:00:00",
    "2026-02-28T00:00Z",
    "2026-02-30T00:00:00Z",
    "2026-13-01T00:00:00Z",
    "2026-02-28T24:00:00Z",
    "2026-02-28T23:59:60Z",
    "2026-02-28T00:00:00+25:00",
    "28 Feb 2026 00:00:00 GMT",
    "now",
    "",
    "99999-02-28T00:00:00Z",
    "3000-01-01T00:00:00Z",
    "1969-12-31T23:59:59Z",
    "2026-02-28T00:00:00Z; DROP TABLE invoices",
    1_772_236_800,
  ]

  test.each(wrong)("%s", async (time) => {
    const subscription = { customer_id: world.customer, plan_id: world.plan, started_at: time }
    await refused(
      [postEvent({ timestamp: time }), "timestamp"],
      [post("/v1/subscriptions", subscription), "started_at"],
      [post("/admin/v1/test-clock", { now: time }), "now"],
      [post("/admin/v1/test-clock/advance", { to: time }), "to"],
    )
  })

  test("durations that are none", async () => {
    for (const by of ["P0D", "-P1M", "P1.5M", "1 month", "P", "PT", "P974Y"]) {
      await refused([post("/admin/v1/test-clock/advance", { by }), "by"])
    }
  })
})

describe("events", () => {
  test("a property that a meter can't add up", async () => {
    const plan = await world.make.plan()
    const sum = { ...perUnit(plan), meter_property: "tokens" }
    await create(world.tenant.api, "/admin/v1/catalog/skus", sum)
    const subscription = await world.make.subscription(world.customer, plan)
    for (const tokens of [undefined, null, "many", true, "1e400", "1".padEnd(32, "0"), [1], { of: 1 }]) {
      const event = { subscription_id: subscription, properties: { tokens } }
      const code = tokens === undefined ? "property_missing" : "property_not_a_number"
      await refused([postEvent(event), "properties", code])
    }
  })

  test("from the future", async () => {
    await refused([postEvent({ timestamp: "2999-12-31T23:59:59Z" }), "timestamp", "timestamp_in_future"])
  })

  test("that nobody meters, or of another customer", async () => {
    await refused(
      [
        postEvent({ subscription_id: undefined, customer_id: world.customer, event_type: "unheard.of" }),
        "event_type",
        "event_not_metered",
      ],
      [postEvent({ customer_id: await world.make.customer() }), "customer_id", "not_found"],
      [
        postEvent({ subscription_id: undefined, customer_id: "01944b1f-0000-7000-8000-00000000dead" }),
        "customer_id",
        "not_found",
      ],
    )
  })

  test("too much in one", async () => {
    const many = Object.fromEntries(Array.from({ length: 65 }, (_, at) => [`p${at}`, 1]))
    await refused(
      [postEvent({ properties: many }), "properties"],
      [postEvent({ properties: { text: "x".repeat(17_000) } }), "properties"],
      [postEvent({ properties: { deep: nested(9) } }), "properties"],
      [postEvent({ properties: { deep: nested(1_000) } }), "properties"],
      [postEvent({ properties: { ["n".repeat(256)]: 1 } }), `properties.${"n".repeat(256)}`],
      [postEvent({ id: "i".repeat(256) }), "id"],
      [postEvent({ event_type: "" }), "event_type"],
    )
  })

  test("too many in a batch", async () => {
    const event = {
      id: "evt",
      event_type: "api.request",
      subscription_id: world.subscription,
      timestamp: NOW,
    }
    const events = Array.from({ length: 5_001 }, (_, at) => ({ ...event, id: `evt-${at}` }))
    await refused([post("/v1/events/batch", { events }), null, "payload_too_large"])
  })

  test("a broken one of a batch is rejected alone, at its place", async () => {
    const event = {
      id: "good",
      event_type: "api.request",
      subscription_id: world.subscription,
      timestamp: NOW,
    }
    const bad = [
      { ...event, id: "bad", timestamp: "yesterday" },
      { ...event, id: "odd", surprise: 1 },
      null,
      7,
    ]
    const reply = await world.tenant.api.post("/v1/events/batch", [bad[0], event, ...bad.slice(1)])
    expect(reply.status).toBe(200)
    const { results } = JSON.parse(reply.text) as {
      readonly results: readonly (Fault & { status: string })[]
    }
    expect(results.map(({ status }) => status)).toEqual([
      "Rejected",
      "Accepted",
      "Rejected",
      "Rejected",
      "Rejected",
    ])
    expect(results[0]?.message).toContain("timestamp")
    expect(results[2]?.message).toContain("surprise")
  })
})

describe("absurd sizes and characters", () => {
  const long = (length: number) => "x".repeat(length)
  const metadata = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`k${at}`, "v"]))
  const cases: readonly (readonly [string, Body, string])[] = [
    ["a name of 256", { display_name: long(256) }, "display_name"],
    ["a name of 900,000", { display_name: long(900_000) }, "display_name"],
    ["a name of blanks", { display_name: "   " }, "display_name"],
    ["an email of 10,000", { email: `${long(10_000)}@example.com` }, "email"],
    ["a tax id of 65", { tax_id: long(65) }, "tax_id"],
    ["an external id of 256", { external_id: long(256) }, "external_id"],
    ["an empty external id", { external_id: "" }, "external_id"],
    ["51 keys of metadata", { metadata: metadata(51) }, "metadata"],
    ["a metadata value of 513", { metadata: { key: long(513) } }, "metadata.key"],
    ["a metadata key of 65", { metadata: { [long(65)]: "v" } }, `metadata.${long(65)}`],
    ["a metadata value that is no text", { metadata: { key: 1 } }, "metadata.key"],
    ["terms of ten years", { payment_terms_days: 3_650 }, "payment_terms_days"],
    ["half a day", { payment_terms_days: 0.5 }, "payment_terms_days"],
    ["an id of another shape", { parent_id: "../../admin" }, "parent_id"],
  ]

  test.each(cases)("a customer with %s", async (_, change, path) => {
    await refused([postCustomer(change), path])
  })

  test("an invoice of 251 lines", async () => {
    const lines = Array.from({ length: 251 }, () => ({ description: "Line", unit_amount_nanos: "1" }))
    await refused([postInvoice({}, { lines }), "lines"])
  })

  test("a plan that bills every 121 months, every second, every century or for three years on trial", async () => {
    const plan = (change: Body) =>
      post("/admin/v1/catalog/plans", { name: "Odd", billing_cadence: "Monthly", ...change })
    await refused(
      [plan({ interval: 121 }), "interval"],
      [plan({ interval: 0 }), "interval"],
      [plan({ billing_cadence: "Annual", interval: 11 }), "interval"],
      [plan({ billing_cadence: "Custom", period: "P100Y" }), "period"],
      [plan({ billing_cadence: "Custom", period: "PT1S" }), "period"],
      [plan({ trial_days: 1_095 }), "trial_days"],
      [plan({ trial_days: -1 }), "trial_days"],
    )
  })

  test("JSON that is nested without end", async () => {
    const deep = `${"[".repeat(200_000)}${"]".repeat(200_000)}`
    await refused(
      [post("/admin/v1/customers", deep), ""],
      [post("/admin/v1/customers", `{"metadata": {"a": ${deep}}}`), "metadata.a"],
      [post("/v1/events", `{"properties": {"a": ${deep}}}`), "properties"],
    )
  })

  test("a name that only a prototype has", async () => {
    const text = JSON.stringify({ display_name: "Acme", email: "a@example.com", currency: "USD" })
    await refused(
      [post("/admin/v1/customers", text.replace("{", '{"__proto__": {"admin": true}, ')), "__proto__"],
      [post("/admin/v1/customers", text.replace("{", '{"constructor": 1, ')), "constructor"],
    )
  })
})

function nested(levels: number): unknown {
  return levels === 0 ? 1 : { in: nested(levels - 1) }
}

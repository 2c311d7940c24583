// The documentation's own snippets against a server: curl, Node, Python and Go, with nothing changed but the base URL,
// the tokens and the example ids. What they must give is what the documentation shows.

import { afterAll, beforeAll, describe, expect, test } from "vitest"
import type { Demo } from "./support/demo.ts"
import { demoTenant } from "./support/demo.ts"
import { goProgram } from "./support/go.ts"
import type { Server, Site } from "./support/server.ts"
import { newSite } from "./support/server.ts"
import type { Ids } from "./support/snippets.ts"
import { canRun, fixture, pointedAt, run, snippets } from "./support/snippets.ts"

const NOW = "2026-02-28T00:00:00Z"
const TIMEOUT = { timeout: 60_000 }

const hasPython = await canRun("python3", "-c", "import requests")
const hasGo = await canRun("go", "version")
const why = (can: boolean, missing: string) => (can ? "" : ` (not run: there is no ${missing} here)`)

let site: Site
let server: Server

beforeAll(async () => {
  site = await newSite()
  server = await site.start()
}, 60_000)

afterAll(async () => {
  await server.stop()
  await site.remove()
})

/** Without a time the tenant's clock runs with the wall's, which is where the snippets' own clocks are. */
const newDemo = (now: string | null) => demoTenant(server.url, now)

async function newCustomer({ caller }: Demo): Promise<string> {
  const body = { display_name: "Globex Corp", email: "billing@globex.com", currency: "USD" }
  return (await caller.post<{ id: string }>("/admin/v1/customers", body)).id
}

describe("curl", TIMEOUT, () => {
  /** Runs each curl of a snippet by itself, and gives the last one's answer. */
  async function curl(
    document: string,
    name: string,
    tokens: Record<string, string>,
    ids: Ids = {},
  ): Promise<unknown> {
    const code = pointedAt(server.url, snippets(`${document}.curl`).get(name) ?? "", ids)
    let last: unknown
    for (const command of code.split(/^(?=curl )/m).filter((part) => part.startsWith("curl "))) {
      last = JSON.parse(await run({ files: {}, command: "bash", args: ["-c", command], env: tokens }))
    }
    return last
  }
  const idOf = (answer: unknown) => (answer as { readonly id: string }).id

  test("the quick start", async () => {
    const { key, caller, plan } = await newDemo(NOW)
    const admin = { ADMIN_TOKEN: key }
    const customer = await curl("quick-start", "customer", admin)
    expect(customer).toMatchObject({
      display_name: "Acme Corp",
      account_type: "Organization",
      parent_id: null,
    })
    const ids = { customer: idOf(customer), plan }
    const { token } = await caller.post<{ token: string }>(`/admin/v1/customers/${ids.customer}/tokens`, {})
    const own = { CUSTOMER_TOKEN: token }
    expect(await curl("quick-start", "plans", admin)).toMatchObject([{ id: plan, name: "Startup" }])
    const subscription = await curl("quick-start", "subscription", own, ids)
    expect(subscription).toMatchObject({
      customer_id: ids.customer,
      plan_id: plan,
      status: "Trialing",
      currency: "USD",
      period_start: "2026-02-28T00:00:00Z",
      period_end: "2026-03-28T00:00:00Z",
    })
    const all = { ...ids, subscription: idOf(subscription) }
    const event = await curl("quick-start", "event", own, all)
    expect(event).toMatchObject({ accepted: true, event_id: "evt-acme-2026-02-28-001" })
    const meters = [{ event_type: "api.request", aggregation: "Count", value: "1" }]
    expect(await curl("quick-start", "usage", own, all)).toMatchObject({ meters })
    const draft = await curl("quick-start", "bill", admin, all)
    expect(draft).toMatchObject({ status: "Draft", invoice_number: null })
    const invoice = await curl("quick-start", "finalize", admin, { ...all, invoice: idOf(draft) })
    expect(invoice).toMatchObject({ id: idOf(draft), status: "Open", invoice_number: "INV-000001" })
  })

  test("customers", async () => {
    const { key } = await newDemo(NOW)
    const admin = { ADMIN_TOKEN: key }
    const customer = await curl("customers", "customer", admin)
    const ids = { customer: idOf(customer) }
    expect(customer).toMatchObject({
      display_name: "Globex Corp",
      status: "Active",
      consolidation: "Standalone",
    })
    expect(customer).toMatchObject({
      billing_currency: "USD",
      payment_terms_days: 30,
      tax_id: null,
      legal_name: null,
    })
    const subsidiary = await curl("customers", "subsidiary", admin, ids)
    expect(subsidiary).toMatchObject({
      account_type: "Subsidiary",
      parent_id: ids.customer,
      billing_currency: "EUR",
    })
    const view = await curl("customers", "view", admin, ids)
    expect(view).toMatchObject({ id: ids.customer, subscriptions: [], invoices: [], balances: [] })
    const hierarchy = await curl("customers", "hierarchy", admin, ids)
    expect(hierarchy).toMatchObject({
      id: ids.customer,
      children: [{ display_name: "Globex — Europe", children: [] }],
    })
  })

  test("the catalog, and the body of its graduated prices", async () => {
    const { key, caller } = await newDemo(NOW)
    const admin = { ADMIN_TOKEN: key }
    const product = await curl("catalog", "product", admin)
    expect(product).toMatchObject({ name: "API Platform", tags: ["api", "core"] })
    const plan = await curl("catalog", "plan", admin)
    expect(plan).toMatchObject({ name: "Startup", billing_cadence: "Monthly", trial_days: 14 })
    const sku = await curl("catalog", "sku", admin, { plan: idOf(plan) })
    expect(sku).toMatchObject({ plan_id: idOf(plan), pricing_model: "PerUnit", unit_amount_nanos: "1000000" })
    const graduated = JSON.parse(fixture("catalog.graduated")) as object
    const body = {
      plan_id: idOf(plan),
      name: "API Requests",
      currency: "USD",
      meter_event_type: "api.request",
    }
    expect(await caller.post("/admin/v1/catalog/skus", { ...body, ...graduated })).toMatchObject(graduated)
    // "First 1M requests at $0.000001, next 9M at $0.00000075, everything after at $0.0000005": 1 + 6.75 + 1 dollars.
    const preview = {
      sku: { ...graduated, currency: "USD", meter_event_type: "api.request" },
      quantity: "12000000",
    }
    const priced = await caller.post("/admin/v1/catalog/skus/preview", preview)
    expect(priced).toMatchObject({ amount_nanos: "8750000000000" })
  })
})

describe("Node", TIMEOUT, () => {
  function node(demo: Demo, code: string, ids: Readonly<Record<string, string>> = {}): Promise<string> {
    const known = { ADMIN_TOKEN: demo.key, CUSTOMER_TOKEN: demo.key, ...ids }
    const constants = Object.entries(known).map(
      ([name, value]) => `const ${name} = ${JSON.stringify(value)}\n`,
    )
    const program = `${constants.join("")}${pointedAt(server.url, code, { customer: ids["customerId"] ?? "" })}`
    return run({ files: { "snippet.mjs": program }, command: process.execPath, args: ["snippet.mjs"] })
  }

  test("the quick start", async () => {
    const printed = await node(await newDemo(null), [...snippets("quick-start.node").values()].join("\n"))
    expect(lines(printed)).toEqual([
      expect.stringMatching(/^Created customer: [0-9a-f-]{36}$/),
      expect.stringMatching(/^Subscription: [0-9a-f-]{36}, status: Trialing$/),
      "{",
      "  accepted: true,",
      expect.stringMatching(/^ {2}event_id: 'evt-acme-[0-9a-f-]{36}',$/),
      "  duplicate: false,",
      "  billable: true",
      "}",
      "api.request (Count): 1",
      "Invoice INV-000001 is now Open",
    ])
  })

  test("customers", async () => {
    const demo = await newDemo(null)
    const customerId = await newCustomer(demo)
    const code = snippets("customers.node")
    expect(await node(demo, code.get("customer") ?? "")).toMatch(/^Customer ID: [0-9a-f-]{36}\n$/)
    const subsidiary = await node(demo, code.get("subsidiary") ?? "", { customerId })
    expect(subsidiary).toContain(`parent: ${customerId}`)
    expect(await node(demo, code.get("view") ?? "", { customerId })).toBe("Subscriptions: 0\n")
    const hierarchy = JSON.parse(await node(demo, code.get("hierarchy") ?? "", { customerId })) as object
    expect(hierarchy).toMatchObject({ id: customerId, children: [{ account_type: "Subsidiary" }] })
  })

  test("the catalog", async () => {
    const demo = await newDemo(null)
    const code = snippets("catalog.node")
    expect(await node(demo, code.get("product") ?? "")).toMatch(/^Product: [0-9a-f-]{36}\n$/)
    expect(await node(demo, code.get("plan") ?? "")).toMatch(/^Plan ID: [0-9a-f-]{36}\n$/)
    const sku = await node(demo, code.get("sku") ?? "", { planId: demo.plan })
    expect(sku).toMatch(/^SKU [0-9a-f-]{36} — PerUnit\n$/)
  })

  test("the client class", async () => {
    const { key, plan } = await newDemo(null)
    const use = `import { BillingClient } from "./billing-client.ts"
const client = new BillingClient(${JSON.stringify(key)}, ${JSON.stringify(server.url)})
const customer = await client.createCustomer("Acme Corp", "billing@acme.com")
const subscription = await client.subscribe(customer.id, ${JSON.stringify(plan)}, { trial_days: 14 })
const again = await client.subscribe(customer.id, ${JSON.stringify(plan)}, { trial_days: 14 })
const event = await client.sendEvent(customer.id, subscription.id, "api.request", { model: "gpt-4o" })
const usage = await client.get(\`/v1/subscriptions/\${subscription.id}/usage\`)
const drafts = await client.get("/admin/v1/invoices", { customer_id: customer.id, status: "Draft" })
const failure = await client.get("/v1/subscriptions/nonsense").catch((error) => error.message)
console.log(JSON.stringify({ customer, subscription, again, event, usage, drafts, failure }))
`
    const files = { "billing-client.ts": fixture("client.typescript"), "use.mjs": use }
    const told = JSON.parse(await run({ files, command: process.execPath, args: ["use.mjs"] })) as Told
    expect(told).toMatchObject({
      subscription: { status: "Trialing" },
      event: { accepted: true },
      drafts: [],
    })
    expect(told.again).toEqual(told.subscription)
    expect(told.usage).toMatchObject({ subscription_id: told.subscription.id, meters: [{ value: "1" }] })
    expect(told.failure).toMatch(/^GET \/v1\/subscriptions\/nonsense failed: 404 /)
  })
})

type Told = { readonly subscription: { readonly id: string } } & Readonly<Record<string, unknown>>

describe.runIf(hasPython)(`Python${why(hasPython, "python3 with requests")}`, TIMEOUT, () => {
  function python3(demo: Demo, code: string, customer: string): Promise<string> {
    const constants = `ADMIN_TOKEN = CUSTOMER_TOKEN = "${demo.key}"\ncustomer_id = "${customer}"\nplan_id = "${demo.plan}"\n`
    const program = constants + pointedAt(server.url, code, { customer })
    return run({ files: { "snippet.py": program }, command: "python3", args: ["snippet.py"] })
  }

  test("the quick start", async () => {
    const printed = await python3(
      await newDemo(NOW),
      [...snippets("quick-start.python").values()].join("\n"),
      "",
    )
    expect(lines(printed)).toEqual([
      expect.stringMatching(/^Created customer: [0-9a-f-]{36}$/),
      expect.stringMatching(/^Subscription: [0-9a-f-]{36}, status: Trialing$/),
      expect.stringMatching(/^\{'accepted': True, 'event_id': 'evt-acme-[0-9a-f-]{36}'/),
      "api.request (Count): 1",
      "Invoice INV-000001 is now Open",
    ])
  })

  test("customers and the catalog", async () => {
    const demo = await newDemo(NOW)
    const customer = await newCustomer(demo)
    const code = [...snippets("customers.python").values(), ...snippets("catalog.python").values()].join("\n")
    expect(lines(await python3(demo, code, customer))).toEqual([
      expect.stringMatching(/^Customer ID: [0-9a-f-]{36}$/),
      expect.stringMatching(new RegExp(`^Subsidiary ID: [0-9a-f-]{36}, parent: ${customer}$`)),
      "Subscriptions: 0",
      "Open invoices: []",
      expect.stringMatching(/^Product: [0-9a-f-]{36}$/),
      expect.stringMatching(/^Plan ID: [0-9a-f-]{36}$/),
      expect.stringMatching(/^SKU [0-9a-f-]{36} — PerUnit at 1000000 nanos\/unit$/),
    ])
  })

  test("the client class", async () => {
    const { key, plan } = await newDemo(null)
    const use = `import json, requests
from billing_client import BillingClient
client = BillingClient(admin_token="${key}", base_url="${server.url}")
customer = client.create_customer("Acme Corp", "billing@acme.com")
subscription = client.create_subscription(customer_id=customer["id"], plan_id="${plan}", trial_days=14)
event = client.send_event(event_type="api.request", customer_id=customer["id"], subscription_id=subscription["id"],
                          properties={"model": "gpt-4o", "input_tokens": 512, "output_tokens": 128})
usage = client.get_usage(subscription["id"])
client.bill_subscription(subscription["id"])
client.bill_subscription(subscription["id"])
drafts = client.get("/admin/v1/invoices", params={"customer_id": customer["id"], "status": "Draft"})
invoice = client.finalize_invoice(drafts[0]["id"])
spare = client.post("/admin/v1/api-keys", {"name": "Spare"})
try:
    client.delete("/admin/v1/api-keys/" + spare["id"])
    client.get("/v1/subscriptions/nonsense")
except requests.HTTPError as error:
    failure = error.response.status_code
print(json.dumps({"subscription": subscription, "event": event, "usage": usage, "drafts": len(drafts),
                  "invoice": invoice, "failure": failure}))
`
    const files = { "billing_client.py": fixture("client.python"), "use.py": use }
    const warnings = ["-W", "ignore::DeprecationWarning"]
    const printed = await run({ files, command: "python3", args: [...warnings, "use.py"] })
    expect(JSON.parse(printed)).toMatchObject({
      subscription: { status: "Trialing" },
      event: { accepted: true },
      usage: { meters: [{ event_type: "api.request", value: "1" }] },
      drafts: 1,
      invoice: { status: "Open", invoice_number: "INV-000001" },
      failure: 404,
    })
  })
})

describe.runIf(hasGo)(`Go${why(hasGo, "go")}`, TIMEOUT, () => {
  test.each(["quick-start", "customers", "catalog"])("%s", async (name) => {
    const demo = await newDemo(null)
    const customer = await newCustomer(demo)
    const steps = new Map(
      [...snippets(`${name}.go`)].map(([step, code]) => [step, pointedAt(server.url, code, { customer })]),
    )
    const tokens = { ADMIN_TOKEN: demo.key, CUSTOMER_TOKEN: demo.key }
    const printed = await run(goProgram(steps, { ...tokens, CUSTOMER_ID: customer, PLAN_ID: demo.plan }))
    expect(lines(printed).at(-1)).toBe("done")
    if (name === "quick-start") expect(printed).toContain("Invoice INV-000001 is now Open")
  })
})

function lines(text: string): string[] {
  return text.trimEnd().split("\n")
}

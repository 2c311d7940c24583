// The original Python client (billy-client 0.0.8), call by call: the same addresses, headers and bodies that it sends through
// python-requests, and what it reads of the answers.

import { exports } from "cloudflare:workers"
import { beforeAll, describe, expect, test } from "vitest"
import { ORIGIN } from "../support/client.ts"

type Values = Readonly<Record<string, string | number | null>>

/** `requests` leaves out what is None, and sends neither body nor content type for a form without fields. */
class BillyApi {
  key: string | null
  readonly endpoint: string

  constructor(key: string | null, endpoint = ORIGIN) {
    this.key = key
    this.endpoint = endpoint
  }

  /** `urljoin(endpoint, path)`: the endpoint's own path is lost. */
  url(path: string): string {
    return new URL(path, this.endpoint).href
  }

  send(method: string, url: string, data?: Values): Promise<Response> {
    const headers = new Headers({ Accept: "*/*", "User-Agent": "python-requests/2.2.1" })
    if (this.key !== null) headers.set("Authorization", `Basic ${btoa(`${this.key}:`)}`)
    const fields = Object.entries(data ?? {}).flatMap(([name, value]) =>
      value === null ? [] : [[name, String(value)]],
    )
    const body = fields.length === 0 ? null : new URLSearchParams(fields).toString()
    if (body !== null) headers.set("Content-Type", "application/x-www-form-urlencoded")
    return exports.default.fetch(new Request(url, { method, headers, body }))
  }

  async ask(method: string, path: string, data?: Values): Promise<any> {
    const answer = await this.send(method, this.url(path), data)
    // Anything but 200 is an error.
    if (answer.status !== 200) throw new Error(`${answer.status} ${await answer.text()}`)
    return answer.json()
  }

  async createCompany(processorKey: string): Promise<any> {
    const company = await this.ask("POST", "/v1/companies", { processor_key: processorKey })
    this.key = company.api_key
    return company
  }

  /** The first page has an empty query; the next ones what the answer said, until one is empty. */
  async list(path: string, query: Values = {}): Promise<any[]> {
    const all: any[] = []
    for (let place: Values = {}; ;) {
      const given = Object.entries({ ...query, ...place }).filter(([, value]) => value !== null)
      const params = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString()
      const answer = await this.send("GET", `${this.url(path)}?${params}`)
      const { items, offset, limit } = await answer.json<any>()
      if (items.length === 0) return all
      all.push(...items)
      place = { offset: offset + limit, limit }
    }
  }
}

const CARD = "/v1/marketplaces/TEST-MP/cards/CC123"

let billy: BillyApi
let company: any

beforeAll(async () => {
  billy = new BillyApi(null)
  company = await billy.createCompany("ef13dce2093b11e388de026ba7d31e6f")
})

const newPlan = () =>
  billy.ask("POST", "/v1/plans", { plan_type: "debit", frequency: "monthly", amount: 500, interval: 1 })

const newCustomer = (uri: string | null = null) => billy.ask("POST", "/v1/customers", { processor_uri: uri })

describe("the Python client", () => {
  test("loses the path of its endpoint, and gets through", async () => {
    const below = new BillyApi(billy.key, `${ORIGIN}/billy`)
    expect(below.url("/v1/plans")).toBe(`${ORIGIN}/v1/plans`)
    expect((await below.ask("GET", `/v1/companies/${company.guid}`)).guid).toBe(company.guid)
  })

  test("makes and gets what there is", async () => {
    const plan = await newPlan()
    const customer = await newCustomer("/v1/customers/CU123")
    expect(await billy.ask("GET", `/v1/companies/${company.guid}`)).toEqual(company)
    expect(await billy.ask("GET", `/v1/plans/${plan.guid}`)).toEqual(plan)
    expect(await billy.ask("GET", `/v1/customers/${customer.guid}`)).toEqual(customer)
    expect(customer.processor_uri).toBe("/v1/customers/CU123")
  })

  test("subscribes, lists what follows of it, and cancels", async () => {
    const [plan, customer] = [await newPlan(), await newCustomer()]
    const subscription = await billy.ask("POST", "/v1/subscriptions", {
      plan_guid: plan.guid,
      customer_guid: customer.guid,
      funding_instrument_uri: CARD,
      amount: 350,
      appears_on_statement_as: "hosting",
      started_at: null,
    })
    expect(await billy.ask("GET", `/v1/subscriptions/${subscription.guid}`)).toEqual(subscription)
    expect(subscription).toMatchObject({ amount: 350, effective_amount: 350, invoice_count: 1 })
    const [invoice] = await billy.list(`/v1/subscriptions/${subscription.guid}/invoices`)
    expect(invoice).toMatchObject({ status: "settled", amount: 350, subscription_guid: subscription.guid })
    const [transaction] = await billy.list(`/v1/invoices/${invoice.guid}/transactions`)
    expect(transaction).toMatchObject({
      submit_status: "done",
      status: "succeeded",
      amount: 350,
      failures: [],
    })
    expect(await billy.ask("GET", `/v1/transactions/${transaction.guid}`)).toEqual(transaction)
    for (const [path, guid] of [
      [`/v1/plans/${plan.guid}/customers`, customer.guid],
      [`/v1/plans/${plan.guid}/subscriptions`, subscription.guid],
      [`/v1/plans/${plan.guid}/invoices`, invoice.guid],
      [`/v1/plans/${plan.guid}/transactions`, transaction.guid],
      [`/v1/customers/${customer.guid}/subscriptions`, subscription.guid],
      [`/v1/subscriptions/${subscription.guid}/transactions`, transaction.guid],
    ]) {
      expect([path, (await billy.list(path)).map((item) => item.guid)]).toEqual([path, [guid]])
    }
    // One-off invoices only.
    expect(await billy.list(`/v1/customers/${customer.guid}/invoices`)).toEqual([])
    const canceled = await billy.ask("POST", `/v1/subscriptions/${subscription.guid}/cancel`)
    expect(canceled).toMatchObject({ canceled: true, updated_at: subscription.updated_at })
  })

  test("subscribes from a time on, which it sends without a zone", async () => {
    const [plan, customer] = [await newPlan(), await newCustomer()]
    const subscription = await billy.ask("POST", "/v1/subscriptions", {
      plan_guid: plan.guid,
      customer_guid: customer.guid,
      funding_instrument_uri: CARD,
      started_at: "2029-10-01T00:00:00",
    })
    expect(subscription).toMatchObject({ invoice_count: 0, next_invoice_at: "2029-10-01T00:00:00+00:00" })
  })

  test("invoices with items and adjustments that are numbered from zero, refunds, and is told of a name that is taken", async () => {
    const customer = await newCustomer()
    const form = {
      customer_guid: customer.guid,
      amount: 4497,
      funding_instrument_uri: CARD,
      title: "Cuty shop",
      external_id: "order-1",
      appears_on_statement_as: "Cuty shop",
      item_name0: "Lovely hat",
      item_amount0: 999,
      item_name1: "Cute shoes",
      item_amount1: 1499,
      item_name2: "Adorable clothes",
      item_amount2: 1999,
      adjustment_amount0: -1000,
      adjustment_reason0: "Coupon discount",
    }
    const invoice = await billy.ask("POST", "/v1/invoices", form)
    expect(invoice).toMatchObject({
      amount: 4497,
      effective_amount: 3497,
      status: "settled",
      external_id: "order-1",
    })
    expect(invoice.items.map(({ name, amount }: any) => [name, amount])).toEqual([
      ["Lovely hat", 999],
      ["Cute shoes", 1499],
      ["Adorable clothes", 1999],
    ])
    expect(invoice.adjustments).toEqual([{ amount: -1000, reason: "Coupon discount" }])
    expect((await billy.send("POST", billy.url("/v1/invoices"), form)).status).toBe(409)
    expect(await billy.list("/v1/invoices", { external_id: "order-1" })).toEqual([invoice])
    const refunded = await billy.ask("POST", `/v1/invoices/${invoice.guid}/refund`, { amount: 100 })
    expect(refunded).toMatchObject({ guid: invoice.guid, status: "settled" })
    const transactions = await billy.list(`/v1/customers/${customer.guid}/transactions`)
    expect(transactions.map((one) => [one.transaction_type, one.amount])).toEqual([
      ["refund", 100],
      ["debit", 3497],
    ])
  })

  test("pages through lists from an empty query to an empty page", async () => {
    const other = new BillyApi(null)
    await other.createCompany("other")
    const made: string[] = []
    for (let at = 0; at < 23; at++) made.unshift((await other.ask("POST", "/v1/customers")).guid)
    expect((await other.list("/v1/customers")).map(({ guid }) => guid)).toEqual(made)
    for (const path of ["/v1/plans", "/v1/subscriptions", "/v1/invoices", "/v1/transactions"]) {
      expect([path, await other.list(path)]).toEqual([path, []])
    }
  })

  test("tells errors by their status", async () => {
    const status = async (path: string) => (await billy.send("GET", billy.url(path))).status
    expect(await status("/v1/plans/PL4RHCKW7GsGMjpcozHveQuw")).toBe(404)
    const stranger = new BillyApi("5MyxREWaEymNWunpGseySVGBZkTWDW57FUXsyTo2WtGC")
    expect((await stranger.send("GET", stranger.url("/v1/plans"))).status).toBe(403)
  })
})

test("a shop reads invoices by POST and finds them by what the processor was told", async () => {
  const [plan, customer] = [await newPlan(), await newCustomer("/customers/CU456")]
  const subscription = await billy.ask("POST", "/v1/subscriptions", {
    customer_guid: customer.guid,
    plan_guid: plan.guid,
    funding_instrument_uri: CARD,
  })
  const [invoice] = (await billy.ask("POST", `/v1/subscriptions/${subscription.guid}/invoices`)).items
  const [transaction] = (await billy.ask("GET", `/v1/invoices/${invoice.guid}/transactions`)).items
  const uri = encodeURIComponent(transaction.processor_uri)
  const debit = await billy.ask("GET", `/billy/_sandbox/object?uri=${uri}`)
  expect(debit.meta["billy.transaction_guid"]).toBe(transaction.guid)
  const [word] = debit.description.split(" ").slice(-1)
  expect((await billy.ask("GET", `/v1/invoices/${word}`)).subscription_guid).toBe(subscription.guid)
  expect([debit.amount, debit.status, debit.type]).toEqual([500, "succeeded", "debit"])
  const [event] = (await billy.ask("GET", `/billy/_sandbox/events?uri=${uri}`)).items
  expect(event.type).toBe("charge.succeeded")
})

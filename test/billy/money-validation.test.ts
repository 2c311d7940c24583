// Every rule of the forms of subscriptions and invoices: which value of which parameter is answered with which status, and what the
// answer says. Then the checks behind the forms, in their order, and that nobody reaches what is another company's.

import { beforeAll, describe, expect, test } from "vitest"
import type { Answer, Company, Form } from "./client.ts"
import { made, newCompany } from "./client.ts"

const CARD = "/v1/cards/CCfine"

type World = { readonly company: Company; readonly customer: any; readonly plan: any; readonly invoice: any }

async function newWorld(): Promise<World> {
  const company = await newCompany()
  const customer = await made(company.post("/v1/customers"))
  const plan = await made(
    company.post("/v1/plans", { plan_type: "debit", amount: 500, frequency: "monthly" }),
  )
  const invoice = await made(company.post("/v1/invoices", { customer_guid: customer.guid, amount: 700 }))
  return { company, customer, plan, invoice }
}

let own: World
let other: World

beforeAll(async () => {
  own = await newWorld()
  other = await newWorld()
})

/** Parameter, value (null: it is not sent), status, and what the answer says. */
type Row = readonly [name: string, value: string | null, status: number, says?: string]

const REQUIRED = "This field is required."
const LONG_18 = "123456789012345678"

const STATEMENT: Row[] = [
  ["appears_on_statement_as", "", 200, '"appears_on_statement_as": null'],
  ["appears_on_statement_as", "Cuty shop", 200, '"appears_on_statement_as": "Cuty shop"'],
  ["appears_on_statement_as", LONG_18, 200, LONG_18],
  ["appears_on_statement_as", `${LONG_18}9`, 400, "Field cannot be longer than 18 characters."],
  ["appears_on_statement_as", `!"#$%&'()+-.:;<=>?`, 200],
  ["appears_on_statement_as", "@[\\]^_`{|}~ aZ09", 200],
  ["appears_on_statement_as", "a*b", 400, "Invalid input."],
  ["appears_on_statement_as", "a,b", 400, "Invalid input."],
  ["appears_on_statement_as", "a/b", 400, "Invalid input."],
  ["appears_on_statement_as", "illegal\tstatement", 400, "Invalid input."],
  ["appears_on_statement_as", "illegal\0statement", 400, "Invalid input."],
  ["appears_on_statement_as", "caffè", 400, "Invalid input."],
]

const INSTRUMENT: Row[] = [
  ["funding_instrument_uri", CARD, 200, `"funding_instrument_uri": "${CARD}"`],
  ["funding_instrument_uri", "/v1/bank_accounts/BAfine", 200, '"/v1/bank_accounts/BAfine"'],
  ["funding_instrument_uri", "CCfine", 400, '"InvalidURIFormat"'],
  ["funding_instrument_uri", "/v1/wallets/W1", 400, '"InvalidFundingInstrument"'],
  ["funding_instrument_uri", "/v1/cards/CCNOTEXIST", 400, '"InvalidFundingInstrument"'],
]

const CUSTOMER: Row[] = [
  ["customer_guid", null, 400, REQUIRED],
  ["customer_guid", "", 400, REQUIRED],
  ["customer_guid", "CUnobody", 400, "No such Customer record CUnobody"],
]

/** A blank is an instrument, though none that there can be. */
const BLANK: Row = ["funding_instrument_uri", " ", 400, '"InvalidURIFormat"']

const SUBSCRIPTION: Row[] = [
  BLANK,
  ...CUSTOMER,
  ...INSTRUMENT,
  ...STATEMENT,
  ["funding_instrument_uri", "", 200, '"funding_instrument_uri": null'],
  ["plan_guid", null, 400, REQUIRED],
  ["plan_guid", "", 400, REQUIRED],
  ["plan_guid", "PLnothing", 400, "No such Plan record PLnothing"],
  ["amount", null, 200, '"amount": null'],
  ["amount", "", 200, '"amount": null'],
  ["amount", "50", 200, '"amount": 50'],
  ["amount", "+350", 200, '"amount": 350'],
  ["amount", "49", 400, "Number must be at least 50."],
  ["amount", "0", 400, "Number must be at least 50."],
  ["amount", "-1", 400, "Number must be at least 50."],
  ["amount", "12.5", 400, "Not a valid integer value"],
  ["amount", "abc", 400, "Not a valid integer value"],
  ["started_at", null, 200, '"invoice_count": 1'],
  ["started_at", "", 200, '"invoice_count": 1'],
  ["started_at", "2030-10-01T00:00:00", 200, '"started_at": "2030-10-01T00:00:00+00:00"'],
  ["started_at", "2030-10-01 00:00:00", 200, '"2030-10-01T00:00:00+00:00"'],
  ["started_at", "2030-10-01T08:00:00+0800", 200, '"2030-10-01T00:00:00+00:00"'],
  ["started_at", "2030-10-01T08:00:00+08:00", 200, '"2030-10-01T00:00:00+00:00"'],
  ["started_at", "2030-09-30T19:00:00-05", 200, '"2030-10-01T00:00:00+00:00"'],
  ["started_at", "2030-10-01T00:00:00.250Z", 200, '"2030-10-01T00:00:00.250000+00:00"'],
  ["started_at", "2030-10-01", 200, '"2030-10-01T00:00:00+00:00"'],
  ["started_at", "2013-10-01T00:00:00", 400, "Datetime 2013-10-01T00:00:00 in the past is not allowed"],
  ["started_at", "2030-02-30T00:00:00", 400, "Invalid ISO8601 datetime 2030-02-30T00:00:00"],
  ["started_at", "2030-10-01T00:00", 400, "Invalid ISO8601 datetime"],
  ["started_at", "20301001T000000", 400, "Invalid ISO8601 datetime"],
  ["started_at", "2030-10-01T00:00:00 sharp", 400, "Invalid ISO8601 datetime"],
  ["started_at", "2030-10-01T00:00:00.123456", 200, '"2030-10-01T00:00:00.123000+00:00"'],
  ["started_at", "0001-01-01T00:00:00", 400, "Invalid ISO8601 datetime"],
  ["started_at", "9999-12-31T23:59:59-12:00", 400, "Invalid ISO8601 datetime"],
  ["started_at", "tomorrow", 400, "Invalid ISO8601 datetime tomorrow"],
  ["unknown", "parameter", 200],
]

const INVOICE: Row[] = [
  BLANK,
  ...CUSTOMER,
  ...INSTRUMENT,
  ...STATEMENT,
  ["funding_instrument_uri", "", 200, '"funding_instrument_uri": null'],
  ["amount", null, 400, REQUIRED],
  ["amount", "", 400, REQUIRED],
  ["amount", "0", 200, '"status": "settled"'],
  ["amount", "1", 200, '"amount": 1'],
  ["amount", "-1", 400, "Number must be at least 0."],
  ["amount", "abc", 400, "Not a valid integer value"],
  ["title", "t".repeat(128), 200, `"title": "${"t".repeat(128)}"`],
  ["title", "t".repeat(129), 400, "Field cannot be longer than 128 characters."],
  ["title", "", 200, '"title": null'],
  ["external_id", "", 200, '"external_id": null'],
  ["external_id", "e".repeat(129), 400, "Field cannot be longer than 128 characters."],
  ["item_name1", "without an amount", 400, REQUIRED],
  ["item_amount1", "100", 400, REQUIRED],
  ["item_namexxx", "no number", 200, '"items": []'],
  ["adjustment_amount1", "-100", 200, '"effective_amount": 400'],
  ["adjustments_amount0", "-100", 200, '"effective_amount": 400'],
  ["adjustment_amount-7", "25", 200, '"effective_amount": 525'],
  ["adjustment_amount1", "-500", 200, '"status": "settled"'],
  ["adjustment_amount1", "-501", 400, "more than the amount"],
  ["adjustment_amount1", "abc", 400, "Not a valid integer value"],
  ["adjustment_amount1", "", 400, REQUIRED],
  ["adjustment_reason1", "without an amount", 400, REQUIRED],
  ["adjustment_amountxxx", "-100", 200, '"effective_amount": 500'],
]

function rows(
  endpoint: string,
  table: readonly Row[],
  send: (given: Form, without: string) => Promise<Answer>,
): void {
  describe(`the form of ${endpoint}`, () => {
    test.each(table.map(([name, value, status, says]) => ({ name, value, status, says })))(
      "$name = $value: $status $says",
      async ({ name, value, status, says }) => {
        const answer = await send(value === null ? {} : { [name]: value }, name)
        expect([answer.status, answer.text]).toEqual([status, expect.stringContaining(says ?? "")])
      },
    )
  })
}

function without(form: Form, name: string, given: Form): Form {
  const { [name]: _, ...rest } = form
  return { ...rest, ...given }
}

rows("POST /v1/subscriptions", SUBSCRIPTION, (given, name) => {
  const form = { customer_guid: own.customer.guid, plan_guid: own.plan.guid }
  return own.company.post("/v1/subscriptions", without(form, name, given))
})

rows("POST /v1/invoices", INVOICE, (given, name) => {
  const form = { customer_guid: own.customer.guid, amount: 500 }
  return own.company.post("/v1/invoices", without(form, name, given))
})

const SETTLEMENT: Row[] = [
  ["funding_instrument_uri", null, 400, REQUIRED],
  ["funding_instrument_uri", "", 400, REQUIRED],
  ["funding_instrument_uri", " ", 400, REQUIRED],
  ...INSTRUMENT,
]

rows("PUT /v1/invoices/{guid}", SETTLEMENT, async (given) => {
  const invoice = await made(
    own.company.post("/v1/invoices", { customer_guid: own.customer.guid, amount: 500 }),
  )
  return own.company.put(`/v1/invoices/${invoice.guid}`, given)
})

const REFUND: Row[] = [
  ["amount", null, 400, REQUIRED],
  ["amount", "", 400, REQUIRED],
  ["amount", "abc", 400, "Not a valid integer value"],
  ["amount", "-1", 400, "Number must be at least 0."],
  ["amount", "0", 200, '"status": "settled"'],
  ["amount", "500", 200, '"status": "settled"'],
  ["amount", "501", 400, "Refund total amount 0 + 501 will exceed invoice effective amount 500"],
]

rows("POST /v1/invoices/{guid}/refund", REFUND, async (given) => {
  const form = { customer_guid: own.customer.guid, amount: 500, funding_instrument_uri: CARD }
  const invoice = await made(own.company.post("/v1/invoices", form))
  return own.company.post(`/v1/invoices/${invoice.guid}/refund`, given)
})

test("items and adjustments stand in the order of their numbers, and numbers are numbers", async () => {
  const form = {
    customer_guid: own.customer.guid,
    amount: 500,
    item_name10: "second",
    item_amount10: 200,
    item_quantity10: "3",
    item_volume10: "1.5",
    item_unit10: "hours",
    item_type10: "work",
    item_name2: "first",
    item_amount2: 100,
    adjustment_amount0: "20",
    adjustment_reason0: "you owe me",
    "adjustment_amount-1": "-100",
  }
  const invoice = await made(own.company.post("/v1/invoices", form))
  expect(invoice.items).toEqual([
    { name: "first", amount: 100, quantity: null, volume: null, unit: null, type: null },
    { name: "second", amount: 200, quantity: 3, volume: "1.5", unit: "hours", type: "work" },
  ])
  expect(invoice.adjustments).toEqual([
    { amount: -100, reason: null },
    { amount: 20, reason: "you owe me" },
  ])
  expect([invoice.total_adjustment_amount, invoice.effective_amount]).toEqual([-80, 420])
})

test("a name is given once for each customer", async () => {
  const create = (customer: any) =>
    own.company.post("/v1/invoices", { customer_guid: customer.guid, amount: 500, external_id: "first" })
  const first = await made(create(own.customer))
  const again = await create(own.customer)
  expect([again.status, again.json]).toEqual([
    409,
    {
      error_class: "DuplicateExternalIDError",
      error_message: `Invoice ${own.customer.guid} with external_id first already exists`,
    },
  ])
  const another = await made(own.company.post("/v1/customers"))
  const others = await made(create(another))
  const { items } = await made(own.company.get("/v1/invoices?external_id=first"))
  expect(items.map(({ guid }: any) => guid)).toEqual([others.guid, first.guid])
  const none = await made(own.company.get(`/v1/plans/${own.plan.guid}/invoices?external_id=first`))
  expect(none.items).toEqual([])
})

describe("behind the form", () => {
  test("another company's customer comes before a deleted one, and customers before plans", async () => {
    const { company, customer, plan } = await newWorld()
    const subscribe = (customerGuid: string, planGuid: string, more: Form = {}) =>
      company.post("/v1/subscriptions", { customer_guid: customerGuid, plan_guid: planGuid, ...more })
    const foreign = await subscribe(other.customer.guid, other.plan.guid)
    expect([foreign.status, foreign.text]).toEqual([403, expect.stringContaining("your own customer")])
    const plans = await subscribe(customer.guid, other.plan.guid)
    expect([plans.status, plans.text]).toEqual([403, expect.stringContaining("your own plan")])
    await made(company.delete(`/v1/plans/${plan.guid}`))
    const bad = { funding_instrument_uri: "/v1/cards/CCNOTEXIST" }
    const archived = await subscribe(customer.guid, plan.guid, bad)
    expect([archived.status, archived.text]).toEqual([
      400,
      expect.stringContaining("Cannot subscript to a deleted plan"),
    ])
    await made(company.delete(`/v1/customers/${customer.guid}`))
    const deleted = await subscribe(customer.guid, other.plan.guid)
    expect([deleted.status, deleted.text]).toEqual([
      400,
      expect.stringContaining("Cannot subscript to a deleted customer"),
    ])
    const wrong = await subscribe(other.customer.guid, "PLnothing")
    expect(wrong.status).toBe(400)
  })

  test("an invoice is for an own customer who is not deleted", async () => {
    const { company, customer } = await newWorld()
    const foreign = await company.post("/v1/invoices", { customer_guid: other.customer.guid, amount: 500 })
    expect([foreign.status, foreign.text]).toEqual([
      403,
      expect.stringContaining("Can only create an invoice for your own customer"),
    ])
    await made(company.delete(`/v1/customers/${customer.guid}`))
    const deleted = await company.post("/v1/invoices", { customer_guid: customer.guid, amount: 500 })
    expect([deleted.status, deleted.text]).toEqual([
      400,
      expect.stringContaining("Cannot create an invoice for a deleted customer"),
    ])
  })

  test("nothing of another company can be seen, changed or listed", async () => {
    const form = {
      customer_guid: other.customer.guid,
      plan_guid: other.plan.guid,
      funding_instrument_uri: CARD,
    }
    const subscription = await made(other.company.post("/v1/subscriptions", form))
    const all = `/v1/subscriptions/${subscription.guid}`
    const { items } = await made(other.company.get(`${all}/transactions`))
    const transaction = `/v1/transactions/${items[0].guid}`
    const invoice = `/v1/invoices/${items[0].invoice_guid}`
    expect((await made(other.company.get(transaction))).guid).toBe(items[0].guid)
    const answers = await Promise.all([
      ...[all, invoice, transaction, `${all}/invoices`, `${all}/transactions`, `${invoice}/transactions`].map(
        (path) => own.company.get(path),
      ),
      own.company.post(`${all}/cancel`),
      own.company.post(`${invoice}/cancel`),
      own.company.post(`${invoice}/refund`, { amount: 1 }),
      own.company.put(invoice, { funding_instrument_uri: CARD }),
    ])
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 403))
    for (const list of ["subscriptions", "invoices", "transactions"]) {
      const mine = await made(own.company.get(`/v1/${list}?limit=1000`))
      expect(mine.items.some(({ guid }: any) => [subscription.guid, items[0].guid].includes(guid))).toBe(
        false,
      )
    }
  })

  test("what there is not is not found, and filters that a list has not are refused", async () => {
    const paths = [
      "/v1/subscriptions/SUx",
      "/v1/invoices/IVx",
      "/v1/transactions/TXx",
      "/v1/invoices/IVx/refund",
    ]
    const answers = await Promise.all(paths.map((path) => own.company.get(path)))
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404])
    expect((await own.company.delete(`/v1/invoices/${own.invoice.guid}`)).status).toBe(404)
    expect((await own.company.get("/v1/transactions?external_id=x")).status).toBe(400)
  })
})

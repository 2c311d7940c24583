// Every rule of every form: which value of which parameter is answered with which status, and in which words.
// The words are those of WTForms 1.0.5, which programs may show to people.

import { beforeAll, expect, test } from "vitest"
import type { Answer, Company, Form } from "./client.ts"
import { call, made, newCompany } from "./client.ts"

let company: Company

beforeAll(async () => {
  company = await newCompany()
})

/** Parameter, value (null: it is not sent), status, and what the answer says. */
type Row = readonly [name: string, value: string | null, status: number, says?: string]

const REQUIRED = "This field is required."
const NO_INTEGER = "<li>Not a valid integer value</li><li>Number must be at least"

type Endpoint = {
  readonly endpoint: string
  /** What is sent besides the parameter in question, and is right. */
  readonly form: Form
  readonly table: readonly Row[]
  readonly send: (form: Form) => Promise<Answer>
}

const query = (form: Form) => new URLSearchParams(form as Record<string, string>).toString()

const ENDPOINTS: readonly Endpoint[] = [
  {
    endpoint: "POST /v1/companies",
    form: { processor_key: "key" },
    table: [
      ["processor_key", "key", 200],
      ["processor_key", null, 400, REQUIRED],
      ["processor_key", "", 400, REQUIRED],
      ["processor_key", " \t", 400, REQUIRED],
      ["unknown", "parameter", 200],
    ],
    send: (form) => call("POST", "/v1/companies", { form }),
  },

  {
    endpoint: "POST /v1/plans",
    form: { plan_type: "debit", frequency: "monthly", amount: "500", interval: "1" },
    table: [
      ["plan_type", "debit", 200, '"plan_type": "debit"'],
      ["plan_type", "credit", 200, '"plan_type": "credit"'],
      ["plan_type", "DeBiT", 200, '"plan_type": "debit"'],
      ["plan_type", null, 400, `<li>plan_type<ul><li>${REQUIRED}</li></ul></li>`],
      ["plan_type", "", 400, REQUIRED],
      ["plan_type", "refund", 400, REQUIRED],
      ["plan_type", " debit", 400, REQUIRED],
      ["frequency", "daily", 200, '"frequency": "daily"'],
      ["frequency", "weekly", 200, '"frequency": "weekly"'],
      ["frequency", "MONTHLY", 200, '"frequency": "monthly"'],
      ["frequency", "yearly", 200, '"frequency": "yearly"'],
      ["frequency", null, 400, `<li>frequency<ul><li>${REQUIRED}</li></ul></li>`],
      ["frequency", "", 400, REQUIRED],
      ["frequency", "hourly", 400, REQUIRED],
      ["amount", "50", 200, '"amount": 50'],
      ["amount", " 500 ", 200, '"amount": 500'],
      ["amount", "+500", 200, '"amount": 500'],
      ["amount", "0500", 200, '"amount": 500'],
      ["amount", "2147483648", 200, '"amount": 2147483648'],
      ["amount", null, 400, `<li>amount<ul><li>${REQUIRED}</li></ul></li>`],
      ["amount", "", 400, REQUIRED],
      ["amount", "0", 400, REQUIRED],
      ["amount", "49", 400, "Number must be at least 50."],
      ["amount", "-100", 400, "Number must be at least 50."],
      ["amount", "12.5", 400, `<ul><li>${REQUIRED}</li></ul>`],
      ["amount", "5e2", 400, REQUIRED],
      ["amount", "0x64", 400, REQUIRED],
      ["amount", "5 00", 400, REQUIRED],
      ["amount", "abc", 400, REQUIRED],
      ["amount", "9".repeat(40), 400, "Number must be at most"],
      ["interval", "2", 200, '"interval": 2'],
      ["interval", null, 200, '"interval": 1'],
      ["interval", "", 200, '"interval": 1'],
      ["interval", " ", 200, '"interval": 1'],
      ["interval", "120", 200, '"interval": 120'],
      ["interval", "0", 400, "Number must be at least 1."],
      ["interval", "-1", 400, "Number must be at least 1."],
      ["interval", "abc", 400, `${NO_INTEGER} 1.</li>`],
      ["interval", "1.5", 400, `${NO_INTEGER} 1.</li>`],
      ["interval", "121", 400, "ten years"],
    ],
    send: (form) => company.post("/v1/plans", form),
  },

  {
    endpoint: "POST /v1/customers",
    form: {},
    table: [
      ["processor_uri", null, 200, '"processor_uri": "/v1/customers/'],
      [
        "processor_uri",
        "/v1/customers/CU1jqOF9TocQXGIXjuMVrpMu",
        200,
        "/v1/customers/CU1jqOF9TocQXGIXjuMVrpMu",
      ],
      ["processor_uri", "/customers/CUabc", 200, '"processor_uri": "/customers/CUabc"'],
      ["processor_uri", "", 400, '"error_class": "InvalidURIFormat"'],
      ["processor_uri", "CU123", 400, "u'CU123'"],
      ["processor_uri", `/v1/customers/${"x".repeat(250)}`, 400, '"error_class": "InvalidCustomer"'],
      ["processor_uri", "/v1/customers/NOTEXIST", 400, '"error_class": "InvalidCustomer"'],
    ],
    send: (form) => company.post("/v1/customers", form),
  },

  {
    endpoint: "GET /v1/customers",
    form: {},
    table: [
      ["offset", "0", 200, '"offset": 0'],
      ["offset", " +3 ", 200, '"offset": 3'],
      ["offset", "99999", 200, '"items": []'],
      ["offset", "", 400, "Not a valid integer value"],
      ["offset", "abc", 400, "Not a valid integer value"],
      ["offset", "-1", 400, "Not a valid integer value"],
      ["offset", "9".repeat(40), 400, "Not a valid integer value"],
      ["limit", null, 200, '"limit": 20'],
      ["limit", "0", 200, '"items": []'],
      ["limit", "5", 200, '"limit": 5'],
      ["limit", "5000", 200, '"limit": 1000'],
      ["limit", "", 400, "Not a valid integer value"],
      ["limit", "1.5", 400, "Not a valid integer value"],
      ["limit", "-1", 400, "Not a valid integer value"],
      ["processor_uri", "/v1/customers/nobody", 200, '"items": []'],
      ["external_id", "x", 400, "can't be filtered by external_id"],
      ["unknown", "x", 200],
    ],
    send: (form) => company.get(`/v1/customers?${query(form)}`),
  },

  {
    endpoint: "GET /v1/plans",
    form: {},
    table: [
      ["limit", "7", 200, '"limit": 7'],
      ["limit", "x", 400],
      ["processor_uri", "/v1/customers/x", 400],
      ["external_id", "x", 400],
    ],
    send: (form) => company.get(`/v1/plans?${query(form)}`),
  },
]

const CASES = ENDPOINTS.flatMap(({ endpoint, form, table, send }) =>
  table.map(([name, value, status, says = ""]) => ({ endpoint, form, send, name, value, status, says })),
)

test.each(CASES)(
  "$endpoint: $name = $value: $status $says",
  async ({ form, send, name, value, status, says }) => {
    const { [name]: _, ...rest } = form
    const answer = await send(value === null ? rest : { ...rest, [name]: value })
    expect([answer.status, answer.text.replaceAll("&lt;", "<").replaceAll("&gt;", ">")]).toEqual([
      status,
      expect.stringContaining(says),
    ])
  },
)

test("all faults of a form are told at once", async () => {
  const refused = await company.post("/v1/plans", { interval: "x" })
  for (const name of ["plan_type", "frequency", "amount", "interval"])
    expect(refused.text).toContain(`&lt;li&gt;${name}&lt;ul&gt;`)
})

test("what is refused leaves nothing behind", async () => {
  const before = await made(company.get("/v1/plans?limit=1000"))
  await company.post("/v1/plans", { plan_type: "debit", frequency: "monthly", amount: "49" })
  expect(await made(company.get("/v1/plans?limit=1000"))).toEqual(before)
})

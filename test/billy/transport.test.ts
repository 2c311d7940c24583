// How a request is read and an answer written, whatever it is about.

import { beforeAll, describe, expect, test } from "vitest"
import type { Company } from "./client.ts"
import { basic, call, made, newCompany } from "./client.ts"

let company: Company
let plan: any

beforeAll(async () => {
  company = await newCompany()
  plan = await made(company.post("/v1/plans", { plan_type: "debit", amount: 500, frequency: "monthly" }))
})

const PLAN = { plan_type: "debit", amount: "500", frequency: "monthly" }

describe("parameters", () => {
  test("come from the query and the body together, and the query wins", async () => {
    const headers = basic(company.key)
    const mixed = await call("POST", "/v1/plans?amount=700&interval=2", { form: PLAN, headers })
    expect([mixed.status, mixed.json.amount, mixed.json.interval]).toEqual([200, 700, 2])
    const query = await call("POST", "/v1/plans?plan_type=debit&amount=600&frequency=daily", { headers })
    expect([query.status, query.json.amount]).toEqual([200, 600])
    expect((await call("POST", "/v1/companies?processor_key=x")).status).toBe(200)
  })

  test("come from a multipart body too", async () => {
    const body = new FormData()
    for (const [name, value] of Object.entries(PLAN)) body.set(name, value)
    const answer = await call("POST", "/v1/plans", { body, headers: basic(company.key) })
    expect([answer.status, answer.json.amount]).toEqual([200, 500])
  })

  test("come with a charset named, and of several values the first one counts", async () => {
    const type = { "Content-Type": "application/x-www-form-urlencoded; charset=utf-8" }
    const body = "plan_type=debit&amount=500&amount=900&frequency=monthly"
    const answer = await call("POST", "/v1/plans", { body, headers: { ...basic(company.key), ...type } })
    expect([answer.status, answer.json.amount]).toEqual([200, 500])
  })

  test.each([
    ["JSON", "application/json", JSON.stringify(PLAN)],
    ["text", "text/plain", new URLSearchParams(PLAN).toString()],
  ])("do not come from %s", async (_, type, body) => {
    const answer = await call("POST", "/v1/plans", {
      body,
      headers: { ...basic(company.key), "Content-Type": type },
    })
    expect(answer.status).toBe(400)
    expect(answer.text).toContain("This field is required.")
  })

  test("of a broken multipart body are refused", async () => {
    const type = { "Content-Type": "multipart/form-data; boundary=x" }
    const answer = await call("POST", "/v1/plans", {
      body: "nothing",
      headers: { ...basic(company.key), ...type },
    })
    expect(answer.status).toBe(400)
  })

  test("have room, and no more", async () => {
    const form = { ...PLAN, filler: "x".repeat(1_100_000) }
    expect((await call("POST", "/v1/plans", { form, headers: basic(company.key) })).status).toBe(413)
  })
})

describe("a success", () => {
  test("is printed as Python prints it", async () => {
    const answer = await company.get(`/v1/plans/${plan.guid}`)
    expect(answer.headers.get("Content-Type")).toBe("application/json; charset=UTF-8")
    expect(answer.text).toBe(
      `{
    "amount": 500,
    "company_guid": "${company.guid}",
    "created_at": "${plan.created_at}",
    "deleted": false,
    "frequency": "monthly",
    "guid": "${plan.guid}",
    "interval": 1,
    "plan_type": "debit",
    "updated_at": "${plan.created_at}"
}`,
    )
    expect((await company.get("/v1/plans?limit=0")).text).toBe(`{
    "items": [],
    "limit": 0,
    "offset": 0
}`)
  })

  test("has nothing but ASCII in it", async () => {
    const answer = await company.post("/v1/customers", { processor_uri: "/v1/customers/Zoë😀\u007f" })
    expect(answer.text).toContain('"/v1/customers/Zo\\u00eb\\ud83d\\ude00\\u007f"')
  })
})

describe("an address", () => {
  test.each(["/v1/plans", "/v1/plans/", "/v1/plans?", "/v1/plans/?limit=3"])("%s answers", async (path) => {
    expect((await company.get(path)).status).toBe(200)
  })

  test("of an entity answers with a slash at its end", async () => {
    expect((await company.get(`/v1/plans/${plan.guid}/`)).json).toEqual(plan)
    expect((await company.get(`/v1/plans/${plan.guid}/customers/`)).json.items).toEqual([])
  })

  test("of a nested list answers to any method, whatever stands behind it", async () => {
    const headers = basic(company.key)
    for (const method of ["GET", "POST", "PUT", "DELETE"]) {
      const answer = await call(method, `/v1/plans/${plan.guid}/customers`, { headers })
      expect([method, answer.status, answer.json.limit]).toEqual([method, 200, 20])
    }
    const form = { offset: 3, limit: 4 }
    const posted = await company.post(`/v1/plans/${plan.guid}/customers/extra`, form)
    expect(posted.json).toEqual({ items: [], offset: 3, limit: 4 })
  })

  test("answers HEAD as it answers GET, without a body", async () => {
    const answer = await call("HEAD", `/v1/plans/${plan.guid}`, { headers: basic(company.key) })
    expect([answer.status, answer.text]).toEqual([200, ""])
  })

  test.each([
    ["PUT", "/v1/plans"],
    ["DELETE", "/v1/customers"],
    ["GET", "/v1/companies"],
    ["PATCH", "/v1/plans"],
    ["OPTIONS", "/v1/plans"],
    ["GET", "/v1/nothing"],
    ["GET", "/v1"],
    ["GET", "/v1/Plans"],
    ["POST", "/"],
  ])("that there is not, %s %s, is a 404, with a key and without", async (method, path) => {
    for (const headers of [basic(company.key), basic("wrong"), {}]) {
      const answer = await call(method, `/billy${path}`, { headers })
      expect(answer.status).toBe(404)
      expect(answer.headers.get("Allow")).toBeNull()
    }
  })

  test("of an entity has its own methods only", async () => {
    for (const method of ["POST", "PUT", "PATCH"]) {
      expect((await call(method, `/v1/plans/${plan.guid}`, { headers: basic("wrong") })).status).toBe(404)
    }
    expect((await company.get(`/v1/plans/${plan.guid}/nothing`)).status).toBe(404)
    expect((await company.delete(`/v1/companies/${company.guid}`)).status).toBe(404)
  })
})

describe("who is not known", () => {
  const credentials: readonly (readonly [string, Record<string, string>])[] = [
    ["nobody", {}],
    ["a wrong key", basic("5MyxREWaEymNWunpGseySVGBZkTWDW57FUXsyTo2WtGC")],
    ["an empty key", basic("")],
    ["no colon", { Authorization: `Basic ${btoa("key")}` }],
    ["no base64", { Authorization: "Basic ***" }],
    ["nothing behind the scheme", { Authorization: "Basic" }],
    ["another scheme", { Authorization: "Digest abc" }],
  ]

  test.each(credentials)("%s is refused by 403, before the form is looked at", async (_, headers) => {
    for (const path of ["/v1/plans", "/v1/customers", `/v1/plans/${plan.guid}`]) {
      const answer = await call("GET", `/billy${path}`, { headers })
      expect([path, answer.status]).toEqual([path, 403])
      expect(answer.headers.get("WWW-Authenticate")).toBeNull()
    }
    const told = async (path: string) => (await call("GET", `/billy${path}`, { headers })).text
    expect(await told("/v1/customers")).toContain("Unauthorized: CustomerIndexView failed permission check")
    expect(await told(`/v1/plans/${plan.guid}`)).toContain("Unauthorized: PlanView failed permission check")
    expect((await call("POST", "/billy/v1/plans", { form: {}, headers })).status).toBe(403)
  })

  test("learns first of a guid that it is unknown", async () => {
    for (const guid of [
      "PL4RHCKW7GsGMjpcozHveQuw",
      "PL",
      "nothing",
      plan.guid.replace("PL", "CU"),
      `${plan.guid}1`,
    ]) {
      const answer = await call("GET", `/billy/v1/plans/${guid}`)
      expect([guid, answer.status]).toEqual([guid, 404])
      expect(answer.text).toContain(`No such plan ${guid}`)
    }
    expect((await company.get(`/v1/customers/${plan.guid}`)).status).toBe(404)
  })

  test("may write the scheme in any case, and any password", async () => {
    for (const scheme of ["basic", "BASIC"]) {
      const headers = { Authorization: `${scheme} ${btoa(`${company.key}:password:more`)}` }
      expect((await call("GET", "/v1/plans", { headers })).status).toBe(200)
    }
  })
})

describe("a refusal of the framework", () => {
  const refused = (accept: string | null) =>
    call("GET", "/billy/v1/plans/<b>", { headers: accept === null ? {} : { Accept: accept } })

  test.each(["*/*", "text/html", "text/html,application/xhtml+xml;q=0.9"])(
    "is HTML for %s",
    async (accept) => {
      const answer = await refused(accept)
      expect(answer.headers.get("Content-Type")).toBe("text/html; charset=UTF-8")
      expect(answer.text).toContain("<title>404 Not Found</title>")
      expect(answer.text).toContain("<h1>404 Not Found</h1>")
      expect(answer.text).toContain("The resource could not be found.<br/><br/>")
      expect(answer.text).toContain("No such plan &lt;b&gt;")
    },
  )

  test("is text for who takes JSON only", async () => {
    const answer = await refused("application/json")
    expect(answer.headers.get("Content-Type")).toBe("text/plain; charset=UTF-8")
    expect(answer.text).toMatch(/^404 Not Found\n\nThe resource could not be found\.\n\n+No such plan <b>/)
  })
})

test("a refusal of the domain is JSON with a class and a message", async () => {
  const { status, headers, json } = await company.post("/v1/customers", { processor_uri: "CU123" })
  expect(status).toBe(400)
  expect(headers.get("Content-Type")).toBe("application/json; charset=UTF-8")
  expect(Object.keys(json)).toEqual(["error_class", "error_message"])
})

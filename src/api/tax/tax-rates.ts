// POST and GET /admin/v1/tax-rates, GET …/{id}, POST …/{id}/archive

import { createRoute, z } from "@hono/zod-openapi"
import { archiveTaxRate } from "../../actions/archive-tax-rate.ts"
import { createTaxRate, findTaxRate } from "../../actions/create-tax-rate.ts"
import type { Api } from "../app.ts"
import { ArchivedQuery } from "../catalog/product-schemas.ts"
import { reads, writes } from "../shared/access.ts"
import {
  body,
  IdParam,
  json,
  linkNext,
  pageFrom,
  PageQuery,
  problems,
  reply,
  unwrap,
  writeProblems,
} from "../shared/door.ts"
import { CountryCode, Empty } from "../shared/fields.ts"
import { taxRateFrom, TaxRateInput, TaxRateSchema, taxRateToApi } from "./schemas.ts"

const createTaxRateRoute = createRoute({
  method: "post",
  path: "/admin/v1/tax-rates",
  operationId: "createTaxRate",
  tags: ["Taxes"],
  summary: "Create a tax rate",
  description:
    "A rate of a country, or of a region of it. With the tax mode `Rates` all rates of the places that a customer lies in apply side by side: a country's, its region's and its city's. A rate is never changed: create another one and archive the old one.",
  ...writes("catalog:write"),
  request: body(TaxRateInput),
  responses: { 201: json(TaxRateSchema, "The tax rate."), ...writeProblems() },
})

const listRoute = createRoute({
  method: "get",
  path: "/admin/v1/tax-rates",
  operationId: "listTaxRates",
  tags: ["Taxes"],
  summary: "List tax rates",
  description: "Newest first, without archived ones unless asked.",
  ...reads("catalog:read"),
  request: {
    query: PageQuery.extend({
      ...ArchivedQuery,
      country: CountryCode.optional().openapi({ type: "string", example: "CA" }),
    }),
  },
  responses: { 200: json(z.array(TaxRateSchema), "A page of tax rates."), ...problems(422) },
})

const getRoute = createRoute({
  method: "get",
  path: "/admin/v1/tax-rates/{id}",
  operationId: "getTaxRate",
  tags: ["Taxes"],
  summary: "Get a tax rate",
  description: "The tax rate, archived or not.",
  ...reads("catalog:read"),
  request: { params: IdParam },
  responses: { 200: json(TaxRateSchema, "The tax rate."), ...problems(404) },
})

const archiveRoute = createRoute({
  method: "post",
  path: "/admin/v1/tax-rates/{id}/archive",
  operationId: "archiveTaxRate",
  tags: ["Taxes"],
  summary: "Archive a tax rate",
  description:
    "It is charged no more. Drafts lose it when their taxes are next computed, at the latest when they are finalized; invoices that are final keep it.",
  ...writes("catalog:write"),
  request: { params: IdParam, ...body(Empty, false) },
  responses: { 200: json(TaxRateSchema, "The archived tax rate."), ...writeProblems(404) },
})

export function register(api: Api): void {
  api.openapi(createTaxRateRoute, async (c) => {
    const input = taxRateFrom(c.req.valid("json"))
    const row = unwrap(await createTaxRate(c.get("scope"), input, reply(201, taxRateToApi)))
    return c.json(taxRateToApi(row), 201)
  })

  api.openapi(listRoute, async (c) => {
    const { include_archived: archived, country, ...page } = c.req.valid("query")
    const found = await c.get("scope").read.tax.rates(pageFrom(page), archived === "true", country)
    linkNext(c, found.next)
    return c.json(found.rows.map(taxRateToApi), 200)
  })

  api.openapi(getRoute, async (c) => {
    const row = unwrap(await findTaxRate(c.get("scope"), c.req.valid("param").id))
    return c.json(taxRateToApi(row), 200)
  })

  api.openapi(archiveRoute, async (c) => {
    const { id } = c.req.valid("param")
    const row = unwrap(await archiveTaxRate(c.get("scope"), id, reply(200, taxRateToApi)))
    return c.json(taxRateToApi(row), 200)
  })
}

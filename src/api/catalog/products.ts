// POST and GET /admin/v1/catalog/products, GET and PATCH …/{id}, POST …/{id}/archive

import { createRoute, z } from "@hono/zod-openapi"
import { archiveProduct } from "../../actions/archive-product.ts"
import { createProduct } from "../../actions/create-product.ts"
import { findProduct } from "../../actions/find-catalog.ts"
import { updateProduct } from "../../actions/update-product.ts"
import type { Api } from "../app.ts"
import { reads, writes } from "../shared/access.ts"
import { Empty } from "../shared/fields.ts"
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
import {
  ArchivedQuery,
  productFrom,
  ProductInput,
  ProductSchema,
  productToApi,
  ProductUpdate,
} from "./product-schemas.ts"

const createProductRoute = createRoute({
  method: "post",
  path: "/admin/v1/catalog/products",
  operationId: "createProduct",
  tags: ["Catalog"],
  summary: "Create a product",
  description: "A product is a named offering that plans may belong to.",
  ...writes("catalog:write"),
  request: body(ProductInput),
  responses: { 201: json(ProductSchema, "The product."), ...writeProblems() },
})

const listRoute = createRoute({
  method: "get",
  path: "/admin/v1/catalog/products",
  operationId: "listProducts",
  tags: ["Catalog"],
  summary: "List products",
  description: "Newest first, without archived ones unless asked.",
  ...reads("catalog:read"),
  request: { query: PageQuery.extend(ArchivedQuery) },
  responses: { 200: json(z.array(ProductSchema), "A page of products."), ...problems(422) },
})

const getRoute = createRoute({
  method: "get",
  path: "/admin/v1/catalog/products/{id}",
  operationId: "getProduct",
  tags: ["Catalog"],
  summary: "Get a product",
  description: "The product, archived or not.",
  ...reads("catalog:read"),
  request: { params: IdParam },
  responses: { 200: json(ProductSchema, "The product."), ...problems(404) },
})

const patchRoute = createRoute({
  method: "patch",
  path: "/admin/v1/catalog/products/{id}",
  operationId: "updateProduct",
  tags: ["Catalog"],
  summary: "Change a product",
  description: "Changes what is given and leaves the rest.",
  ...writes("catalog:write"),
  request: { params: IdParam, ...body(ProductUpdate) },
  responses: { 200: json(ProductSchema, "The product as it is now."), ...writeProblems(404) },
})

const archiveRoute = createRoute({
  method: "post",
  path: "/admin/v1/catalog/products/{id}/archive",
  operationId: "archiveProduct",
  tags: ["Catalog"],
  summary: "Archive a product",
  description: "New plans can't name it any more. Its plans go on as they are.",
  ...writes("catalog:write"),
  request: { params: IdParam, ...body(Empty, false) },
  responses: { 200: json(ProductSchema, "The archived product."), ...writeProblems(404) },
})

export function register(api: Api): void {
  api.openapi(createProductRoute, async (c) => {
    const input = productFrom(c.req.valid("json"))
    const row = unwrap(await createProduct(c.get("scope"), input, reply(201, productToApi)))
    return c.json(productToApi(row), 201)
  })

  api.openapi(listRoute, async (c) => {
    const { include_archived: archived, ...page } = c.req.valid("query")
    const found = await c.get("scope").read.catalog.products(pageFrom(page), archived === "true")
    linkNext(c, found.next)
    return c.json(found.rows.map(productToApi), 200)
  })

  api.openapi(getRoute, async (c) => {
    const row = unwrap(await findProduct(c.get("scope"), c.req.valid("param").id))
    return c.json(productToApi(row), 200)
  })

  api.openapi(patchRoute, async (c) => {
    const changes = c.req.valid("json")
    const { id } = c.req.valid("param")
    const row = unwrap(await updateProduct(c.get("scope"), id, changes, reply(200, productToApi)))
    return c.json(productToApi(row), 200)
  })

  api.openapi(archiveRoute, async (c) => {
    const { id } = c.req.valid("param")
    const row = unwrap(await archiveProduct(c.get("scope"), id, reply(200, productToApi)))
    return c.json(productToApi(row), 200)
  })
}

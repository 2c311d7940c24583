// The hierarchy holds when somebody else changes it between a decision and its commit.

import { beforeAll, expect, test } from "vitest"
import { createCustomer } from "../../src/actions/create-customer.ts"
import { updateCustomer } from "../../src/actions/update-customer.ts"
import type { CustomerChanges } from "../../src/actions/update-customer.ts"
import type { CustomerRow } from "../../src/db/rows.ts"
import { customers } from "../../src/db/schema.ts"
import type { AccountType } from "../../src/domain/customer.ts"
import type { Currency } from "../../src/domain/currency.ts"
import type { Scope } from "../../src/actions/scope.ts"
import { newTenant } from "../support/client.ts"
import { overtaken, scopeOf } from "../support/race.ts"

let scope: Scope

beforeAll(async () => {
  scope = await scopeOf((await newTenant("test")).id)
})

const reply = () => ({ status: 200, body: "" })

const below = (parentId: string | null, by: Scope = scope, accountType: AccountType = "Organization") =>
  createCustomer(
    by,
    {
      displayName: "Globex",
      legalName: null,
      email: "billing@globex.com",
      accountType,
      parentId,
      consolidation: "Standalone",
      billingCurrency: "USD" as Currency,
      paymentTermsDays: 30,
      taxId: null,
      billingAddress: null,
      billToId: null,
      externalId: null,
      metadata: {},
    },
    reply,
  )

const change = (row: CustomerRow, changes: CustomerChanges, by: Scope = scope) =>
  updateCustomer(by, row.id, changes, reply)

async function customer(parent: CustomerRow | null = null): Promise<CustomerRow> {
  const made = await below(parent?.id ?? null)
  if (!made.ok) throw new Error(made.error.detail)
  return made.value
}

async function line(length: number): Promise<{ top: CustomerRow; bottom: CustomerRow }> {
  const top = await customer()
  let bottom = top
  for (let level = 1; level < length; level++) bottom = await customer(bottom)
  return { top, bottom }
}

const refusedAt = (path: string) => ({ ok: false, error: { code: "invalid_request", errors: [{ path }] } })

test("a cycle that closes while its second half is decided", async () => {
  const a = await customer()
  const b = await line(3)
  const late = overtaken(scope, () => change(a, { parentId: b.bottom.id }))
  expect(await change(b.top, { parentId: a.id }, late)).toMatchObject(refusedAt("parent_id"))
})

test("a cycle through a row between the two that move", async () => {
  const a = await line(2)
  const b = await line(3)
  const late = overtaken(scope, () => change(b.top, { parentId: a.bottom.id }))
  expect(await change(a.top, { parentId: b.bottom.id }, late)).toMatchObject(refusedAt("parent_id"))
})

test("a branch that grows while it moves", async () => {
  const trunk = await line(4)
  const branch = await line(6)
  const late = overtaken(scope, () => below(branch.bottom.id))
  expect(await change(branch.top, { parentId: trunk.bottom.id }, late)).toMatchObject(refusedAt("parent_id"))
})

test("a branch that moves while it grows", async () => {
  const trunk = await line(4)
  const branch = await line(6)
  const late = overtaken(scope, () => change(branch.top, { parentId: trunk.bottom.id }))
  expect(await below(branch.bottom.id, late)).toMatchObject(refusedAt("parent_id"))
})

test("a parent that becomes an Individual while it gets a child, and the other way round", async () => {
  const first = await customer()
  const slow = overtaken(scope, () => change(first, { accountType: "Individual" }))
  expect(await below(first.id, slow)).toMatchObject(refusedAt("parent_id"))
  const second = await customer()
  const late = overtaken(scope, () => below(second.id))
  expect(await change(second, { accountType: "Individual" }, late)).toMatchObject(refusedAt("account_type"))
})

test("a child that becomes a Subsidiary while its parent ceases to be an Organization", async () => {
  const root = await customer()
  const parent = await customer(root)
  const child = await customer(parent)
  const late = overtaken(scope, () => change(parent, { accountType: "Subsidiary" }))
  expect(await change(child, { accountType: "Subsidiary" }, late)).toMatchObject(refusedAt("parent_id"))
})

test("a parent that is closed while it gets a child", async () => {
  const parent = await customer()
  const late = overtaken(scope, () => change(parent, { status: "Closed" }))
  expect(await below(parent.id, late)).toMatchObject(refusedAt("parent_id"))
})

test("changes that do not touch each other's ground both hold", async () => {
  const a = await customer()
  const late = overtaken(scope, () => change(a, { displayName: "New name" }))
  expect(await change(a, { email: "new@example.com" }, late)).toMatchObject({
    ok: true,
    value: { displayName: "New name", email: "new@example.com" },
  })
})

test("a hierarchy has at most a thousand customers, however they come into it", async () => {
  const root = await customer()
  const copy = (parentId: string): CustomerRow => ({ ...root, id: scope.newId(), parentId })
  const filled = async (under: CustomerRow, count: number) => {
    const rows = Array.from({ length: count }, () => copy(under.id))
    await scope.commit({ writes: rows.map((row) => scope.write.insert(customers, row)), audit: [] })
  }
  await filled(root, 996)
  const pair = await line(2)
  const triple = await line(3)
  expect(await change(triple.top, { parentId: root.id })).toMatchObject({ ok: true })
  expect(await change(pair.top, { parentId: root.id })).toMatchObject(refusedAt("parent_id"))
  expect(await below(root.id)).toMatchObject({ ok: false })
  // A move within the tree adds nobody to it.
  expect(await change(triple.bottom, { parentId: root.id })).toMatchObject({ ok: true })
})

test("two customers that each direct their invoices to the other", async () => {
  const [first, second] = [await customer(), await customer()]
  const late = overtaken(scope, () => change(second, { billToId: first.id }))
  expect(await change(first, { billToId: second.id }, late)).toMatchObject(refusedAt("bill_to_id"))
})

test("a parent that gets another currency while a child begins to consolidate to it", async () => {
  const parent = await customer()
  const child = await customer(parent)
  const late = overtaken(scope, () => change(parent, { billingCurrency: "EUR" as Currency }))
  expect(await change(child, { consolidation: "ConsolidateToParent" }, late)).toMatchObject({
    ok: false,
    error: { code: "currency_mismatch", errors: [{ path: "consolidation" }] },
  })
})

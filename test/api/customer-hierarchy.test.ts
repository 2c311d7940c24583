// The hierarchy of customers and what it refuses, one change at a time and many at once.

import { beforeAll, describe, expect, test } from "vitest"
import type { Json, Reply, Tenant } from "../support/client.ts"
import { create, newTenant } from "../support/client.ts"

let tenant: Tenant

beforeAll(async () => {
  tenant = await newTenant("test")
})

const body = (changes: Json) => ({
  display_name: "Globex",
  email: "billing@globex.com",
  currency: "USD",
  ...changes,
})

const customer = (changes: Json = {}) => create(tenant.api, "/admin/v1/customers", body(changes))
const attempt = (changes: Json) => tenant.api.post("/admin/v1/customers", body(changes))
const move = (id: string, changes: Json) => tenant.api.patch(`/admin/v1/customers/${id}`, changes)

/** A line of organizations, the root first. */
async function line(length: number): Promise<string[]> {
  const ids: string[] = []
  for (let level = 0; level < length; level++) {
    ids.push((await customer({ parent_id: ids.at(-1) ?? null })).id)
  }
  return ids
}

function refusedAt(reply: Reply, path: string): void {
  expect(reply.status).toBe(422)
  expect(reply.json.errors).toEqual([{ path, message: expect.any(String) }])
}

/** How many levels a tree has, read from the API itself. */
function levels(tree: { children: { children: [] }[] }): number {
  return 1 + Math.max(0, ...tree.children.map(levels))
}

describe("who hangs under whom", () => {
  test("the seed's subsidiary, in another currency, shows in the tree", async () => {
    const parent = await customer({ display_name: "Globex Corp", account_type: "Organization" })
    const seed = {
      display_name: "Globex — Europe",
      email: "billing-eu@globex.com",
      currency: "EUR",
      account_type: "Subsidiary",
      parent_id: parent.id,
    }
    const child = await create(tenant.api, "/admin/v1/customers", seed)
    expect(child).toMatchObject(seed)
    const tree = await tenant.api.get(`/admin/v1/customers/${parent.id}/hierarchy`)
    const common = { status: "Active", consolidation: "Standalone" }
    expect(tree.json).toEqual({
      id: parent.id,
      display_name: "Globex Corp",
      account_type: "Organization",
      currency: "USD",
      ...common,
      children: [
        {
          id: child.id,
          display_name: "Globex — Europe",
          account_type: "Subsidiary",
          currency: "EUR",
          ...common,
          children: [],
        },
      ],
    })
    const below = await tenant.api.get(`/admin/v1/customers/${child.id}/hierarchy`)
    expect(below.json.children).toEqual([])
  })

  test("a Subsidiary needs an Organization", async () => {
    refusedAt(await attempt({ account_type: "Subsidiary" }), "parent_id")
    const person = await customer({ account_type: "Individual" })
    refusedAt(await attempt({ account_type: "Subsidiary", parent_id: person.id }), "parent_id")
    const parent = await customer()
    const subsidiary = await customer({ account_type: "Subsidiary", parent_id: parent.id })
    refusedAt(await attempt({ account_type: "Subsidiary", parent_id: subsidiary.id }), "parent_id")
    refusedAt(await move(subsidiary.id, { parent_id: null }), "parent_id")
  })

  test("an Individual has no children, and nobody with children becomes one", async () => {
    const person = await customer({ account_type: "Individual" })
    refusedAt(await attempt({ parent_id: person.id }), "parent_id")
    const parent = await customer()
    await customer({ parent_id: parent.id })
    refusedAt(await move(parent.id, { account_type: "Individual" }), "account_type")
  })

  test("an Organization with a Subsidiary stays one", async () => {
    const root = await customer()
    const parent = await customer({ parent_id: root.id })
    await customer({ account_type: "Subsidiary", parent_id: parent.id })
    refusedAt(await move(parent.id, { account_type: "Subsidiary" }), "account_type")
  })

  test("a closed parent takes no children, and its present ones can still be changed", async () => {
    const parent = await customer()
    const child = await customer({ parent_id: parent.id })
    await move(parent.id, { status: "Closed" })
    refusedAt(await attempt({ parent_id: parent.id }), "parent_id")
    expect((await move(child.id, { display_name: "Still here" })).status).toBe(200)
  })

  test("a parent that does not exist is not found, with its place", async () => {
    const refused = await attempt({ parent_id: "01944b1f-0000-7000-8000-00000000dead" })
    expect([refused.status, refused.json.code]).toEqual([404, "not_found"])
    expect(refused.json.errors[0].path).toBe("parent_id")
  })
})

describe("cycles and depth", () => {
  test("nobody hangs under itself or its own descendants", async () => {
    const [top = "", middle = "", bottom = ""] = await line(3)
    for (const parent of [top, middle, bottom]) {
      const refused = await move(top, { parent_id: parent })
      refusedAt(refused, "parent_id")
      expect(refused.json.detail).toContain("cycle")
    }
    expect((await move(bottom, { parent_id: top })).status).toBe(200)
    expect((await move(middle, { parent_id: bottom })).status).toBe(200)
    const tree = await tenant.api.get(`/admin/v1/customers/${top}/hierarchy`)
    expect(levels(tree.json)).toBe(3)
  })

  test("a tenth level is made and an eleventh is not", async () => {
    const ids = await line(10)
    refusedAt(await attempt({ parent_id: ids[9] }), "parent_id")
  })

  test("a branch moves with its height", async () => {
    const trunk = await line(7)
    const [branch = ""] = await line(4)
    refusedAt(await move(branch, { parent_id: trunk[6] }), "parent_id")
    expect((await move(branch, { parent_id: trunk[5] })).status).toBe(200)
    const tree = await tenant.api.get(`/admin/v1/customers/${trunk[0]}/hierarchy`)
    expect(levels(tree.json)).toBe(10)
  })
})

describe("changes at the same time", () => {
  const statuses = (replies: readonly Reply[]) =>
    replies.map((reply) => reply.status).toSorted((a, b) => a - b)

  test("two moves that together make a cycle are not both made", async () => {
    for (let round = 0; round < 5; round++) {
      const [a = ""] = await line(1)
      const [b = ""] = await line(1)
      const both = await Promise.all([move(a, { parent_id: b }), move(b, { parent_id: a })])
      expect(statuses(both)).toEqual([200, 422])
    }
  })

  test("nor three around a longer circle", async () => {
    const [a1 = "", a2 = ""] = await line(2)
    const [b1 = "", b2 = ""] = await line(2)
    const [c1 = "", c2 = ""] = await line(2)
    const all = await Promise.all([
      move(a1, { parent_id: b2 }),
      move(b1, { parent_id: c2 }),
      move(c1, { parent_id: a2 }),
    ])
    expect(statuses(all)).toEqual([200, 200, 422])
  })

  test("a parent does not become an Individual while it gets a child", async () => {
    for (let round = 0; round < 5; round++) {
      const [parent = ""] = await line(1)
      const all = await Promise.all([
        attempt({ parent_id: parent }),
        move(parent, { account_type: "Individual" }),
        attempt({ parent_id: parent }),
        attempt({ parent_id: parent }),
      ])
      const tree = (await tenant.api.get(`/admin/v1/customers/${parent}/hierarchy`)).json
      const retyped = all[1]?.status === 200
      expect(tree.account_type).toBe(retyped ? "Individual" : "Organization")
      expect(tree.children).toHaveLength(retyped ? 0 : 3)
    }
  })
})

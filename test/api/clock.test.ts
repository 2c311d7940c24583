// The clock of a test tenant: set, advanced, bounded, and refused to live tenants.

import { describe, expect, test } from "vitest"
import { newTenant, setClock } from "../support/client.ts"
import { FEE, newPlan, newSubscription } from "../support/fixtures.ts"

describe("a test tenant's clock", () => {
  test("runs with real time until it is set, and then stands", async () => {
    const { api } = await newTenant("test")
    expect((await api.get("/admin/v1/test-clock")).json.frozen).toBe(false)
    await setClock(api, "2026-02-28T00:00:00Z")
    expect((await api.get("/admin/v1/test-clock")).json).toEqual({
      now: "2026-02-28T00:00:00Z",
      frozen: true,
      status: "Ready",
      advancing_to: null,
    })
    const advanced = await api.post("/admin/v1/test-clock/advance", { by: "P1M" })
    expect(advanced.json).toEqual({
      from: "2026-02-28T00:00:00Z",
      now: "2026-03-28T00:00:00Z",
      complete: true,
      ran: [],
    })
  })

  test("goes back only while there are no subscriptions", async () => {
    const { api } = await newTenant("test")
    await setClock(api, "2026-02-28T00:00:00Z")
    await setClock(api, "2026-01-01T00:00:00Z")
    await newSubscription(api, await newPlan(api, [FEE]))
    const back = await api.post("/admin/v1/test-clock", { now: "2025-12-31T00:00:00Z" })
    expect([back.status, back.json.code, back.json.errors[0].path]).toEqual([409, "invalid_state", "now"])
    const advance = await api.post("/admin/v1/test-clock/advance", { to: "2025-12-31T00:00:00Z" })
    expect([advance.status, advance.json.errors[0].path]).toEqual([422, "to"])
  })

  test.each([
    ["/admin/v1/test-clock", { now: "2300-01-01T00:00:00Z" }, "now"],
    ["/admin/v1/test-clock", { now: "2026-02-30T00:00:00Z" }, "now"],
    ["/admin/v1/test-clock/advance", { by: "P6Y" }, "to"],
    ["/admin/v1/test-clock/advance", { by: "1 month" }, "by"],
    ["/admin/v1/test-clock/advance", { by: "P1D", to: "2026-03-01T00:00:00Z" }, "to"],
    ["/admin/v1/test-clock/advance", {}, "to"],
  ])("%s refuses %j", async (path, body, field) => {
    const { api } = await newTenant("test")
    const refused = await api.post(path, body)
    expect([refused.status, refused.json.errors[0].path]).toEqual([422, field])
  })

  test("is not there for a live tenant", async () => {
    const { api } = await newTenant("live")
    const set = await api.post("/admin/v1/test-clock", { now: "2026-02-28T00:00:00Z" })
    const advanced = await api.post("/admin/v1/test-clock/advance", { by: "P1D" })
    expect([set.json.code, advanced.json.code]).toEqual(["invalid_state", "invalid_state"])
  })

  test("runs what falls due in time order, each at its own time, and the same way at every replay", async () => {
    const replay = async () => {
      const { api } = await newTenant("test")
      await setClock(api, "2026-01-31T00:00:00Z")
      const plan = await newPlan(api, [FEE], { trial_days: 40 })
      await newSubscription(api, plan)
      const { json } = await api.post("/admin/v1/test-clock/advance", { by: "P3M" })
      return json.ran.map((job: any) => [job.due_at, job.kind])
    }
    const first = await replay()
    expect(first).toEqual([
      ["2026-02-28T00:00:00Z", "close-period"],
      ["2026-03-09T00:00:00Z", "warn-trial"],
      ["2026-03-12T00:00:00Z", "end-trial"],
      ["2026-03-31T00:00:00Z", "close-period"],
      ["2026-03-31T01:00:00Z", "finalize-invoice"],
      ["2026-04-30T00:00:00Z", "close-period"],
    ])
    expect(await replay()).toEqual(first)
  })

  test("a subscription that would start centuries away is refused", async () => {
    const { api } = await newTenant("test")
    await setClock(api, "2026-01-01T00:00:00Z")
    const plan = await newPlan(api, [FEE])
    for (const started_at of ["9999-12-31T00:00:00Z", "1970-01-01T00:00:00Z"]) {
      await expect(newSubscription(api, plan, { started_at })).rejects.toThrow(/422.*started_at/)
    }
  })
})

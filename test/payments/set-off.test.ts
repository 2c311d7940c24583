// What a lost dispute is set off against: nobody is owed, or holds as credit, what the bank has given back. After each step the books
// balance and agree with the documents. All amounts are dollars, worked out by hand.

import { describe, expect, test } from "vitest"
import type { Scope } from "../../src/actions/scope.ts"
import { advance, create } from "../support/client.ts"
import {
  begin,
  books,
  charged,
  disputed,
  dollars,
  entriesOf,
  invoiced,
  note,
  overpaid,
  refund,
  usd,
} from "./set-off-world.ts"

describe("what a credit note left owed", () => {
  test("is owed no more once the dispute is lost, and again once it is won after all", async () => {
    const world = await begin()
    const id = await invoiced(world, 250)
    const payment = await charged(world, id)
    await note(world, id, 100)
    expect(await books(world)).toEqual({ Cash: 250, Revenue: -150, PayoutsPayable: -100 })
    await disputed(world, payment.id, "Open", 250)
    expect(await books(world)).toEqual({ Disputes: 250, Revenue: -150, PayoutsPayable: -100 })

    // The bank has given back 250, of which 100 were owed: 150 are lost.
    await disputed(world, payment.id, "Lost", 250)
    expect(await books(world)).toEqual({ BadDebt: 150, Revenue: -150 })
    expect((await refund(world, payment.id, 1)).status).toBe(409)

    await disputed(world, payment.id, "Won", 250)
    expect(await books(world)).toEqual({ Cash: 250, Revenue: -150, PayoutsPayable: -100 })
    expect((await refund(world, payment.id, 100)).status).toBe(201)
    expect(await books(world)).toEqual({ Cash: 150, Revenue: -150 })
  })

  test("is less by what a dispute of a part has given back", async () => {
    const world = await begin()
    const id = await invoiced(world, 250)
    const payment = await charged(world, id)
    await note(world, id, 100)
    await disputed(world, payment.id, "Lost", 60)
    expect(await books(world)).toEqual({ Cash: 190, Revenue: -150, PayoutsPayable: -40 })
    // Of a refund of 50 the customer was owed 40.
    expect((await refund(world, payment.id, 50)).status).toBe(201)
    expect(await books(world)).toEqual({ Cash: 140, Revenue: -150, Refunds: 10 })
  })

  test("and is paid out already is not set off", async () => {
    const world = await begin()
    const id = await invoiced(world, 250)
    const payment = await charged(world, id)
    await note(world, id, 100)
    // The refund of all that is owed gets in between the decision and its commit.
    let commits = 0
    const outrun = (scope: Scope): Scope => ({
      ...scope,
      async commit(plan) {
        commits += 1
        if (commits === 2) expect((await refund(world, payment.id, 100)).status).toBe(201)
        return scope.commit(plan)
      },
    })
    await disputed(world, payment.id, "Lost", 150, outrun)
    expect(commits).toBeGreaterThan(2)
    expect(await books(world)).toEqual({ BadDebt: 150, Revenue: -150 })
  })

  test("while the loss is decided is set off all the same", async () => {
    const world = await begin()
    const id = await invoiced(world, 250)
    const payment = await charged(world, id)
    await disputed(world, payment.id, "Open", 250)
    // The note gets in between: nothing was owed when the loss was decided, and no dispute was lost when the note was.
    let commits = 0
    const outrun = (scope: Scope): Scope => ({
      ...scope,
      async commit(plan) {
        commits += 1
        if (commits === 2) await note(world, id, 100)
        return scope.commit(plan)
      },
    })
    await disputed(world, payment.id, "Lost", 250, outrun)
    expect(commits).toBeGreaterThan(2)
    expect(await books(world)).toEqual({ BadDebt: 150, Revenue: -150 })
  })

  test("after the dispute was lost is set off against the loss", async () => {
    const world = await begin()
    const id = await invoiced(world, 250)
    const payment = await charged(world, id)
    await disputed(world, payment.id, "Lost", 250)
    expect(await books(world)).toEqual({ BadDebt: 250, Revenue: -250 })
    await note(world, id, 100)
    expect(await books(world)).toEqual({ BadDebt: 150, Revenue: -150 })
    await note(world, id, 150)
    expect(await books(world)).toEqual({})
    // Won after all: what the notes gave back is owed.
    await disputed(world, payment.id, "Won", 250)
    expect(await books(world)).toEqual({ Cash: 250, PayoutsPayable: -250 })
  })
})

describe("credit that the payment became", () => {
  test("is taken back as far as it is left; what is spent of it is lost", async () => {
    const { world, payment } = await overpaid()
    await invoiced(world, 30)
    expect(await books(world)).toEqual({ Cash: 250, Revenue: -180, PrepaidCredit: -70 })
    await disputed(world, payment.id, "Lost", 250)
    expect(await books(world)).toEqual({ BadDebt: 180, Revenue: -180 })
    const credited = async () =>
      dollars((await world.api.get(`/admin/v1/payments/${payment.id}`)).json.credited_nanos)
    expect(await credited()).toBe(30)

    await disputed(world, payment.id, "Won", 250)
    expect(await books(world)).toEqual({ Cash: 250, Revenue: -180, PrepaidCredit: -70 })
    expect(await credited()).toBe(100)
    // And lost once more.
    await disputed(world, payment.id, "Lost", 250)
    expect(await books(world)).toEqual({ BadDebt: 180, Revenue: -180 })
    expect(await entriesOf(world)).toEqual([
      ["Granted", 100],
      ["Drawn", -30],
      ["Reversed", -70],
      ["Restored", 70],
      ["Reversed", -70],
    ])
  })

  test("stays where the dispute is won, and as far as it is of a part", async () => {
    const { world, payment } = await overpaid()
    await disputed(world, payment.id, "Won", 250)
    expect(await books(world)).toEqual({ Cash: 250, Revenue: -150, PrepaidCredit: -100 })
    const other = await overpaid()
    await disputed(other.world, other.payment.id, "Lost", 40)
    expect(await books(other.world)).toEqual({ Cash: 210, Revenue: -150, PrepaidCredit: -60 })
  })

  test("of a top-up goes the same way", async () => {
    const world = await begin()
    const { api, customer } = world
    const method = { payment_method: "pm_card_visa", is_default: true }
    await create(api, `/admin/v1/customers/${customer}/payment-methods`, method)
    const recharge = { threshold_nanos: usd(5), amount_nanos: usd(20), monthly_cap_nanos: usd(20) }
    const wallet = { name: "Prepaid", auto_recharge: recharge }
    await create(api, `/admin/v1/customers/${customer}/wallets`, wallet)
    await advance(api, { by: "PT1H" })
    expect(await books(world)).toEqual({ Cash: 20, PrepaidCredit: -20 })
    await invoiced(world, 8)
    const [payment] = (await api.get(`/admin/v1/payments?customer_id=${customer}`)).json
    await disputed(world, payment.id, "Lost", 20)
    // 12 are left of it; 8 are spent.
    expect(await books(world)).toEqual({ BadDebt: 8, Revenue: -8 })
    expect(await entriesOf(world)).toEqual([
      ["Granted", 20],
      ["Drawn", -8],
      ["Reversed", -12],
    ])
  })
})

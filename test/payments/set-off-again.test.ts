// What comes to be owed once a dispute was lost, as by another one that is won, or a refund or payout that fails: nobody is paid what the
// bank has given back, and no debt is left that can't end. All amounts are dollars, worked out by hand.

import { env } from "cloudflare:workers"
import { describe, expect, test } from "vitest"
import { act } from "../../src/actions/act.ts"
import { decidePayoutNews } from "../../src/actions/payout-news.ts"
import type { Scope } from "../../src/actions/scope.ts"
import { advance, create } from "../support/client.ts"
import { scopeOf } from "../support/race.ts"
import type { World } from "./set-off-world.ts"
import {
  begin,
  books,
  charged,
  disputed,
  entriesOf,
  invoiced,
  note,
  overpaid,
  refund,
} from "./set-off-world.ts"

const plain = (scope: Scope) => scope

/** One of two disputes. */
const told = (world: World, id: string, status: "Won" | "Lost", amount: number, name: string) =>
  disputed(world, id, status, amount, plain, name)

describe("what a dispute that is won after all gives back", () => {
  test("is set off against what another one of the payment has lost", async () => {
    const world = await begin()
    const id = await invoiced(world, 250)
    const payment = await charged(world, id)
    await note(world, id, 100)
    await told(world, payment.id, "Lost", 80, "one")
    expect(await books(world)).toEqual({ Cash: 170, Revenue: -150, PayoutsPayable: -20 })
    await told(world, payment.id, "Lost", 80, "two")
    expect(await books(world)).toEqual({ Cash: 90, BadDebt: 60, Revenue: -150 })
    // Of the 100 that were owed the bank has given back 80.
    await told(world, payment.id, "Won", 80, "one")
    expect(await books(world)).toEqual({ Cash: 170, Revenue: -150, PayoutsPayable: -20 })
    expect((await refund(world, payment.id, 20)).status).toBe(201)
    expect(await books(world)).toEqual({ Cash: 150, Revenue: -150 })
    await told(world, payment.id, "Won", 80, "two")
    expect(await books(world)).toEqual({ Cash: 230, Revenue: -150, PayoutsPayable: -80 })
  })

  test("is set off against what one of another payment of the invoice has lost", async () => {
    const world = await begin()
    const id = await invoiced(world, 250)
    const first = await charged(world, id, "pm_card_visa", 100)
    const second = await charged(world, id, "pm_card_visa", 150)
    await note(world, id, 100)
    await told(world, first.id, "Lost", 80, "one")
    await told(world, second.id, "Lost", 80, "two")
    expect(await books(world)).toEqual({ Cash: 90, BadDebt: 60, Revenue: -150 })
    await told(world, first.id, "Won", 80, "one")
    expect(await books(world)).toEqual({ Cash: 170, Revenue: -150, PayoutsPayable: -20 })
    await told(world, second.id, "Won", 80, "two")
    expect(await books(world)).toEqual({ Cash: 250, Revenue: -150, PayoutsPayable: -100 })
  })

  test("of credit is set off in the same way, and the rest is credit again", async () => {
    const { world, payment } = await overpaid()
    await told(world, payment.id, "Lost", 80, "one")
    await told(world, payment.id, "Lost", 80, "two")
    expect(await books(world)).toEqual({ Cash: 90, BadDebt: 60, Revenue: -150 })
    await told(world, payment.id, "Won", 80, "one")
    expect(await books(world)).toEqual({ Cash: 170, Revenue: -150, PrepaidCredit: -20 })
    await told(world, payment.id, "Won", 80, "two")
    expect(await books(world)).toEqual({ Cash: 250, Revenue: -150, PrepaidCredit: -100 })
    expect(await entriesOf(world)).toEqual([
      ["Granted", 100],
      ["Reversed", -80],
      ["Reversed", -20],
      ["Restored", 20],
      ["Restored", 80],
    ])
  })

  test("is credit again once, where two hear of it and one gets in between the readings of the other", async () => {
    const { world, payment } = await overpaid()
    await disputed(world, payment.id, "Lost", 250)
    expect(await books(world)).toEqual({ BadDebt: 150, Revenue: -150 })
    let isOutrun = false
    const slow = (scope: Scope): Scope => {
      const grantsOf = async (ids: readonly string[]) => {
        if (!isOutrun) {
          isOutrun = true
          await disputed(world, payment.id, "Won", 250)
        }
        return scope.read.wallets.grantsOf(ids)
      }
      return { ...scope, read: { ...scope.read, wallets: { ...scope.read.wallets, grantsOf } } }
    }
    await disputed(world, payment.id, "Won", 250, slow)
    expect(isOutrun).toBe(true)
    expect(await books(world)).toEqual({ Cash: 250, Revenue: -150, PrepaidCredit: -100 })
  })
})

/** An invoice of 250 that is paid, of which 100 are owed. */
async function owing(card: string) {
  const world = await begin()
  const id = await invoiced(world, 250)
  const payment = await charged(world, id, card)
  await note(world, id, 100)
  return { world, payment }
}

const paidOut = ({ api, customer }: World) => api.post(`/admin/v1/customers/${customer}/payouts`, {})

const defaultMethod = ({ api, customer }: World, card: string) =>
  create(api, `/admin/v1/customers/${customer}/payment-methods`, { payment_method: card, is_default: true })

/** A payout of 100 that has arrived, and the word that it came back, as one hears it. */
async function paidBack() {
  const { world, payment } = await owing("pm_card_visa")
  await defaultMethod(world, "pm_card_visa")
  const payout = await paidOut(world)
  expect([payout.status, payout.json.status]).toEqual([201, "Succeeded"])
  const hear = async (around: (scope: Scope) => Scope = plain) => {
    const scope = around(await scopeOf(world.tenant.id))
    return act(
      scope,
      async () => {
        const row = await scope.read.payouts.byId(payout.json.id)
        if (row === null) throw new Error("no payout")
        const ref = row.payoutRef
        return decidePayoutNews(scope, row, { status: "Failed", ref, code: "no_account", message: "Gone." })
      },
      null,
    )
  }
  return { world, payment, hear }
}

describe("what went back and failed once the dispute was lost", () => {
  test("is owed no more where it was a refund", async () => {
    const { world, payment } = await owing("pm_card_refundFail")
    expect((await refund(world, payment.id, 100)).json[0].status).toBe("Succeeded")
    await disputed(world, payment.id, "Lost", 250)
    // The customer has 350 of 250.
    expect(await books(world)).toEqual({ Cash: -100, BadDebt: 250, Revenue: -150 })
    await advance(world.api, { by: "PT2H" })
    expect(await books(world)).toEqual({ BadDebt: 150, Revenue: -150 })
    const paid = (await world.api.get(`/admin/v1/payments/${payment.id}`)).json
    expect(paid.refunded_nanos).toBe("0")
    await disputed(world, payment.id, "Won", 250)
    expect(await books(world)).toEqual({ Cash: 250, Revenue: -150, PayoutsPayable: -100 })
  })

  test("is owed no more where it was a payout that did not arrive", async () => {
    const { world, payment } = await owing("pm_card_visa")
    await defaultMethod(world, "pm_card_pendingThenFails")
    expect((await paidOut(world)).json.status).toBe("Pending")
    await disputed(world, payment.id, "Lost", 250)
    expect(await books(world)).toEqual({ BadDebt: 250, Revenue: -150, PayoutsPayable: -100 })
    await advance(world.api, { by: "PT2H" })
    expect(await books(world)).toEqual({ BadDebt: 150, Revenue: -150 })
    // Nothing is left that could be tried again.
    await advance(world.api, { by: "P30D" })
    expect(await books(world)).toEqual({ BadDebt: 150, Revenue: -150 })
  })

  test("is owed no more where it was a payout that came back", async () => {
    const { world, payment, hear } = await paidBack()
    await disputed(world, payment.id, "Lost", 250)
    expect(await books(world)).toEqual({ Cash: -100, BadDebt: 250, Revenue: -150 })
    expect((await hear()).ok).toBe(true)
    expect(await books(world)).toEqual({ BadDebt: 150, Revenue: -150 })
    await disputed(world, payment.id, "Won", 250)
    expect(await books(world)).toEqual({ Cash: 250, Revenue: -150, PayoutsPayable: -100 })
  })

  test("comes back once, where two hear of a payout and one gets in between the readings of the other", async () => {
    const { world, hear } = await paidBack()
    let isOutrun = false
    const slow = (scope: Scope): Scope => {
      const byId = async (id: string) => {
        if (!isOutrun) {
          isOutrun = true
          await hear()
        }
        return scope.read.payments.byId(id)
      }
      return { ...scope, read: { ...scope.read, payments: { ...scope.read.payments, byId } } }
    }
    expect((await hear(slow)).ok).toBe(true)
    expect(isOutrun).toBe(true)
    expect(await books(world)).toEqual({ Cash: 250, Revenue: -150, PayoutsPayable: -100 })
  })
})

test("a payout from before parts were recorded keeps nobody from what is owed elsewhere", async () => {
  const { world, payment } = await owing("pm_card_visa")
  await defaultMethod(world, "pm_card_visa")
  expect((await paidOut(world)).json.status).toBe("Succeeded")
  const asBefore = (statement: string) => env.DB.prepare(statement).bind(world.tenant.id).run()
  await asBefore("UPDATE payouts SET parts = NULL WHERE tenant_id = ?")
  await asBefore("UPDATE payments SET paid_out_minor = NULL WHERE tenant_id = ?")
  await disputed(world, payment.id, "Lost", 250)
  const other = await invoiced(world, 80)
  await charged(world, other)
  await note(world, other, 50)
  const payout = await paidOut(world)
  expect([payout.status, payout.json.amount_nanos]).toEqual([201, String(50n * 1_000_000_000_000n)])
  // 250 and 80 came in, 100 and 50 went out, and 250 were lost.
  expect(await books(world)).toEqual({ Cash: -70, BadDebt: 250, Revenue: -180 })
})

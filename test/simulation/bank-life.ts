// What happens at the bank without us: charges settle, customers answer, money comes back, customers dispute.

import type { Bank, Charge } from "./bank.ts"
import type { Random } from "./random.ts"

/** One thing that happens, in words; null: nothing can. */
export function liveOn(bank: Bank, random: Random): string | null {
  const kind = random.weighted({ Settle: 8, Arrive: 6, Return: 6, Dispute: 3, SendBack: 1, ComeLate: 1 })
  switch (kind) {
    case "Settle":
      return settle(bank, random)
    case "Arrive":
      return arrive(bank)
    case "Return":
      return settleReturn(bank, random)
    case "Dispute":
      return dispute(bank, random)
    case "SendBack":
      return sendBack(bank, random)
    case "ComeLate":
      return comeLate(bank, random)
  }
}

/** Everything that waits for the bank gets its end. True: there was something. */
export function settleAll(bank: Bank, random: Random): boolean {
  let moved = false
  while (
    (arrive(bank) ?? settle(bank, random) ?? settleReturn(bank, random) ?? decide(bank, random)) !== null
  ) {
    moved = true
  }
  return moved
}

function one<T>(random: Random, items: readonly T[]): T | null {
  return items.length === 0 ? null : random.pick(items)
}

function settle(bank: Bank, random: Random): string | null {
  const open = [...bank.charges.values()].filter(
    ({ status }) => status === "Pending" || status === "RequiresAction",
  )
  const charge = one(random, open)
  if (charge === null) return null
  charge.status = random.chance(0.6) ? "Succeeded" : "Failed"
  bank.tellCharge(charge)
  return `a charge settles: ${charge.status}`
}

function arrive(bank: Bank): string | null {
  const late = bank.underWay.shift()
  late?.()
  return late === undefined ? null : "a request arrives that was given up"
}

function settleReturn(bank: Bank, random: Random): string | null {
  const returns = [...bank.refunds.values(), ...bank.payouts.values()]
  // What has gone back comes home now and then, as a refund does to a card that was closed.
  const some = returns.filter(
    ({ status }) => status === "Pending" || (bank.hasFaults && status === "Succeeded" && random.chance(0.02)),
  )
  const money = one(random, some)
  if (money === null) return null
  money.status = money.status === "Pending" && random.chance(0.7) ? "Succeeded" : "Failed"
  bank.tellReturn(money.chargeRef === null ? "Payout" : "Refund", money)
  return `a refund or payout settles: ${money.status}`
}

/** Money that nobody has touched since it came. */
function untouched(bank: Bank): Charge[] {
  return [...bank.charges.values()].filter(
    ({ status, dispute: known, ref }) =>
      status === "Succeeded" && known === null && bank.refundedOf(ref) === 0n,
  )
}

function dispute(bank: Bank, random: Random): string | null {
  if (random.chance(0.5)) return decide(bank, random)
  const charge = one(random, untouched(bank))
  if (charge === null) return null
  charge.dispute = "Open"
  charge.disputedMinor = charge.amountMinor
  bank.tellDispute(charge)
  return "a customer disputes a charge"
}

function decide(bank: Bank, random: Random): string | null {
  const charge = one(
    random,
    [...bank.charges.values()].filter((some) => some.dispute === "Open"),
  )
  if (charge === null) return null
  charge.dispute = random.chance(0.5) ? "Won" : "Lost"
  bank.tellDispute(charge)
  return `a dispute is ${charge.dispute}`
}

/** As a bank debit does that its payer takes back. */
function sendBack(bank: Bank, random: Random): string | null {
  const charge = one(
    random,
    untouched(bank).filter(({ isLate }) => !isLate),
  )
  if (charge === null) return null
  charge.status = "Failed"
  charge.isSentBack = true
  bank.tellCharge(charge, true)
  return "a charge comes back"
}

function comeLate(bank: Bank, random: Random): string | null {
  const declined = [...bank.charges.values()].filter((some) => some.status === "Failed" && !some.isSentBack)
  const charge = one(
    random,
    declined.filter(({ isHard }) => !isHard),
  )
  if (charge === null) return null
  charge.status = "Succeeded"
  charge.isLate = true
  bank.tellCharge(charge, true)
  return "a declined charge arrives after all"
}

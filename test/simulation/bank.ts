// The bank of the simulation: a processor that keeps books of its own, loses requests and answers, takes a request long after it was
// given up, and changes its mind as banks do. What it tells by itself goes to `events`, which may lose it.
// Law: its books are what really happened to the money. Everything else is compared with them.

import type { Currency } from "../../src/domain/currency.ts"
import type { Minor } from "../../src/domain/money.ts"
import { minor } from "../../src/domain/money.ts"
import { err, ok } from "../../src/domain/result.ts"
import type {
  ChargeOutcome,
  ChargeRequest,
  FoundDispute,
  FoundRefund,
  PayoutRequest,
  Processor,
  RefundOutcome,
  RefundRequest,
} from "../../src/payments/port.ts"
import type { BankEvent, Told } from "./bank-events.ts"
import { newEvent, readEvents } from "./bank-events.ts"
import type { Random } from "./random.ts"
import { gate } from "./task.ts"

export type Charge = {
  readonly key: string
  readonly ref: string
  readonly invoiceId: string
  readonly amountMinor: Minor
  readonly currency: Currency
  /** How the charge goes on: what the method's name promises. */
  readonly habit: Habit
  status: ChargeOutcome["status"]
  isHard: boolean
  dispute: "Open" | "Won" | "Lost" | null
  disputedMinor: bigint
  /** Whether its money came although it had been declined before. */
  isLate: boolean
  isSentBack: boolean
}

/** A refund of a charge, or a payout to a method. */
export type Return = {
  readonly key: string
  readonly ref: string
  readonly chargeRef: string | null
  readonly amountMinor: Minor
  readonly currency: Currency
  status: RefundOutcome["status"]
  /** It was made at the bank's own site, where nobody knows our keys. */
  readonly isElsewhere?: true
}

export const HABITS = ["good", "poor", "slow", "asking", "stolen"] as const
export type Habit = (typeof HABITS)[number]

/** How often a call goes wrong while faults last; the rest goes well. */
const FAULTS = { Refused: 0.07, AnswerLost: 0.07, Late: 0.04, Twice: 0.05 }

export class Bank {
  readonly charges = new Map<string, Charge>()
  readonly refunds = new Map<string, Return>()
  readonly payouts = new Map<string, Return>()
  readonly events: BankEvent[] = []
  /** Requests that their sender has given up, and that arrive all the same. */
  readonly underWay: (() => void)[] = []
  /** What no bank may ever see. */
  readonly scandals: string[] = []
  readonly #methods = new Map<
    string,
    { readonly customerRef: string; readonly habit: Habit; isGone: boolean }
  >()
  readonly #random: Random
  hasFaults = true

  constructor(random: Random) {
    this.#random = random
  }

  /** The bank as it is reached: a call stops before it arrives, and before its answer is back. */
  processor(): Processor {
    return {
      name: "sandbox",
      capabilities: { refunds: true, payouts: true, webhooks: true, offSession: true },
      accountRef: async () => "acct_simulated",
      createCustomer: ({ key }) => this.#call(() => ({ ref: `cus_${key}` })),
      attachMethod: (request) => this.#call(() => this.#attach(request)),
      detachMethod: (ref) => this.#call(() => this.#detach(ref)),
      customerExists: async () => true,
      methodExists: async (ref) => this.#methods.has(ref),
      createSetup: async () => err({ code: "no_page", message: "The bank has no page." }),
      findSetup: async () => null,
      charge: (request) => this.#call(() => this.#charge(request)),
      findCharge: (key) => this.#call(() => outcomeOrNull(this.charges.get(key))),
      cancelCharge: (ref) => this.#call(() => this.#cancel(ref)),
      refund: (request) => this.#call(() => this.#refund(request)),
      findRefund: (key) => this.#call(() => returnOrNull(this.refunds.get(key))),
      refundsOf: (ref) => this.#call(() => this.#refundsOf(ref)),
      readDispute: (ref) => this.#call(() => this.#disputeOf(ref)),
      payout: (request) => this.#call(() => this.#payout(request)),
      findPayout: (key) => this.#call(() => returnOrNull(this.payouts.get(key))),
      readWebhook: async (rawBody) => readEvents(rawBody),
      readEvent: async () => null,
      tenantOf: async () => null,
      registerWebhook: async () => ({ ref: "we_simulated", secret: null }),
    }
  }

  async #call<T>(arrive: () => T): Promise<T> {
    await gate("before a call of the bank")
    const fault = this.hasFaults ? this.#fault() : null
    if (fault === "Refused") throw new Error("the bank refused the connection")
    if (fault === "Late") {
      this.underWay.push(arrive)
      throw new Error("the bank took too long")
    }
    const answer = arrive()
    if (fault === "Twice") arrive()
    await gate("before the answer of the bank")
    if (fault === "AnswerLost") throw new Error("the answer of the bank was lost")
    return answer
  }

  #fault(): keyof typeof FAULTS | null {
    const drawn = this.#random.weighted({ ...FAULTS, None: 1 })
    return drawn === "None" ? null : drawn
  }

  #attach({ key, customerRef, methodRef }: Parameters<Processor["attachMethod"]>[0]) {
    const habit = HABITS.find((name) => methodRef === `pm_${name}`)
    if (habit === undefined) return err({ code: "resource_missing", message: "There is no such method." })
    const ref = `pm_${key}`
    if (!this.#methods.has(ref)) this.#methods.set(ref, { customerRef, habit, isGone: false })
    return ok({ ref, kind: "Card" as const, brand: "visa", last4: "0000", expiresOn: null })
  }

  #detach(ref: string): void {
    const method = this.#methods.get(ref)
    if (method !== undefined) method.isGone = true
  }

  #charge(request: ChargeRequest): ChargeOutcome {
    const { key, amountMinor, currency, metadata } = request
    const before = this.charges.get(key)
    if (before !== undefined) {
      if (before.amountMinor !== amountMinor)
        this.scandals.push(`charge ${key} was asked for with two amounts`)
      return outcomeOf(before)
    }
    const method = this.#methods.get(request.methodRef)
    const isTheirs = method !== undefined && method.customerRef === request.customerRef
    if (!isTheirs) this.scandals.push(`charge ${key} was asked of somebody else's method`)
    const habit = isTheirs && !method.isGone ? method.habit : "stolen"
    const charge: Charge = {
      key,
      ref: `ch_${key}`,
      invoiceId: metadata["invoice_id"] ?? "",
      amountMinor,
      currency,
      habit,
      status: this.#firstStatus(habit),
      isHard: habit === "stolen",
      dispute: null,
      disputedMinor: 0n,
      isLate: false,
      isSentBack: false,
    }
    this.charges.set(key, charge)
    this.tellCharge(charge)
    return outcomeOf(charge)
  }

  #firstStatus(habit: Habit): Charge["status"] {
    switch (habit) {
      case "good":
        return this.#random.chance(0.9) ? "Succeeded" : "Failed"
      case "poor":
        return this.#random.chance(0.3) ? "Succeeded" : "Failed"
      case "slow":
        return "Pending"
      case "asking":
        return "RequiresAction"
      case "stolen":
        return "Failed"
    }
  }

  #cancel(ref: string): ChargeOutcome {
    const charge = [...this.charges.values()].find((one) => one.ref === ref)
    if (charge === undefined) throw new Error("there is no such charge")
    if (charge.status === "Pending" || charge.status === "RequiresAction") {
      charge.status = "Failed"
      this.tellCharge(charge)
    }
    return outcomeOf(charge)
  }

  #refund({ key, chargeRef, amountMinor, currency }: RefundRequest): RefundOutcome {
    const before = this.refunds.get(key)
    if (before !== undefined) return returnOf(before)
    const charge = [...this.charges.values()].find(({ ref }) => ref === chargeRef)
    const refund: Return = { key, ref: `re_${key}`, chargeRef, amountMinor, currency, status: "Failed" }
    const left = charge === undefined ? 0n : charge.amountMinor - this.refundedOf(chargeRef)
    const isOpen = charge?.status === "Succeeded" && (charge.dispute === null || charge.dispute === "Won")
    if (amountMinor > left) this.scandals.push(`refund ${key} is more than its charge has left`)
    else if (isOpen) refund.status = this.#random.weighted({ Succeeded: 8, Pending: 2, Failed: 1 })
    this.refunds.set(key, refund)
    this.tellReturn("Refund", refund)
    return returnOf(refund)
  }

  #payout({ key, methodRef, amountMinor, currency }: PayoutRequest): RefundOutcome {
    const before = this.payouts.get(key)
    if (before !== undefined) return returnOf(before)
    const status = this.#random.weighted({ Succeeded: 7, Pending: 2, Failed: 2 })
    if (!this.#methods.has(methodRef)) this.scandals.push(`payout ${key} goes to nobody`)
    const payout: Return = { key, ref: `po_${key}`, chargeRef: null, amountMinor, currency, status }
    this.payouts.set(key, payout)
    this.tellReturn("Payout", payout)
    return returnOf(payout)
  }

  #refundsOf(chargeRef: string): FoundRefund[] {
    const refunds = [...this.refunds.values()].filter((one) => one.chargeRef === chargeRef)
    return refunds.map(({ key, ref, amountMinor, currency, status, isElsewhere }) => ({
      key: isElsewhere === true ? null : key,
      amountMinor,
      currency,
      outcome: { ...returnOf({ ref, status }), ref },
    }))
  }

  #disputeOf(ref: string): FoundDispute | null {
    const charge = [...this.charges.values()].find((one) => `dp_${one.ref}` === ref)
    if (charge === undefined || charge.dispute === null) return null
    return { status: charge.dispute, amountMinor: minor(charge.disputedMinor), currency: charge.currency }
  }

  /** What goes or went back of a charge. */
  refundedOf(chargeRef: string): bigint {
    const given = [...this.refunds.values()].filter(
      (one) => one.chargeRef === chargeRef && one.status !== "Failed",
    )
    return given.reduce((sum, { amountMinor }) => sum + amountMinor, 0n)
  }

  /** `isCertain`: nobody asks for it any more, so it is told until it is heard. */
  tellCharge(charge: Charge, isCertain = false): void {
    const { ref, status } = charge
    if (status !== "RequiresAction")
      this.#tell({ about: "Charge", ref, outcome: outcomeOf(charge) }, isCertain)
  }

  tellReturn(about: "Refund" | "Payout", { ref, chargeRef, status }: Return): void {
    if (status !== "Pending") this.#tell({ about, ref, chargeRef, outcome: returnOf({ ref, status }) }, true)
  }

  tellDispute({ ref, dispute, disputedMinor, currency }: Charge): void {
    if (dispute === null) return
    this.#tell({ about: "Dispute", ref, dispute, amount: String(disputedMinor), currency }, true)
  }

  #tell(told: Told, isCertain: boolean): void {
    const id = `evt_${this.events.length}`
    this.events.push(newEvent(this.#random, id, told, { hasFaults: this.hasFaults, isCertain }))
  }
}

export function outcomeOf({ ref, status, isHard }: Pick<Charge, "ref" | "status" | "isHard">): ChargeOutcome {
  switch (status) {
    case "Succeeded":
    case "Pending":
      return { status, ref }
    case "RequiresAction":
      return { status, ref, actionUrl: `https://bank.example/${ref}` }
    case "Failed":
      return { status, ref, code: isHard ? "stolen_card" : "declined", message: "Declined.", isHard }
  }
}

function returnOf({ ref, status }: Pick<Return, "ref" | "status">): RefundOutcome {
  return status === "Failed" ? { status, ref, code: "refused", message: "Refused." } : { status, ref }
}

const outcomeOrNull = (charge: Charge | undefined) => (charge === undefined ? null : outcomeOf(charge))
const returnOrNull = (one: Return | undefined) => (one === undefined ? null : returnOf(one))

// A customer's money at random: credit comes, lapses, pays and goes back, invoices are paid, credited, voided, refunded and disputed, in
// any order. After each step the books balance and agree with the documents, and the cash is what the walk itself has counted.

import { expect, test } from "vitest"
import type { DisputeStatus } from "../../src/domain/payment.ts"
import { disputed } from "../payments/dispute-teller.ts"
import { Random } from "../simulation/random.ts"
import type { Json, Tenant } from "../support/client.ts"
import { advance, newTenant, setClock } from "../support/client.ts"
import { CENT, newCustomer } from "../support/fixtures.ts"

const STEPS = 70

const nanos = (cents: number) => String(BigInt(cents) * CENT)
const cents = (text: string) => Number(BigInt(text) / CENT)

/** A charge by card, with what a bank does to it. */
type Charge = {
  readonly id: string
  readonly amount: number
  status: DisputeStatus | null
  taken: number
}

class Walk {
  readonly #tenant: Tenant
  readonly #customer: string
  readonly #random: Random
  readonly #invoices: string[] = []
  readonly #charges: Charge[] = []
  /** What came in and what went out, as the answers say. */
  #cash = 0

  constructor(tenant: Tenant, customer: string, random: Random) {
    this.#tenant = tenant
    this.#customer = customer
    this.#random = random
  }

  async step(): Promise<string> {
    const kind = this.#random.weighted({
      grant: 4,
      debit: 1,
      invoice: 4,
      apply: 4,
      void: 1,
      note: 3,
      pay: 3,
      charge: 3,
      refund: 2,
      dispute: 4,
      wait: 2,
    })
    await this[kind]()
    return kind
  }

  async #post(path: string, body: Json = {}) {
    const answer = await this.#tenant.api.post(path, body)
    expect([path, answer.status < 300 || [402, 409, 422].includes(answer.status), answer.text]).toEqual([
      path,
      true,
      answer.text,
    ])
    return answer.status < 300 ? answer.json : null
  }

  #amount(): string {
    return nanos(this.#random.int(1, 9_000))
  }

  #anInvoice(): string | null {
    return this.#invoices.length === 0 ? null : this.#random.pick(this.#invoices)
  }

  async grant(): Promise<void> {
    const isPaid = this.#random.chance(0.5)
    const days = this.#random.int(1, 6)
    const made = await this.#post(`/admin/v1/customers/${this.#customer}/credits`, {
      amount_nanos: this.#amount(),
      kind: isPaid ? "Paid" : "Promotional",
      priority: this.#random.int(1, 3),
      ...(this.#random.chance(0.4) ? { expires_at: new Date(this.#now + days * DAY).toISOString() } : {}),
    })
    if (isPaid && made !== null) this.#cash += cents(made.amount_nanos)
  }

  async debit(): Promise<void> {
    const body = { amount_nanos: `-${this.#amount()}`, kind: "Promotional" }
    await this.#post(`/admin/v1/customers/${this.#customer}/credits`, body)
  }

  async invoice(): Promise<void> {
    const lines = [1, 2].map((line) => ({ description: `Line ${line}`, unit_amount_nanos: this.#amount() }))
    const draft = await this.#post("/admin/v1/invoices", { customer_id: this.#customer, lines })
    await this.#post(`/admin/v1/invoices/${draft.id}/finalize`)
    this.#invoices.push(draft.id)
  }

  async apply(): Promise<void> {
    const id = this.#anInvoice()
    if (id !== null) await this.#post(`/admin/v1/invoices/${id}/apply-credit`)
  }

  async void(): Promise<void> {
    const id = this.#anInvoice()
    if (id !== null) await this.#post(`/admin/v1/invoices/${id}/void`, { reason: "Wrong" })
  }

  async note(): Promise<void> {
    const id = this.#anInvoice()
    if (id === null) return
    const part = this.#random.chance(0.6) ? { amount_nanos: this.#amount() } : {}
    await this.#post(`/admin/v1/invoices/${id}/credit-notes`, { reason: "Outage", ...part })
  }

  async pay(): Promise<void> {
    const id = this.#anInvoice()
    if (id === null) return
    const paid = await this.#post(`/admin/v1/invoices/${id}/pay`, { amount_nanos: this.#amount() })
    if (paid !== null) this.#cash += cents(paid.amount_nanos)
  }

  async charge(): Promise<void> {
    const id = this.#anInvoice()
    if (id === null) return
    // A method that is there when an invoice is final would be charged without being asked.
    const methods = `/admin/v1/customers/${this.#customer}/payment-methods`
    const card = await this.#post(methods, { payment_method: "pm_card_visa" })
    const paid = await this.#post(`/admin/v1/invoices/${id}/pay`, { method: "Default" })
    expect((await this.#tenant.api.delete(`${methods}/${card.id}`)).status).toBeLessThan(300)
    if (paid === null) return
    expect(paid.status).toBe("Succeeded")
    const amount = cents(paid.amount_nanos)
    this.#cash += amount
    this.#charges.push({ id: paid.id, amount, status: null, taken: 0 })
  }

  async refund(): Promise<void> {
    const id = this.#anInvoice()
    if (id === null) return
    const body = this.#random.chance(0.5) ? { amount_nanos: this.#amount() } : {}
    const back = await this.#post(`/admin/v1/invoices/${id}/refund`, body)
    for (const { amount_nanos: amount } of back ?? []) this.#cash -= cents(amount)
  }

  /** Of what is left of a charge, or what the bank says of it next. */
  async dispute(): Promise<void> {
    const [charge] = this.#charges.length === 0 ? [] : [this.#random.pick(this.#charges)]
    if (charge === undefined) return
    const told = (await this.#tenant.api.get(`/admin/v1/payments/${charge.id}`)).json
    const left = charge.amount - cents(told.refunded_nanos)
    const isNew = charge.status === null || charge.status === "Won"
    if (isNew && left === 0) return
    const amount = isNew ? this.#random.int(1, left) : charge.taken
    const status = this.#random.pick(
      (["Open", "Won", "Lost"] as const).filter((one) => one !== charge.status),
    )
    // What the bank holds or keeps is not there.
    const before = charge.status === "Open" || charge.status === "Lost" ? charge.taken : 0
    const after = status === "Won" ? 0 : amount
    await disputed(this.#tenant, charge.id, { status, cents: amount })
    this.#cash += before - after
    charge.status = status
    charge.taken = amount
  }

  #now = Date.parse("2026-01-01T00:00:00Z")

  async wait(): Promise<void> {
    this.#now += DAY
    await advance(this.#tenant.api, { by: "P1D" })
  }

  /** What must be so after each step. */
  async look(): Promise<void> {
    const { api } = this.#tenant
    const trial = (await api.get("/admin/v1/ledger/trial-balance")).json
    expect(trial.currencies.map((one: any) => one.difference_nanos)).toEqual(trial.currencies.map(() => "0"))
    expect((await api.get("/admin/v1/ledger/audit")).json.differences).toEqual([])
    const { balances } = (await api.get(`/admin/v1/customers/${this.#customer}`)).json
    const at = (account: string) =>
      cents(balances.find((one: any) => one.account === account)?.amount_nanos ?? "0")
    expect(at("Cash") + 0).toBe(this.#cash)
    // Nobody owes what is owed to the customer, and nobody is owed a receivable; a loss is a loss.
    const signs = {
      PayoutsPayable: -1,
      PrepaidCredit: -1,
      PromotionalCredit: -1,
      AccountsReceivable: 1,
      BadDebt: 1,
    }
    for (const [account, sign] of Object.entries(signs)) {
      expect([account, at(account) * sign >= 0]).toEqual([account, true])
    }
  }
}

const DAY = 86_400_000

test.each([1, 2])("the money of a customer adds up on walk %i", { timeout: 300_000 }, async (seed) => {
  const tenant = await newTenant("test")
  await setClock(tenant.api, "2026-01-01T00:00:00Z")
  const customer = (await newCustomer(tenant.api)).id as string
  const walk = new Walk(tenant, customer, new Random(seed))
  const steps: string[] = []
  for (let at = 0; at < STEPS; at++) {
    try {
      steps.push(await walk.step())
      await walk.look()
    } catch (error) {
      throw new Error(`after ${steps.join(", ")}`, { cause: error })
    }
  }
})

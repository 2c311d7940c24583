// What the clients of the simulated tenant ask for. A client that hears nothing asks again under the same Idempotency-Key, some time.

import type { Random } from "./random.ts"
import type { Habit } from "./bank.ts"

const CENT = 10_000_000_000n
const DAY_MS = 86_400_000

export type Ask = {
  readonly label: string
  readonly method: "POST" | "PATCH" | "DELETE"
  readonly path: string
  readonly body: object | undefined
  readonly key: string
  /** When it was asked first. */
  readonly at: number
  /** What the client does with an answer of success. */
  readonly heard?: (answer: any) => void
}

type Known = { readonly customers: Customer[]; readonly drafts: string[]; readonly invoices: string[] }
type Customer = { readonly id: string; readonly methods: string[] }

const MOVES = {
  invoice: 5,
  finalize: 8,
  charge: 4,
  manual: 2.5,
  attach: 2,
  prefer: 1.5,
  detach: 0.4,
  retry: 1,
  credit: 2.5,
  refund: 5,
  void: 0.7,
  writeOff: 0.4,
  grant: 2,
  debit: 0.7,
  payout: 1.5,
}

type Move = keyof typeof MOVES

export class Clients {
  readonly known: Known = { customers: [], drafts: [], invoices: [] }
  readonly #random: Random
  readonly #now: () => number
  #asked = 0

  constructor(random: Random, now: () => number) {
    this.#random = random
    this.#now = now
  }

  /** Null where there is nothing to ask for yet. */
  next(): Ask | null {
    const { drafts, invoices } = this.known
    const move = this.#random.weighted(MOVES)
    switch (move) {
      case "invoice":
        return this.#invoice()
      case "attach":
      case "prefer":
      case "detach":
        return this.#method(move)
      case "grant":
      case "debit":
      case "payout":
        return this.#credit(move)
      case "finalize":
        return drafts.length === 0 ? null : this.#finalize(drafts.shift() ?? "")
      default:
        // Mostly one of the last invoices: more happens to those.
        return invoices.length === 0 ? null : this.#about(move, this.#recent(invoices))
    }
  }

  ask(label: string, path: string, body: object | undefined, heard?: Ask["heard"]): Ask {
    this.#asked += 1
    return {
      label,
      method: "POST",
      path,
      body,
      key: `ask-${this.#asked}`,
      at: this.#now(),
      ...(heard && { heard }),
    }
  }

  #recent(invoices: readonly string[]): string {
    return this.#random.pick(this.#random.chance(0.7) ? invoices.slice(-5) : invoices)
  }

  #nanos(most: number): string {
    return String(BigInt(this.#random.int(1, most)) * CENT)
  }

  #invoice(): Ask {
    const customer = this.#random.pick(this.known.customers)
    const lines = Array.from({ length: this.#random.int(1, 3) }, (_, at) => ({
      description: `Line ${at + 1}`,
      unit_amount_nanos: this.#nanos(10_000),
    }))
    return this.ask("a draft", "/admin/v1/invoices", { customer_id: customer.id, lines }, ({ id }) =>
      this.known.drafts.push(id),
    )
  }

  attach(customer: Customer): Ask {
    const habit = this.#random.weighted<Habit>({ good: 7, poor: 4, slow: 4, asking: 2, stolen: 1 })
    const path = `/admin/v1/customers/${customer.id}/payment-methods`
    const body = { payment_method: `pm_${habit}`, is_default: this.#random.chance(0.7) }
    return this.ask(`attach a ${habit} method`, path, body, ({ id }) => customer.methods.push(id))
  }

  #finalize(id: string): Ask {
    this.known.invoices.push(id)
    return this.ask("finalize", `/admin/v1/invoices/${id}/finalize`, undefined)
  }

  #method(move: "attach" | "prefer" | "detach"): Ask | null {
    const customer = this.#random.pick(this.known.customers)
    const path = `/admin/v1/customers/${customer.id}/payment-methods`
    if (move === "attach") return this.attach(customer)
    if (customer.methods.length === 0) return null
    const id = this.#random.pick(customer.methods)
    if (move === "prefer") return this.ask("another default", `${path}/${id}/default`, undefined)
    return { ...this.ask("detach", `${path}/${id}`, undefined), method: "DELETE" }
  }

  #credit(move: "grant" | "debit" | "payout"): Ask {
    const path = `/admin/v1/customers/${this.#random.pick(this.known.customers).id}`
    switch (move) {
      case "grant": {
        const kind = this.#random.pick(["Paid", "Promotional"])
        const lapses = { expires_at: new Date(this.#now() + this.#random.int(1, 40) * DAY_MS).toISOString() }
        const body = { amount_nanos: this.#nanos(6_000), kind, ...(this.#random.chance(0.5) ? lapses : {}) }
        return this.ask("grant credit", `${path}/credits`, body)
      }
      case "debit":
        return this.ask("take credit away", `${path}/credits`, { amount_nanos: `-${this.#nanos(4_000)}` })
      case "payout":
        return this.ask(
          "pay out",
          `${path}/payouts`,
          this.#random.chance(0.5) ? { amount_nanos: this.#nanos(4_000) } : {},
        )
    }
  }

  #about(move: Move, id: string): Ask {
    const part = this.#random.chance(0.5) ? { amount_nanos: this.#nanos(8_000) } : {}
    const path = `/admin/v1/invoices/${id}`
    switch (move) {
      case "charge":
        return this.ask("pay by the default method", `${path}/pay`, { method: "Default", ...part })
      case "manual":
        return this.ask("pay by hand", `${path}/pay`, { reference: "WIRE", ...part })
      case "retry":
        return this.ask("try the dunning again", `${path}/dunning/retry`, undefined)
      case "credit":
        return this.ask("credit", `${path}/credit-notes`, { reason: "Courtesy", ...part })
      case "refund":
        return this.ask("refund", `${path}/refund`, { reason: "Returned", ...part })
      case "void":
        return this.ask("void", `${path}/void`, { reason: "Mistake" })
      case "writeOff":
        return this.ask("write off", `${path}/mark-uncollectible`, undefined)
      default:
        throw new Error(`no move of an invoice: ${move}`)
    }
  }
}

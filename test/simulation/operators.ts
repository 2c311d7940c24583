// What the people of the simulated tenant ask for besides its clients: they tend the endpoints, and payouts and payments that go wrong.

import type { Ask } from "./clients.ts"
import type { Random } from "./random.ts"
import type { Receiver, Receivers } from "./receivers.ts"

/** What they have seen in the lists of the API. */
export type Seen = { readonly payouts: string[]; readonly payments: string[] }

const MOVES = { enable: 3, disable: 0.4, rotate: 1, test: 1, retryPayout: 2, cancelPayout: 0.5, cancel: 1 }

type AskFor = (label: string, path: string, body: object | undefined, heard?: Ask["heard"]) => Ask

export class Operators {
  readonly seen: Seen = { payouts: [], payments: [] }
  readonly #random: Random
  readonly #receivers: Receivers
  readonly #ask: AskFor

  constructor(random: Random, receivers: Receivers, ask: AskFor) {
    this.#random = random
    this.#receivers = receivers
    this.#ask = ask
  }

  /** Null where there is nothing to ask for. */
  next(): Ask | null {
    const move = this.#random.weighted(MOVES)
    const receiver = this.#random.pick(this.#receivers.all)
    switch (move) {
      case "enable":
        return this.enable(receiver)
      case "disable":
        return this.#change("disable an endpoint", receiver, { status: "Disabled" })
      case "rotate":
        return this.rotate(receiver)
      case "test":
        return this.#ask("test an endpoint", `/admin/v1/webhooks/${receiver.id}/test`, undefined)
      case "retryPayout":
        return this.#about("try a payout again", this.seen.payouts, "/admin/v1/payouts", "retry")
      case "cancelPayout":
        return this.#about("cancel a payout", this.seen.payouts, "/admin/v1/payouts", "cancel")
      case "cancel":
        return this.#about("cancel a payment", this.seen.payments, "/admin/v1/payments", "cancel")
    }
  }

  enable(receiver: Receiver): Ask {
    return this.#change("enable an endpoint", receiver, { status: "Enabled" })
  }

  /** A receiver that does not hear of its new secret goes on with the ones that it knows, for a day. */
  rotate({ id, secrets }: Receiver): Ask {
    const heard = ({ secret }: { readonly secret: string }) => void secrets.push(secret)
    return this.#ask("rotate a secret", `/admin/v1/webhooks/${id}/rotate-secret`, undefined, heard)
  }

  #change(label: string, { id }: Receiver, body: object): Ask {
    return { ...this.#ask(label, `/admin/v1/webhooks/${id}`, body), method: "PATCH" }
  }

  #about(label: string, ids: readonly string[], path: string, verb: string): Ask | null {
    return ids.length === 0 ? null : this.#ask(label, `${path}/${this.#random.pick(ids)}/${verb}`, undefined)
  }
}

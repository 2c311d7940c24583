// What the fake of Stripe's API keeps and does: customers, methods, intents, refunds, transfers, events. Methods behave by the names that
// Stripe documents for its test mode.

export type Form = URLSearchParams
export type Json = Record<string, any>
export type Answer = { readonly status: number; readonly body: Json }

const DECLINES: Readonly<Record<string, string>> = {
  pm_card_chargeCustomerFail: "generic_decline",
  pm_card_visa_chargeDeclinedInsufficientFunds: "insufficient_funds",
  pm_card_visa_chargeDeclinedStolenCard: "stolen_card",
  pm_card_authenticationRequired: "authentication_required",
}

const GOOD = [
  "pm_card_visa",
  "pm_card_mastercard",
  "pm_card_chargeCustomerFail",
  "pm_card_createDispute",
  "pm_usBankAccount_success",
  "pm_card_authenticationRequired",
  "pm_card_pendingRefund",
]

/** What an intent can be cancelled from: https://docs.stripe.com/api/payment_intents/cancel. */
const CANCELLABLE = [
  "requires_payment_method",
  "requires_action",
  "requires_confirmation",
  "requires_capture",
]

export class StripeBooks {
  readonly #account: string
  readonly intents = new Map<string, Json>()
  readonly events = new Map<string, Json>()
  readonly customers = new Map<string, Json>()
  readonly refunds: Json[] = []
  readonly disputes = new Map<string, Json>()
  readonly sessions = new Map<string, Json>()
  readonly #transfers: Json[] = []
  readonly #methods = new Map<string, { name: string; customer: string | null }>()
  #ids = 0

  constructor(account: string) {
    this.#account = account
  }

  serve(method: string, path: string, form: Form): Answer {
    const [, , resource = "", id = "", verb = ""] = path.split("/")
    if (resource === "checkout") return this.#checkout(method, verb, form)
    const isSearch = id === "" || id === "search"
    switch (`${method} ${resource}${isSearch ? "" : "/id"}${verb === "" ? "" : `/${verb}`}`) {
      case "GET account":
        return ok({ id: this.#account, object: "account" })
      case "POST customers":
        return this.#made(this.customers, {
          id: this.#newId("cus"),
          object: "customer",
          name: form.get("name"),
        })
      case "GET customers/id":
        return found(this.customers.get(id), "customer")
      case "GET payment_methods/id":
        return this.#methods.has(id) || GOOD.includes(id)
          ? ok({ id, object: "payment_method" })
          : missing("payment_method")
      case "POST setup_intents":
        return this.#setUp(form)
      case "POST payment_methods/id/detach":
        return this.#detach(id)
      case "POST payment_intents":
        return this.#createIntent(form)
      case "POST payment_intents/id/confirm":
        return this.#confirm(id, form)
      case "POST payment_intents/id/cancel":
        return this.#cancel(id)
      case "GET payment_intents/id":
        return found(this.intents.get(id), "payment_intent")
      case "GET payment_intents":
        // Stripe's search lags behind by a minute, so what was just made is only in the list.
        return id === "search" ? page([], form) : page(this.#intentsOf(form), form)
      case "POST refunds":
        return this.#refund(form)
      case "GET refunds":
        return page(listed(this.refunds, "payment_intent", form), form)
      case "POST transfers":
        return this.#transfer(form)
      case "GET transfers":
        return page(listed(this.#transfers, "transfer_group", form), form)
      case "GET transfers/id":
        return found(
          this.#transfers.find((one) => one["id"] === id),
          "transfer",
        )
      case "GET events/id":
        return found(this.events.get(id), "id")
      case "POST webhook_endpoints":
        return ok({ id: this.#newId("we"), object: "webhook_endpoint", secret: "whsec_made" })
      case "GET disputes/id":
        return found(this.disputes.get(id), "dispute")
      default:
        return fault(404, "invalid_request_error", "unknown_url")
    }
  }

  #newId(prefix: string): string {
    return `${prefix}_${this.#account.replace("acct_", "")}_${(this.#ids += 1)}`
  }

  #made(where: Map<string, Json>, object: Json): Answer {
    where.set(object["id"], object)
    return ok(object)
  }

  #checkout(method: string, id: string, form: Form): Answer {
    if (method === "GET") return found(this.sessions.get(id), "session")
    const customer = form.get("customer") ?? ""
    if (!this.customers.has(customer)) return missing("customer")
    return this.#made(this.sessions, {
      id: this.#newId("cs"),
      object: "checkout.session",
      mode: form.get("mode"),
      customer,
      metadata: metadataOf(form),
      setup_intent: null,
      url: `https://checkout.stripe.test/c/${this.sessions.size + 1}`,
    })
  }

  /** The customer of a page of the Checkout gives a method there. */
  giveOn(sessionId: string, name: string): Json {
    const session = this.sessions.get(sessionId) ?? {}
    const id = this.#newId("pm")
    this.#methods.set(id, { name, customer: session["customer"] })
    session["setup_intent"] = { id: this.#newId("seti"), status: "succeeded", payment_method: id }
    return session
  }

  /** As if somebody had given money back on Stripe's own site. */
  refundElsewhere(intentId: string, amount: number): Json {
    const refund = {
      id: this.#newId("re"),
      object: "refund",
      status: "succeeded",
      amount,
      currency: this.intents.get(intentId)?.["currency"],
      payment_intent: intentId,
      metadata: {},
    }
    this.refunds.push(refund)
    return refund
  }

  #setUp(form: Form): Answer {
    const given = form.get("payment_method") ?? ""
    const customer = form.get("customer") ?? ""
    const held = this.#methods.get(given)
    const name = held?.name ?? given
    if (!this.customers.has(customer)) return missing("customer")
    if (!GOOD.includes(name)) return missing("payment_method")
    if (held !== undefined && held.customer !== customer)
      return fault(400, "invalid_request_error", "payment_method_unexpected_state")
    const id = held === undefined ? this.#newId("pm") : given
    this.#methods.set(id, { name, customer })
    const last4 = name === "pm_card_visa" ? "4242" : "0341"
    const card = { brand: "visa", last4, exp_month: 2, exp_year: 2028 }
    const method = { id, object: "payment_method", type: "card", card }
    const setup = { id: this.#newId("seti"), object: "setup_intent", status: "succeeded" }
    return ok({ ...setup, payment_method: method })
  }

  #detach(id: string): Answer {
    const method = this.#methods.get(id)
    if (method === undefined || method.customer === null) return missing("payment_method")
    method.customer = null
    // What was once detached can't be used again.
    method.name = "detached"
    return ok({ id, object: "payment_method" })
  }

  #createIntent(form: Form): Answer {
    if (!this.customers.has(form.get("customer") ?? "")) return missing("customer")
    const ref = form.get("payment_method") ?? ""
    const attached = this.#methods.get(ref)
    const name = attached?.name ?? ref
    if (!GOOD.includes(name) && DECLINES[name] === undefined) return missing("payment_method")
    if (attached !== undefined && attached.customer !== form.get("customer")) {
      return fault(400, "invalid_request_error", "payment_method_unexpected_state")
    }
    const intent: Json = {
      id: this.#newId("pi"),
      object: "payment_intent",
      amount: Number(form.get("amount")),
      currency: form.get("currency"),
      customer: form.get("customer"),
      method: name,
      metadata: metadataOf(form),
      status: "succeeded",
      last_payment_error: null,
      next_action: null,
    }
    this.intents.set(intent["id"], intent)
    const decline = DECLINES[name]
    if (decline !== undefined) return declined(intent, decline)
    if (name === "pm_usBankAccount_success") intent["status"] = "processing"
    return ok(intent)
  }

  #confirm(id: string, form: Form): Answer {
    const intent = this.intents.get(id)
    if (intent === undefined) return missing("payment_intent")
    if (form.get("off_session") !== "false" || form.get("return_url") === null)
      return declined(intent, "authentication_required")
    intent["status"] = "requires_action"
    intent["last_payment_error"] = null
    intent["next_action"] = {
      type: "redirect_to_url",
      redirect_to_url: { url: `https://hooks.stripe.test/3ds/${id}` },
    }
    return ok(intent)
  }

  #cancel(id: string): Answer {
    const intent = this.intents.get(id)
    if (intent === undefined) return missing("intent")
    if (!CANCELLABLE.includes(intent["status"]))
      return fault(400, "invalid_request_error", "payment_intent_unexpected_state")
    intent["status"] = "canceled"
    intent["next_action"] = null
    return ok(intent)
  }

  #intentsOf(form: Form): Json[] {
    const customer = form.get("customer")
    const all = [...this.intents.values()].toReversed()
    return customer === null ? all : all.filter((one) => one["customer"] === customer)
  }

  #refund(form: Form): Answer {
    const intent = this.intents.get(form.get("payment_intent") ?? "")
    if (intent === undefined) return missing("payment_intent")
    const amount = Number(form.get("amount"))
    const before = this.refunds.filter((one) => one["payment_intent"] === intent["id"])
    const sum = before.reduce((total, one) => total + Number(one["amount"]), amount)
    if (sum > Number(intent["amount"])) return fault(400, "invalid_request_error", "charge_already_refunded")
    const refund = {
      id: this.#newId("re"),
      object: "refund",
      status: intent["method"] === "pm_card_pendingRefund" ? "pending" : "succeeded",
      amount,
      currency: intent["currency"],
      payment_intent: intent["id"],
      metadata: metadataOf(form),
    }
    this.refunds.push(refund)
    return ok(refund)
  }

  #transfer(form: Form): Answer {
    if (!(form.get("destination") ?? "").startsWith("acct_")) return missing("destination")
    const transfer = {
      id: this.#newId("tr"),
      object: "transfer",
      reversed: false,
      transfer_group: form.get("transfer_group"),
      metadata: metadataOf(form),
    }
    this.#transfers.push(transfer)
    return ok(transfer)
  }
}

function listed(all: readonly Json[], field: string, form: Form): Json[] {
  return all.filter((one) => one[field] === form.get(field))
}

/** Newest first, a page at a time. */
function page(all: readonly Json[], form: Form): Answer {
  const after = form.get("starting_after")
  const from = after === null ? 0 : all.findIndex((one) => one["id"] === after) + 1
  const to = from + Number(form.get("limit") ?? 10)
  return ok({ object: "list", has_more: to < all.length, data: all.slice(from, to) })
}

function metadataOf(form: Form): Json {
  const entries = [...form].flatMap(([name, value]) => {
    const key = /^metadata\[(.+)\]$/.exec(name)?.[1]
    return key === undefined ? [] : [[key, value] as const]
  })
  return Object.fromEntries(entries)
}

function declined(intent: Json, code: string): Answer {
  const isAuthentication = code === "authentication_required"
  const error = {
    type: "card_error",
    code: isAuthentication ? code : "card_declined",
    decline_code: code,
    message: "Your card was declined.",
  }
  intent["status"] = "requires_payment_method"
  intent["last_payment_error"] = error
  return { status: 402, body: { error: { ...error, payment_intent: structuredClone(intent) } } }
}

function ok(body: Json): Answer {
  return { status: 200, body: structuredClone(body) }
}

function found(object: Json | undefined, param: string): Answer {
  return object === undefined ? missing(param) : ok(object)
}

function missing(param: string): Answer {
  return {
    status: 404,
    body: {
      error: { type: "invalid_request_error", code: "resource_missing", param, message: `No such ${param}.` },
    },
  }
}

export function fault(status: number, type: string, code: string): Answer {
  return { status, body: { error: { type, code, message: code } } }
}

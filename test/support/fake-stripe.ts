// A fake of Stripe's API, shaped by its documentation: form-encoded requests, its JSON objects and errors, idempotency keys,
// test payment methods. Only what the adapter uses. It is a `fetch`, so no test needs the network.

import Stripe from "stripe"

type Form = URLSearchParams
type Json = Record<string, any>
type Answer = { readonly status: number; readonly body: Json }

const DECLINES: Readonly<Record<string, string>> = {
  pm_card_chargeCustomerFail: "generic_decline",
  pm_card_visa_chargeDeclinedInsufficientFunds: "insufficient_funds",
  pm_card_visa_chargeDeclinedStolenCard: "stolen_card",
}

const ATTACHABLE = ["pm_card_visa", "pm_card_chargeCustomerFail"]
const GOOD = [
  ...ATTACHABLE,
  "pm_card_createDispute",
  "pm_usBankAccount_success",
  "pm_card_authenticationRequired",
]

export class FakeStripe {
  readonly requests: {
    readonly method: string
    readonly origin: string
    readonly path: string
    readonly headers: Headers
    readonly form: Form
  }[] = []
  readonly intents = new Map<string, Json>()
  readonly #methods = new Map<string, { name: string; customer: string | null }>()
  readonly #answers = new Map<string, { text: string; answer: Answer | null }>()
  readonly #refunds: Json[] = []
  #ids = 0
  #loses = false

  /** The next request is carried out, and its answer never arrives. */
  loseNextAnswer(): void {
    this.#loses = true
  }

  readonly fetch = async (input: unknown, init: RequestInit = {}): Promise<Response> => {
    const request = new Request(input as string, init)
    const url = new URL(request.url)
    const text = new TextDecoder().decode(await request.arrayBuffer())
    const form = request.method === "GET" ? url.searchParams : new URLSearchParams(text)
    this.requests.push({
      method: request.method,
      origin: url.origin,
      path: url.pathname,
      headers: request.headers,
      form,
    })
    const answer = await this.#once(request, `${url.pathname}\n${text}`, () =>
      this.#serve(request.method, url.pathname, form),
    )
    if (this.#loses) {
      this.#loses = false
      throw new TypeError("The connection was lost.")
    }
    return Response.json(answer.body, { status: answer.status, headers: { "Request-Id": "req_1" } })
  }

  /** A finished request is answered again as it was; one that runs is refused, and so is another under the same key. */
  async #once({ headers }: Request, text: string, serve: () => Answer): Promise<Answer> {
    if (headers.get("Authorization") !== "Bearer sk_test_fake")
      return fault(401, "invalid_request_error", "no key")
    const key = headers.get("Idempotency-Key")
    if (key === null || key.startsWith("stripe-node-retry-")) return serve()
    const known = this.#answers.get(key)
    if (known !== undefined && known.text !== text)
      return fault(400, "idempotency_error", "idempotency_key_reused")
    if (known !== undefined) return known.answer ?? fault(409, "idempotency_error", "idempotency_key_in_use")
    const entry: { text: string; answer: Answer | null } = { text, answer: null }
    this.#answers.set(key, entry)
    await Promise.resolve()
    const answer = serve()
    entry.answer = structuredClone(answer)
    return answer
  }

  #serve(method: string, path: string, form: Form): Answer {
    const [, , resource = "", id = "", verb = ""] = path.split("/")
    switch (
      `${method} ${resource}${id === "" || id === "search" ? "" : "/id"}${verb === "" ? "" : `/${verb}`}`
    ) {
      case "POST customers":
        return ok({ id: this.#newId("cus"), object: "customer", name: form.get("name") })
      case "POST setup_intents":
        return this.#setUp(form)
      case "POST payment_methods/id/detach":
        return this.#detach(id)
      case "POST payment_intents":
        return this.#createIntent(form)
      case "POST payment_intents/id/confirm":
        return this.#confirm(id, form)
      case "GET payment_intents/id":
        return this.intents.has(id) ? ok(this.intents.get(id) ?? {}) : missing("payment_intent")
      case "GET payment_intents":
        // Stripe's search lags behind by a minute, so what was just made is only in the list.
        return ok({
          object: "list",
          has_more: false,
          data: id === "search" ? [] : [...this.intents.values()],
        })
      case "POST refunds":
        return this.#refund(form)
      case "POST transfers":
        return (form.get("destination") ?? "").startsWith("acct_")
          ? ok({ id: this.#newId("tr"), object: "transfer" })
          : missing("destination")
      default:
        return fault(404, "invalid_request_error", "unknown_url")
    }
  }

  #newId(prefix: string): string {
    return `${prefix}_fake_${(this.#ids += 1)}`
  }

  #setUp(form: Form): Answer {
    const name = form.get("payment_method") ?? ""
    if (!GOOD.includes(name)) return missing("payment_method")
    const id = this.#newId("pm")
    this.#methods.set(id, { name, customer: form.get("customer") })
    const card = {
      brand: "visa",
      last4: name === "pm_card_visa" ? "4242" : "0341",
      exp_month: 2,
      exp_year: 2028,
    }
    const method = { id, object: "payment_method", type: "card", card }
    return ok({
      id: this.#newId("seti"),
      object: "setup_intent",
      status: "succeeded",
      payment_method: method,
    })
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
      metadata: metadataOf(form),
      status: "succeeded",
      last_payment_error: null,
      next_action: null,
    }
    this.intents.set(intent["id"], intent)
    const decline = name === "pm_card_authenticationRequired" ? "authentication_required" : DECLINES[name]
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

  #refund(form: Form): Answer {
    const intent = this.intents.get(form.get("payment_intent") ?? "")
    if (intent === undefined) return missing("payment_intent")
    const amount = Number(form.get("amount"))
    const before = this.#refunds.filter((one) => one["payment_intent"] === intent["id"])
    const sum = before.reduce((total, one) => total + Number(one["amount"]), amount)
    if (sum > Number(intent["amount"])) return fault(400, "invalid_request_error", "charge_already_refunded")
    const refund = {
      id: this.#newId("re"),
      object: "refund",
      status: "succeeded",
      amount,
      payment_intent: intent["id"],
    }
    this.#refunds.push(refund)
    return ok(refund)
  }
}

/** A webhook call as Stripe signs it. */
export async function stripeCall(type: string, object: Json, secret: string, at: number) {
  const stripe = new Stripe("sk_test_fake", { httpClient: Stripe.createFetchHttpClient() })
  const event = {
    id: `evt_${crypto.randomUUID()}`,
    object: "event",
    type,
    created: Math.floor(at / 1_000),
    data: { object },
  }
  const body = JSON.stringify(event)
  const timestamp = Math.floor(at / 1_000)
  const cryptoProvider = Stripe.createSubtleCryptoProvider()
  const signature = await stripe.webhooks.generateTestHeaderStringAsync({
    payload: body,
    secret,
    timestamp,
    cryptoProvider,
  })
  return { body, headers: new Headers({ "Stripe-Signature": signature, "Content-Type": "application/json" }) }
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

function missing(param: string): Answer {
  return {
    status: 404,
    body: {
      error: { type: "invalid_request_error", code: "resource_missing", param, message: `No such ${param}.` },
    },
  }
}

function fault(status: number, type: string, code: string): Answer {
  return { status, body: { error: { type, code, message: code } } }
}

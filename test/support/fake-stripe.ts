// A fake of Stripe's API, shaped by its documentation: form-encoded requests, its JSON objects and errors, idempotency keys.
// Only what the adapter uses. It is a `fetch`, so no test needs the network. What it does is in fake-stripe-books.ts.

import Stripe from "stripe"
import type { Answer, Form, Json } from "./fake-stripe-books.ts"
import { fault, StripeBooks } from "./fake-stripe-books.ts"

export class FakeStripe {
  readonly requests: {
    readonly method: string
    readonly origin: string
    readonly path: string
    readonly headers: Headers
    readonly form: Form
  }[] = []
  readonly books: StripeBooks
  readonly #secretKey: string
  readonly #answers = new Map<string, { text: string; answer: Answer | null }>()
  #losesIn = 0

  constructor(secretKey = "sk_test_fake", account = "acct_fake") {
    this.#secretKey = secretKey
    this.books = new StripeBooks(account)
  }

  /** The next request, or one after it, is carried out, and its answer never arrives. */
  loseAnswer(which = 1): void {
    this.#losesIn = which
  }

  /** What Stripe does with keys after a day. */
  forgetKeys(): void {
    this.#answers.clear()
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
      this.books.serve(request.method, url.pathname, form),
    )
    const isLost = this.#losesIn === 1
    this.#losesIn -= 1
    if (isLost) throw new TypeError("The connection was lost.")
    return Response.json(answer.body, { status: answer.status, headers: { "Request-Id": "req_1" } })
  }

  /** A finished request is answered again as it was; one that runs is refused, and so is another under the same key. */
  async #once({ headers }: Request, text: string, serve: () => Answer): Promise<Answer> {
    if (headers.get("Authorization") !== `Bearer ${this.#secretKey}`)
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
}

/** A webhook call as Stripe signs it. */
export async function stripeCall(type: string, object: Json, secret: string, at: number) {
  const event = {
    id: `evt_${crypto.randomUUID()}`,
    object: "event",
    type,
    created: Math.floor(at / 1_000),
    data: { object },
  }
  const body = JSON.stringify(event)
  return { event, body, headers: await signed(body, secret, at) }
}

export async function signed(body: string, secret: string, at: number): Promise<Headers> {
  const stripe = new Stripe("sk_test_fake", { httpClient: Stripe.createFetchHttpClient() })
  const signature = await stripe.webhooks.generateTestHeaderStringAsync({
    payload: body,
    secret,
    timestamp: Math.floor(at / 1_000),
    cryptoProvider: Stripe.createSubtleCryptoProvider(),
  })
  return new Headers({ "Stripe-Signature": signature, "Content-Type": "application/json" })
}

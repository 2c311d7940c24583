// A receiver of webhooks inside the test's isolate, in the place of the network. It keeps what came and answers as it is told.

import { vi } from "vitest"

export type Received = {
  readonly url: string
  readonly headers: Headers
  readonly body: string
  readonly json: any
  readonly init: RequestInit
}

export type Receiver = {
  readonly url: string
  readonly received: Received[]
  /** What the next calls are answered. */
  answer: (call: Received) => Response | Promise<Response>
}

const receivers = new Map<string, Receiver>()
const network = globalThis.fetch

/** Stands in the way of every call to the outside. Who is not known here is not there. */
export function standIn(): void {
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    const url = typeof input === "string" ? input : input instanceof URL ? input.href : input.url
    const receiver = receivers.get(new URL(url).hostname)
    if (receiver === undefined) return network(input, init)
    const body = typeof init?.body === "string" ? init.body : ""
    const call = {
      url,
      headers: new Headers(init?.headers as HeadersInit),
      body,
      json: JSON.parse(body),
      init: init as RequestInit,
    }
    receiver.received.push(call)
    return receiver.answer(call)
  })
}

let made = 0

export function newReceiver(): Receiver {
  made += 1
  return receiverAt(`https://receiver-${made}.example.org/hooks`)
}

/** What is called at an address that is set elsewhere. A second one takes the place of the first. */
export function receiverAt(url: string): Receiver {
  const host = new URL(url).hostname
  const receiver: Receiver = {
    url,
    received: [],
    answer: () => new Response("ok"),
  }
  receivers.set(host, receiver)
  return receiver
}

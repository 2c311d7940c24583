// One call of a receiver, whatever that does with it: it ends in time, follows nothing and keeps the beginning of what comes back.

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest"
import type { WebhookRequest } from "../../src/domain/webhook.ts"
import { isDelivered } from "../../src/domain/webhook.ts"
import { postWebhook } from "../../src/webhooks/post.ts"

const SECRET = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
const REQUEST: WebhookRequest = { url: "https://example.com/", id: "evt", body: "{}", secrets: [SECRET] }

let timeouts: number[] = []
let called: { url: string; init: RequestInit }[] = []

/** The ten seconds of a call, in a moment. */
beforeEach(() => {
  timeouts = []
  called = []
  vi.spyOn(AbortSignal, "timeout").mockImplementation((ms) => {
    timeouts.push(ms)
    const controller = new AbortController()
    setTimeout(() => controller.abort(new DOMException("late", "TimeoutError")), 100)
    return controller.signal
  })
})

afterEach(() => vi.restoreAllMocks())

function receiver(answer: (init: RequestInit) => Response | Promise<Response>): void {
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init = {}) => {
    called.push({ url: new Request(input).url, init })
    return answer(init)
  })
}

/** Calls back for as long as somebody reads. */
function endless(pull: (controller: ReadableStreamDefaultController) => void | Promise<void>) {
  const state = { isCancelled: false, chunks: 0 }
  const stream = new ReadableStream(
    {
      pull(controller) {
        state.chunks += 1
        return pull(controller)
      },
      cancel() {
        state.isCancelled = true
      },
    },
    { highWaterMark: 0 },
  )
  return { stream, state }
}

describe("a receiver", () => {
  test("that never answers is left after ten seconds", async () => {
    receiver(
      ({ signal }) =>
        new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason as Error))),
    )
    const answer = await postWebhook(REQUEST, false)
    expect(timeouts).toEqual([10_000])
    expect(answer).toMatchObject({ responseStatus: null, error: "No answer within 10 seconds." })
  })

  test("that says 2xx and does not stop talking is heard for a KiB", async () => {
    const { stream, state } = endless((controller) => controller.enqueue(new Uint8Array(300).fill(120)))
    receiver(() => new Response(stream))
    const answer = await postWebhook(REQUEST, false)
    expect(isDelivered(answer)).toBe(true)
    expect(answer.responseBody).toBe("x".repeat(1_024))
    expect(state).toEqual({ isCancelled: true, chunks: 4 })
  })

  test("that says 2xx and then nothing more has got it", async () => {
    const { stream, state } = endless(() => new Promise(() => {}))
    receiver(() => new Response(stream, { status: 202 }))
    const answer = await postWebhook(REQUEST, false)
    expect(answer).toMatchObject({ responseStatus: 202, responseBody: "", error: null })
    expect(state.isCancelled).toBe(true)
  })

  test.each([300, 301, 302, 303, 307, 308])("that answers %i is not followed", async (status) => {
    receiver(() => new Response(null, { status, headers: { Location: "https://example.org/" } }))
    const answer = await postWebhook(REQUEST, false)
    expect(isDelivered(answer)).toBe(false)
    expect(called.map(({ url, init }) => [url, init.redirect])).toEqual([["https://example.com/", "manual"]])
  })

  test.each(["https://127.0.0.1/", "https://metadata.google.internal./", "http://example.com/"])(
    "at %s is not called",
    async (url) => {
      receiver(() => new Response("ok"))
      expect((await postWebhook({ ...REQUEST, url }, false)).error).toMatch(/^The URL is not allowed/)
      expect(called).toEqual([])
    },
  )
})

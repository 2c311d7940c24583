// Sends one webhook and tells what became of it. It never throws: whatever goes wrong on the way is an answer too.
// Law: no redirect is followed, no call outlasts its time, and of what comes back only the beginning is read.

import type { WebhookAnswer, WebhookRequest } from "../domain/webhook.ts"
import { isDelivered } from "../domain/webhook.ts"
import { webhookUrl } from "../domain/webhook-url.ts"
import { limits } from "../limits.ts"
import { wallNowMs } from "../runtime/clock.ts"
import { billingSignature, standardSignature } from "./sign.ts"

export async function postWebhook(request: WebhookRequest, allowPrivate: boolean): Promise<WebhookAnswer> {
  // What may be called can have changed since the endpoint was made.
  const url = webhookUrl(request.url, allowPrivate)
  if (!url.ok) return nothing(`The URL is not allowed: ${url.error}.`, 0)
  const [current, previous] = request.secrets
  const answer = await send(request, current ?? "")
  // `X-Billing-Signature` has room for one signature. Who has not changed to the new secret yet is asked again with the old one.
  return previous !== undefined && refused(answer) ? send(request, previous) : answer
}

function refused({ responseStatus }: WebhookAnswer): boolean {
  return responseStatus === 400 || responseStatus === 401 || responseStatus === 403
}

async function send({ url, id, body, secrets }: WebhookRequest, secret: string): Promise<WebhookAnswer> {
  const startedAt = wallNowMs()
  const seconds = Math.floor(startedAt / 1_000)
  const signal = AbortSignal.timeout(limits.webhookTimeoutMs)
  try {
    const response = await fetch(url, {
      method: "POST",
      redirect: "manual",
      signal,
      headers: {
        "Content-Type": "application/json",
        "User-Agent": "Ledgerline-Webhooks/1",
        "webhook-id": id,
        "webhook-timestamp": String(seconds),
        "webhook-signature": await standardSignature(secrets, id, seconds, body),
        "X-Billing-Signature": await billingSignature(secret, body),
      },
      body,
    })
    const responseBody = await beginningOf(response, signal)
    const answer = { responseStatus: response.status, responseBody, durationMs: wallNowMs() - startedAt }
    const error = isDelivered({ ...answer, error: null }) ? null : `It answered ${response.status}.`
    return { ...answer, error }
  } catch (error) {
    const isLate = error instanceof Error && (error.name === "TimeoutError" || error.name === "AbortError")
    const text = isLate ? `No answer within ${limits.webhookTimeoutMs / 1_000} seconds.` : String(error)
    return nothing(text.slice(0, limits.webhookErrorLength), wallNowMs() - startedAt)
  }
}

function nothing(error: string, durationMs: number): WebhookAnswer {
  return { responseStatus: null, responseBody: null, durationMs, error }
}

/** A status is an answer, also when the body behind it breaks off, or does not come while there is time for it. */
async function beginningOf({ body }: Response, signal: AbortSignal): Promise<string> {
  if (body === null) return ""
  const reader = body.getReader()
  // Ends a reading that waits.
  signal.addEventListener("abort", () => void reader.cancel().catch(() => {}))
  const decoder = new TextDecoder()
  let text = ""
  let bytes = 0
  try {
    while (bytes < limits.webhookResponseBytes && !signal.aborted) {
      const { done, value } = (await reader.read()) as ReadableStreamReadResult<Uint8Array>
      if (done) break
      const some = value.subarray(0, limits.webhookResponseBytes - bytes)
      bytes += some.length
      text += decoder.decode(some, { stream: true })
    }
    await reader.cancel()
  } catch {
    return text
  }
  return text
}

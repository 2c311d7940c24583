// The client of Stripe's API for one account, over fetch, which is all that a worker has.

import Stripe from "stripe"
import { limits } from "../../limits.ts"
import type { StripeAccount } from "../port.ts"

/** Pinned: what the adapter and its tests were written against. An account's own version does not matter then. */
export const API_VERSION = "2026-10-28.endive"

export type StripePlace = {
  /** Where the API is, if not at Stripe: an emulator. */
  readonly apiBase: string | null
  /** Where customers come back to from their bank's page. */
  readonly publicUrl: string
  readonly fetch?: typeof fetch
}

export type StripeConfig = StripePlace & { readonly account: () => Promise<StripeAccount> }

export function clientOf(secretKey: string, { apiBase, fetch: by }: StripePlace): Stripe {
  return new Stripe(secretKey, {
    apiVersion: API_VERSION,
    httpClient: Stripe.createFetchHttpClient(by),
    // A lost answer is asked for again by who asked, under the same key: one place decides about it.
    maxNetworkRetries: 0,
    timeout: limits.processorTimeoutMs,
    telemetry: false,
    ...(apiBase === null ? {} : placeOf(new URL(apiBase))),
  })
}

function placeOf({ protocol, hostname, port }: URL) {
  const isPlain = protocol === "http:"
  const usual = isPlain ? 80 : 443
  return {
    protocol: isPlain ? ("http" as const) : ("https" as const),
    host: hostname,
    port: port === "" ? usual : Number(port),
  }
}

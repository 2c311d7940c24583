// What Stripe tells: signed calls, events that are fetched, and whose they are.

import Stripe from "stripe"
import type { Result } from "../../domain/result.ts"
import { err, ok } from "../../domain/result.ts"
import type { Instant } from "../../domain/time.ts"
import { instant } from "../../domain/time.ts"
import { limits } from "../../limits.ts"
import type { FetchedEvent, ProcessorEvent } from "../port.ts"
import { asKnown } from "./account.ts"
import { API_VERSION } from "./client.ts"
import { EVENT_TYPES, normalized } from "./events.ts"
import { KEY, TENANT } from "./keys.ts"
import { refusalOf } from "./outcome.ts"

const crypto = Stripe.createSubtleCryptoProvider()
const TOLERANCE_SECONDS = limits.webhookToleranceMs / 1_000

type WebhookCall = { readonly rawBody: string; readonly headers: Headers; readonly now: Instant }

export async function readWebhook(
  { client, webhookSecret: secret }: { readonly client: Stripe; readonly webhookSecret: string | null },
  { rawBody, headers, now }: WebhookCall,
): Promise<Result<readonly ProcessorEvent[], string>> {
  if (secret === null) return err("There is no secret to check the signature with.")
  const signature = headers.get("Stripe-Signature") ?? ""
  try {
    const event = await client.webhooks.constructEventAsync(
      rawBody,
      signature,
      secret,
      TOLERANCE_SECONDS,
      crypto,
      now,
    )
    return ok([normalized(event)])
  } catch (error) {
    return err(error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error))
  }
}

export async function readEvent(client: Stripe, eventId: string): Promise<FetchedEvent | null> {
  const event = await orMissing(() => client.events.retrieve(eventId))
  if (event === null) return null
  const told = normalized(event)
  const own = metadataOf(event.data.object)[KEY]
  const key = own ?? (await metadataBehind(client, told))?.[KEY] ?? null
  return { event: told, key, occurredAt: instant(event.created * 1_000) }
}

/** By the metadata of its charge: disputes, and refunds that were made on Stripe's own site, have none. */
export async function tenantOf(client: Stripe, event: ProcessorEvent): Promise<string | null> {
  return (await metadataBehind(client, event))?.[TENANT] ?? null
}

async function metadataBehind(client: Stripe, event: ProcessorEvent): Promise<Stripe.Metadata | null> {
  if (event.kind === "Other") return null
  const behind = async () => {
    if ("payoutRef" in event) return (await client.transfers.retrieve(event.payoutRef)).metadata
    if ("setupRef" in event) return (await client.checkout.sessions.retrieve(event.setupRef)).metadata
    return (await client.paymentIntents.retrieve(event.chargeRef)).metadata
  }
  return orMissing(behind)
}

function metadataOf(object: object): Stripe.Metadata {
  return "metadata" in object && typeof object.metadata === "object" && object.metadata !== null
    ? (object.metadata as Stripe.Metadata)
    : {}
}

async function orMissing<T>(ask: () => Promise<T>): Promise<T | null> {
  try {
    return await asKnown(ask)
  } catch (error) {
    if (refusalOf(error)?.code !== "resource_missing") throw error
    return null
  }
}

/** The secret is told once, by the request that makes the endpoint: the same key gets the same answer for a day. */
export async function registerWebhook(
  client: Stripe,
  { key, url }: { readonly key: string; readonly url: string },
) {
  const fields: Stripe.WebhookEndpointCreateParams = {
    url,
    enabled_events: [...EVENT_TYPES],
    api_version: API_VERSION,
    metadata: { [KEY]: key },
  }
  const made = await asKnown(() => client.webhookEndpoints.create(fields, { idempotencyKey: key }))
  return { ref: made.id, secret: made.secret ?? null }
}

// What costs there are without Ledgerline's work: an answer, a call to an object that does nothing, and the meter without
// authentication, validation and routing.

import { instant, NO_TIME } from "../../src/domain/time.ts"
import type { MeterTerms } from "../../src/domain/terms.ts"
import { meterDefinition } from "../../src/domain/terms.ts"
import { meterOf, type MeterNamespace } from "../../src/meter/client.ts"
import { meterName } from "../../src/meter/name.ts"
import type { EventInput, RecordReply } from "../../src/meter/protocol.ts"

const TENANT = "bench"
const STARTED_AT = instant(1_700_000_000_000)

type WireEvent = {
  readonly id: string
  readonly event_type: string
  readonly subscription_id: string
  readonly timestamp: string
  readonly properties: Readonly<Record<string, unknown>>
}

export async function benchRoute(request: Request, meters: MeterNamespace): Promise<Response> {
  const url = new URL(request.url)
  switch (url.pathname) {
    case "/bench/noop":
      return new Response("ok")
    case "/bench/noop-call":
      return await noopCall(request, meters)
    case "/bench/record":
      return await record(await request.json<WireEvent>(), meters)
    case "/bench/usage":
      return await usage(url.searchParams.get("subscription_id") ?? "", meters)
    default:
      return new Response("not found", { status: 404 })
  }
}

/** Reads the same body as an event's route and calls the same object. */
async function noopCall(request: Request, meters: MeterNamespace): Promise<Response> {
  const event = await request.json<WireEvent>()
  const name = meterName(request.headers.get("bench-tenant") ?? TENANT, event.subscription_id)
  return Response.json({ accepted: true, answer: await meters.getByName(name).noop() })
}

async function record(event: WireEvent, meters: MeterNamespace): Promise<Response> {
  const reply = await recordOne(event, meters)
  const [result] = reply.kind === "Recorded" ? reply.results : []
  if (result?.accepted !== true) return Response.json(reply, { status: 503 })
  return Response.json({ accepted: true, duplicate: result.duplicate })
}

async function recordOne(event: WireEvent, meters: MeterNamespace): Promise<RecordReply> {
  const meter = meterOf(meters, TENANT, event.subscription_id)
  const at = instant(Date.parse(event.timestamp))
  const request = {
    customerId: null,
    futureLimit: at,
    receivedAt: at,
    idempotency: null,
    events: [toInput(event)],
  }
  const reply = await meter.record({ ...request, terms: null })
  if (reply.kind !== "NeedTerms") return reply
  return meter.record({ ...request, terms: termsOf(event.subscription_id) })
}

async function usage(subscriptionId: string, meters: MeterNamespace): Promise<Response> {
  const request = { customerId: null, periods: null, changedSince: 0, terms: null }
  return Response.json(await meterOf(meters, TENANT, subscriptionId).usage(request))
}

function toInput(event: WireEvent): EventInput {
  const { id, event_type: eventType, properties } = event
  return { id, eventType, timestamp: instant(Date.parse(event.timestamp)), customerId: null, properties }
}

function termsOf(subscriptionId: string): MeterTerms {
  return {
    version: 1,
    tenantId: TENANT,
    subscriptionId,
    customerId: "customer",
    startedAt: STARTED_AT,
    endsAt: null,
    schedule: { anchor: STARTED_AT, timeZone: "UTC", every: { ...NO_TIME, months: 1 } },
    meters: [meterDefinition("api.request", "Count", null), meterDefinition("api.request", "Sum", "tokens")],
  }
}

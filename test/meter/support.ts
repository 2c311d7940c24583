// What the meter's tests share: a subscription's terms, events, and a meter of its own for each test.

import { env } from "cloudflare:test"
import { meterDefinition, type MeterDefinition, type MeterTerms } from "../../src/domain/terms.ts"
import { instant, NO_TIME, parseInstant, type Instant } from "../../src/domain/time.ts"
import { meterOf, type MeterClient } from "../../src/meter/client.ts"
import { meterName } from "../../src/meter/name.ts"
import { decodeReplies, encodeRequest, type WireReply } from "../../src/meter/wire.ts"
import type {
  EventInput,
  EventResult,
  RecordReply,
  RecordRequest,
  UsageTotal,
} from "../../src/meter/protocol.ts"

export const TENANT = "tenant-1"
export const CUSTOMER = "customer-1"

export const CALLS = meterDefinition("api.request", "Count", null)
export const TOKENS = meterDefinition("api.request", "Sum", "tokens")

export function at(text: string): Instant {
  const parsed = parseInstant(text)
  if (!parsed.ok) throw new Error(`not a time: ${text}`)
  return parsed.value
}

export const NOW = at("2026-03-10T12:00:00Z")

let subscriptions = 0

/** A subscription that no other test has, started on 28 February 2026, billed by the month. */
export function newTerms(changes: Partial<MeterTerms> = {}): MeterTerms {
  subscriptions += 1
  const start = at("2026-02-28T00:00:00Z")
  return {
    version: 1,
    tenantId: TENANT,
    subscriptionId: `subscription-${subscriptions}`,
    customerId: CUSTOMER,
    startedAt: start,
    endsAt: null,
    schedule: { anchor: start, timeZone: "UTC", every: { ...NO_TIME, months: 1 } },
    meters: [CALLS, TOKENS],
    ...changes,
  }
}

export function event(id: string, changes: Partial<EventInput> = {}): EventInput {
  return {
    id,
    eventType: "api.request",
    timestamp: at("2026-03-01T10:00:00Z"),
    customerId: CUSTOMER,
    properties: { tokens: 1500, model: "gpt-4" },
    ...changes,
  }
}

export function meterFor(terms: MeterTerms): MeterClient {
  return meterOf(env.METER, terms.tenantId, terms.subscriptionId)
}

export function stubFor(terms: MeterTerms): ReturnType<typeof env.METER.getByName> {
  return env.METER.getByName(meterName(terms.tenantId, terms.subscriptionId))
}

export function request(events: readonly EventInput[], changes: Partial<RecordRequest> = {}): RecordRequest {
  return {
    terms: null,
    customerId: null,
    futureLimit: instant(NOW + 300_000),
    receivedAt: NOW,
    idempotency: null,
    events,
    ...changes,
  }
}

/** Records as an action does: the terms on the second call, when the meter asks for them. */
export async function send(
  terms: MeterTerms,
  events: readonly EventInput[],
  changes: Partial<RecordRequest> = {},
): Promise<RecordReply> {
  const meter = meterFor(terms)
  const reply = await meter.record(request(events, changes))
  return reply.kind === "NeedTerms" ? await meter.record(request(events, { ...changes, terms })) : reply
}

/** In one call, and so in one commit. */
export async function sendTogether(
  terms: MeterTerms,
  requests: readonly RecordRequest[],
): Promise<readonly WireReply[]> {
  return decodeReplies(await stubFor(terms).record(requests.map(encodeRequest)))
}

export async function results(
  terms: MeterTerms,
  events: readonly EventInput[],
  changes: Partial<RecordRequest> = {},
): Promise<readonly EventResult[]> {
  const reply = await send(terms, events, changes)
  if (reply.kind !== "Recorded") throw new Error(`not recorded: ${reply.kind}`)
  return reply.results
}

export const accepted: EventResult = { accepted: true, duplicate: false, billable: true }
export const duplicate: EventResult = { accepted: true, duplicate: true, billable: true }
export const kept: EventResult = { accepted: true, duplicate: false, billable: false }

export async function totalsOf(terms: MeterTerms): Promise<readonly UsageTotal[]> {
  const periods = { from: instant(0), to: at("2100-01-01T00:00:00Z") }
  const reply = await meterFor(terms).usage({
    customerId: null,
    periods,
    changedSince: null,
    terms: null,
    asOf: NOW,
  })
  if (reply.kind !== "Usage") throw new Error(`no usage: ${reply.kind}`)
  return reply.totals
}

/** The one total of a meter; for subscriptions that used a single period. */
export async function valueOf(terms: MeterTerms, meter: MeterDefinition): Promise<string | null> {
  const found = (await totalsOf(terms)).filter(({ key }) => key === meter.key)
  if (found.length > 1) throw new Error("more than one period was used")
  return found[0]?.value ?? null
}

/** A small generator of numbers (mulberry32): the same seed gives the same test. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

export function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const keyed = items.map((item) => ({ item, order: random() }))
  return keyed.toSorted((a, b) => a.order - b.order).map(({ item }) => item)
}

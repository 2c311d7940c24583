// What costs there are without Ledgerline's work: an answer, a call to an object that does nothing, a read of one; and the
// naive object beside it.

import { instant } from "../../src/domain/time.ts"
import { meterOf } from "../../src/meter/client.ts"
import { meterName } from "../../src/meter/name.ts"
import type { SubscriptionMeter } from "../../src/meter/subscription-meter.ts"
import type { NaiveMeter } from "./naive.ts"
import { readNaiveEvents } from "./naive.ts"

export type BenchEnv = {
  readonly METER: DurableObjectNamespace<SubscriptionMeter>
  readonly NAIVE: DurableObjectNamespace<NaiveMeter>
}

type WireEvent = { readonly subscription_id: string; readonly timestamp: string }

const PERIOD_MS = 31 * 86_400_000

export async function benchRoute(request: Request, env: BenchEnv): Promise<Response> {
  const url = new URL(request.url)
  switch (url.pathname) {
    case "/bench/noop":
      return new Response("ok")
    case "/bench/noop-call":
      return await noopCall(request, env)
    case "/bench/usage-call":
      return await usageCall(request, env)
    case "/bench/naive":
      return await naive(request, env)
    case "/bench/naive/cost":
      return Response.json(await env.NAIVE.getByName(url.searchParams.get("subscription") ?? "").cost())
    default:
      return new Response("not found", { status: 404 })
  }
}

/** Reads the same body as an event's route and calls the same object. */
async function noopCall(request: Request, { METER }: BenchEnv): Promise<Response> {
  const event = await request.json<WireEvent>()
  const name = meterName(request.headers.get("bench-tenant") ?? "", event.subscription_id)
  return Response.json({ accepted: true, answer: await METER.getByName(name).noop() })
}

/** The same, but asks for the totals of the running period. */
async function usageCall(request: Request, { METER }: BenchEnv): Promise<Response> {
  const event = await request.json<WireEvent>()
  const at = instant(Date.parse(event.timestamp))
  const periods = { from: instant(at - PERIOD_MS), to: at }
  const meter = meterOf(METER, request.headers.get("bench-tenant") ?? "", event.subscription_id)
  const reply = await meter.usage({ customerId: null, periods, changedSince: null, terms: null, asOf: at })
  if (reply.kind !== "Usage" || reply.totals.length === 0) return Response.json(reply, { status: 500 })
  return Response.json(reply)
}

async function naive(request: Request, { NAIVE }: BenchEnv): Promise<Response> {
  const events = readNaiveEvents(await request.json())
  const [first] = events
  if (first === undefined) return new Response("no events", { status: 400 })
  const results = await NAIVE.getByName(first.subscription_id).record(events)
  return Response.json({ results })
}

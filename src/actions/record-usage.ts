// Records usage events in the meters of their subscriptions. No D1 on this path, once a meter knows its terms.
// What a repeat means: nothing. A meter counts an id once, whenever and however often it comes.

import type { SubscriptionTerms } from "../db/readers/subscriptions.ts"
import { assert } from "../domain/assert.ts"
import { metersOf } from "../domain/catalog.ts"
import { walletOfLimit } from "../domain/prepaid.ts"
import { err, ok } from "../domain/result.ts"
import type { Instant } from "../domain/time.ts"
import { instant } from "../domain/time.ts"
import { limits } from "../limits.ts"
import type {
  EventInput,
  EventResult,
  IdempotencyKey,
  RecordReply,
  RejectionCode,
} from "../meter/protocol.ts"
import { isUuid } from "../runtime/ids.ts"
import type { Outcome } from "./act.ts"
import { mayReach } from "./find.ts"
import { meterTermsOf } from "./meter-terms.ts"
import type { Refusal } from "./refusal.ts"
import { missing, notFound, refusal } from "./refusal.ts"
import type { Scope } from "./scope.ts"

export type { EventResult, IdempotencyKey }

export type UsageEvent = EventInput & { readonly subscriptionId: string | null }

export type Recorded = { readonly results: readonly EventResult[]; readonly replayed: boolean }

/** Records events of one subscription, in one call to its meter. */
export async function recordEvents(
  scope: Scope,
  subscriptionId: string,
  events: readonly EventInput[],
  idempotency: IdempotencyKey | null,
): Promise<Outcome<Recorded>> {
  if (!isUuid(subscriptionId)) return err(notFound("subscription"))
  const meter = scope.meter(subscriptionId)
  const request = {
    customerId: scope.customerId,
    futureLimit: latestTimestamp(scope),
    receivedAt: scope.now,
    idempotency,
    events,
  }
  const reply = await meter.record({ ...request, terms: null })
  if (reply.kind !== "NeedTerms") return recorded(reply)
  const terms = await scope.read.subscriptions.withTerms(subscriptionId)
  if (terms === null || !mayReach(scope, terms.subscription.customerId)) return err(notFound("subscription"))
  return recorded(await meter.record({ ...request, terms: meterTermsOf(terms) }))
}

/**
 * Records an event that names no subscription: in each running subscription of its customer that meters its type.
 * The results are those of the subscriptions, oldest first.
 */
export async function recordForCustomer(
  scope: Scope,
  event: EventInput,
): Promise<Outcome<readonly EventResult[]>> {
  const customerId = event.customerId ?? scope.customerId
  if (customerId === null || !mayReach(scope, customerId)) return err(missing("customer_id", "customer"))
  const results: EventResult[] = []
  for (const { subscription } of await meteringSubscriptions(scope, customerId, event.eventType)) {
    const outcome = await recordEvents(scope, subscription.id, [event], null)
    if (!outcome.ok) return outcome
    results.push(...outcome.value.results)
  }
  if (results.length > 0) return ok(results)
  // Nobody's events are metered where the customer is one that there isn't.
  if ((await scope.read.customers.byId(customerId)) === null) return err(missing("customer_id", "customer"))
  const detail = `The customer has no running subscription whose plan meters ${event.eventType}.`
  return err(refusal("event_not_metered", detail, [{ path: "event_type", message: detail }]))
}

async function meteringSubscriptions(
  scope: Scope,
  customerId: string,
  eventType: string,
): Promise<SubscriptionTerms[]> {
  const running = await scope.read.subscriptions.running(customerId, limits.subscriptionsPerEvent)
  const terms = await Promise.all(running.map((row) => scope.read.subscriptions.termsOf(row)))
  return terms.filter(
    (found): found is SubscriptionTerms =>
      found !== null && metersOf(found.skus).some((meter) => meter.eventType === eventType),
  )
}

/** What became of a batch: one entry per event, in the order of the events. */
export type BatchResult =
  | EventResult
  | { readonly accepted: false; readonly code: "not_found" | "meter_busy" | "event_not_metered" }

/** Records a mixed batch, subscription by subscription side by side. A group that fails leaves the others alone. */
export async function recordBatch(
  scope: Scope,
  events: readonly UsageEvent[],
): Promise<readonly BatchResult[]> {
  const [first] = events
  if (first === undefined) return []
  const isOneGroup = events.every(({ subscriptionId }) => subscriptionId === first.subscriptionId)
  return isOneGroup ? recordGroup(scope, first.subscriptionId, events) : recordMixed(scope, events)
}

async function recordMixed(scope: Scope, events: readonly UsageEvent[]): Promise<BatchResult[]> {
  const groups = Map.groupBy(events.keys(), (at) => events[at]?.subscriptionId ?? null)
  const results: (BatchResult | undefined)[] = events.map(() => undefined)
  await Promise.all(
    Array.from(groups, async ([subscriptionId, positions]) => {
      const group = positions.flatMap((at) => events[at] ?? [])
      const told = await recordGroup(scope, subscriptionId, group)
      for (const [index, at] of positions.entries()) results[at] = told[index]
    }),
  )
  return results.map(resultGiven)
}

/** Events of one subscription, or of none: one result for each. */
async function recordGroup(
  scope: Scope,
  subscriptionId: string | null,
  events: readonly UsageEvent[],
): Promise<readonly BatchResult[]> {
  if (subscriptionId === null) return recordEach(scope, events)
  const told = groupResults(await recordEvents(scope, subscriptionId, events, null), events.length)
  assert(told.length === events.length, "every event of a batch has a result", { subscriptionId })
  return told
}

function resultGiven(result: BatchResult | undefined, at: number): BatchResult {
  assert(result !== undefined, "every event of a batch has a result", { at })
  return result
}

async function recordEach(scope: Scope, events: readonly EventInput[]): Promise<BatchResult[]> {
  const results: BatchResult[] = []
  for (const event of events) {
    const outcome = await recordForCustomer(scope, event)
    results.push(outcome.ok ? worstOf(outcome.value) : { accepted: false, code: batchCode(outcome.error) })
  }
  return results
}

function groupResults(outcome: Outcome<Recorded>, size: number): readonly BatchResult[] {
  if (outcome.ok) return outcome.value.results
  const code = batchCode(outcome.error)
  return Array.from({ length: size }, () => ({ accepted: false, code }))
}

function batchCode(error: Refusal): "not_found" | "meter_busy" | "event_not_metered" {
  return error.code === "meter_busy" || error.code === "event_not_metered" ? error.code : "not_found"
}

/** Of one event in several subscriptions: rejected if any rejects it, a duplicate if all had it. */
export function worstOf(results: readonly EventResult[]): EventResult {
  const rejected = results.find((result) => !result.accepted)
  if (rejected !== undefined) return rejected
  const accepted = results.filter((result) => result.accepted)
  const left = accepted.flatMap(({ leftNanos }) => leftNanos ?? []).map(BigInt)
  return {
    accepted: true,
    duplicate: accepted.every((result) => result.duplicate),
    billable: accepted.some((result) => result.billable),
    ...(left.length === 0 ? {} : { leftNanos: String(left.reduce((a, b) => (a < b ? a : b))) }),
  }
}

function recorded(reply: RecordReply): Outcome<Recorded> {
  switch (reply.kind) {
    case "Recorded":
      return ok({ results: reply.results, replayed: reply.replayed })
    case "KeyReused":
      return err(refusal("idempotency_key_reused", "This Idempotency-Key was used for another event."))
    case "Busy":
      return err(
        refusal(
          "meter_busy",
          "The subscription's meter has more events waiting than it takes. Send again shortly.",
        ),
      )
    case "NotFound":
    case "NeedTerms":
      return err(notFound("subscription"))
  }
}

/**
 * The latest timestamp that is taken. A test tenant's clock may stand still while events carry real time, so for it
 * the later of both clocks counts.
 */
export function latestTimestamp(scope: Scope): Instant {
  const wall = scope.platform.wallNow()
  const now = scope.tenant.mode === "test" && wall > scope.now ? wall : scope.now
  return instant(now + limits.eventSkewMs)
}

const REJECTIONS: Readonly<Record<RejectionCode, string>> = {
  event_id_conflict:
    "Another event with this id and other content was accepted before. An id names one event for ever.",
  timestamp_in_future: "The timestamp lies more than five minutes ahead.",
  subscription_ended: "The subscription had ended at this timestamp.",
  property_missing: "A property that a meter of this event type sums is missing.",
  property_not_a_number: "A property that a meter of this event type sums is not a decimal within bounds.",
  customer_mismatch: "The subscription is not this customer's.",
  too_many_groups: "A meter of this event type has as many groups in this period as it may have.",
  period_finalized: "The period of this timestamp is closed, and late events are refused.",
  spend_limit_reached: "The event would go beyond a spend limit.",
}

/** `by`: the limit that refused it, where one refuses all. */
export function rejectionText(code: RejectionCode, by?: string): string {
  const wallet = by === undefined ? null : walletOfLimit(by)
  return wallet === null ? REJECTIONS[code] : `The credit of wallet ${wallet.walletId} can't pay for more.`
}

/** Of a request that is about this event alone; `at` is where the event is in it, if it isn't the request itself. */
export function rejection(code: RejectionCode, at: string | null = null, by?: string): Refusal {
  const message = rejectionText(code, by)
  const fault = (field: string) => [{ path: at === null ? field : `${at}.${field}`, message }]
  switch (code) {
    case "event_id_conflict":
    case "subscription_ended":
    case "period_finalized":
    case "spend_limit_reached":
      return refusal(code, message, at === null ? undefined : [{ path: at, message }])
    case "customer_mismatch":
      return refusal("not_found", message, fault("customer_id"))
    case "timestamp_in_future":
      return refusal(code, message, fault("timestamp"))
    case "property_missing":
    case "property_not_a_number":
    case "too_many_groups":
      return refusal(code, message, fault("properties"))
  }
}

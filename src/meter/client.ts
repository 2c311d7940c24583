// The meter as actions see it: typed requests in, typed answers out. Packing, overload and lost connections end here.
// Law: a call that is sent again is the same call. The object knows the events that it has, so nothing is counted twice.

import type { MeterTerms } from "../domain/terms.ts"
import { sourceOf } from "./archive.ts"
import { OverloadedError, sendAlone, sendThroughLane, type Call, type CallAnswer } from "./lane.ts"
import { meterName } from "./name.ts"
import type {
  ArchivablePage,
  ArchivableRequest,
  ArchivesReply,
  ArchivesRequest,
  ArchiveSource,
  CaptureReply,
  CaptureRequest,
  ChangeReply,
  ChangeRequest,
  CorrectReply,
  CorrectRequest,
  EventReply,
  EventRequest,
  EventsReply,
  EventsRequest,
  HoldReply,
  HoldRequest,
  HoldsReply,
  LineEventsRequest,
  MeasureReply,
  MeasureRequest,
  RecordReply,
  RecordRequest,
  ReleaseReply,
  ReleaseRequest,
  SealReply,
  SealRequest,
  SeriesReply,
  SeriesRequest,
  SpendReply,
  SpendRequest,
  TermsReply,
  UsageReply,
  UsageRequest,
} from "./protocol.ts"
import type { SubscriptionMeter } from "./subscription-meter.ts"
import { decodeReplies, encodeRequest, toRecordReply } from "./wire.ts"

export type MeterNamespace = DurableObjectNamespace<SubscriptionMeter>
type Stub = DurableObjectStub<SubscriptionMeter>

/** `resent`: the first sending had failed, but may have been carried out. */
type Sent<T> = { readonly answer: T; readonly resent: boolean }

/** A request whose events are not encoded yet. */
type Encoded<T, E> = Omit<T, "events"> & { readonly events: E }

export class MeterClient {
  readonly #namespace: MeterNamespace
  readonly #name: string

  constructor(namespace: MeterNamespace, name: string) {
    this.#namespace = namespace
    this.#name = name
  }

  /** Single events share calls with others of this isolate; a batch is a call of its own. */
  async record(request: RecordRequest): Promise<RecordReply> {
    const encoded = encodeRequest(request)
    try {
      const send: Call = (requests) => this.#recordAll(requests)
      const single = request.events.length === 1
      const { reply, resent } = single
        ? await sendThroughLane(this.#name, encoded, send)
        : await sendAlone(encoded, send)
      const answer = toRecordReply(reply)
      // What our own first sending stored is no replay to the client.
      return answer.kind === "Recorded" && resent ? { ...answer, replayed: false } : answer
    } catch (error) {
      if (error instanceof OverloadedError) return { kind: "Busy" }
      throw error
    }
  }

  async usage(request: UsageRequest): Promise<UsageReply> {
    return (await this.#call<UsageReply>(async (stub) => await stub.usage(request))).answer
  }

  async events(request: EventsRequest): Promise<EventsReply> {
    return (await this.#call<EventsReply>(async (stub) => await stub.events(request))).answer
  }

  async series(request: SeriesRequest): Promise<SeriesReply> {
    return (await this.#call<SeriesReply>(async (stub) => await stub.series(request))).answer
  }

  async lineEvents(request: LineEventsRequest): Promise<EventsReply> {
    return (await this.#call<EventsReply>(async (stub) => await stub.lineEvents(request))).answer
  }

  /** Answers when the meter has changed beyond what the asker knows, or after the time that it gives. */
  async change(request: ChangeRequest): Promise<ChangeReply> {
    try {
      return (await this.#call<ChangeReply>(async (stub) => await stub.change(request))).answer
    } catch (error) {
      if (error instanceof OverloadedError) return { kind: "Busy" }
      throw error
    }
  }

  /** What goes into the next archive; null when there is nothing now. */
  async archivable(request: ArchivableRequest): Promise<ArchiveSource | null> {
    const page = (await this.#call<ArchivablePage | null>(async (stub) => await stub.archivable(request)))
      .answer
    return page === null ? null : sourceOf(page)
  }

  async seal(request: SealRequest): Promise<SealReply> {
    return (await this.#call<SealReply>(async (stub) => await stub.seal(request))).answer
  }

  async archives(request: ArchivesRequest): Promise<ArchivesReply> {
    return (await this.#call<ArchivesReply>(async (stub) => await stub.archives(request))).answer
  }

  async measure(request: MeasureRequest): Promise<MeasureReply> {
    return (await this.#call<MeasureReply>(async (stub) => await stub.measure(request))).answer
  }

  async spend(request: SpendRequest): Promise<SpendReply> {
    return (await this.#call<SpendReply>(async (stub) => await stub.spend(request))).answer
  }

  async event(request: EventRequest): Promise<EventReply> {
    return (await this.#call<EventReply>(async (stub) => await stub.event(request))).answer
  }

  async correct(request: CorrectRequest): Promise<CorrectReply> {
    return (await this.#call<CorrectReply>(async (stub) => await stub.correct(request))).answer
  }

  /** The meter knows a hold that it placed, so a call that is made again places no second one. */
  async placeHold(request: Encoded<HoldRequest, RecordRequest | null>): Promise<HoldReply> {
    const { events } = request
    const encoded = { ...request, events: events === null ? null : encodeRequest(events) }
    return this.#orBusy<HoldReply>(async (stub) => await stub.placeHold(encoded))
  }

  async captureHold(request: Encoded<CaptureRequest, RecordRequest>): Promise<CaptureReply> {
    const encoded = { ...request, events: encodeRequest(request.events) }
    return this.#orBusy<CaptureReply>(async (stub) => await stub.captureHold(encoded))
  }

  async releaseHold(request: ReleaseRequest): Promise<ReleaseReply> {
    return (await this.#call<ReleaseReply>(async (stub) => await stub.releaseHold(request))).answer
  }

  /** Those that are not over. */
  async holds(customerId: string | null): Promise<HoldsReply> {
    return (await this.#call<HoldsReply>(async (stub) => await stub.holds(customerId))).answer
  }

  async setTerms(terms: MeterTerms): Promise<TermsReply> {
    return (await this.#call<TermsReply>(async (stub) => await stub.setTerms(terms))).answer
  }

  async #orBusy<T>(send: (stub: Stub) => Promise<T>): Promise<T | { readonly kind: "Busy" }> {
    try {
      return (await this.#call<T>(send)).answer
    } catch (error) {
      if (error instanceof OverloadedError) return { kind: "Busy" }
      throw error
    }
  }

  async #recordAll(requests: readonly string[]): Promise<CallAnswer> {
    const { answer, resent } = await this.#call<string>(async (stub) => await stub.record(requests))
    return { replies: decodeReplies(answer), resent }
  }

  /** Once more, on a new stub, when the platform says that another attempt may succeed: an object that moved or restarted. */
  async #call<T>(send: (stub: Stub) => Promise<T>): Promise<Sent<T>> {
    try {
      return { answer: await send(this.#namespace.getByName(this.#name)), resent: false }
    } catch (error) {
      if (hasFlag(error, "overloaded")) throw new OverloadedError("The meter is overloaded.")
      if (!hasFlag(error, "retryable")) throw error
      return { answer: await send(this.#namespace.getByName(this.#name)), resent: true }
    }
  }
}

/** The meter of a subscription. Addressing one that doesn't exist is harmless: it answers `NeedTerms` and writes nothing. */
export function meterOf(namespace: MeterNamespace, tenantId: string, subscriptionId: string): MeterClient {
  return new MeterClient(namespace, meterName(tenantId, subscriptionId))
}

/** The runtime marks its own errors with these flags. */
function hasFlag(error: unknown, flag: "retryable" | "overloaded"): boolean {
  return error instanceof Error && Reflect.get(error, flag) === true
}

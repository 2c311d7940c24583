// The meter as actions see it: typed requests in, typed answers out. Packing, overload and lost connections end here.
// Law: a call that is sent again is the same call. The object knows the events that it has, so nothing is counted twice.

import type { MeterTerms } from "../domain/terms.ts"
import { OverloadedError, sendAlone, sendThroughLane, type Call, type CallAnswer } from "./lane.ts"
import { meterName } from "./name.ts"
import type {
  EventsReply,
  EventsRequest,
  RecordReply,
  RecordRequest,
  TermsReply,
  UsageReply,
  UsageRequest,
} from "./protocol.ts"
import type { SubscriptionMeter } from "./subscription-meter.ts"
import { decodeReplies, encodeRequest, joinRequests, toRecordReply } from "./wire.ts"

export type MeterNamespace = DurableObjectNamespace<SubscriptionMeter>
type Stub = DurableObjectStub<SubscriptionMeter>

/** `resent`: the first sending had failed, but may have been carried out. */
type Sent<T> = { readonly answer: T; readonly resent: boolean }

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

  async setTerms(terms: MeterTerms): Promise<TermsReply> {
    return (await this.#call<TermsReply>(async (stub) => await stub.setTerms(terms))).answer
  }

  async #recordAll(requests: readonly string[]): Promise<CallAnswer> {
    const text = joinRequests(requests)
    const { answer, resent } = await this.#call<string>(async (stub) => await stub.record(text))
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

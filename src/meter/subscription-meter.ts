// The meter of one subscription: its events, each counted once, and their totals. The truth about usage.
// Law: its public methods are its RPC surface. Being asked writes nothing; the first accepted event, or new terms of a
// subscription that is known to exist, make the tables. What it answers is stored.

import { DurableObject } from "cloudflare:workers"
import { assert } from "../domain/assert.ts"
import type { MeterTerms } from "../domain/terms.ts"
import { log } from "../runtime/log.ts"
import { changeTerms } from "./change-terms.ts"
import { CompiledTerms } from "./compiled-terms.ts"
import { decide } from "./decide.ts"
import { Draft } from "./draft.ts"
import { Journal } from "./journal.ts"
import { meterName } from "./name.ts"
import type { EventsReply, EventsRequest, TermsReply, UsageReply, UsageRequest } from "./protocol.ts"
import { readEvents, readUsage } from "./read.ts"
import { MeterState } from "./state.ts"
import { MeterStore } from "./store/meter-store.ts"
import { decodeRequests, encodeReplies, type WireReply, type WireRequest } from "./wire.ts"

export class SubscriptionMeter extends DurableObject {
  readonly #store = new MeterStore(this.ctx.storage)
  #state: MeterState | null = null
  readonly #journal = new Journal({
    apply: (requests) => this.#apply(requests),
    durable: () => this.#store.durable(),
    failed: () => this.#forget(),
  })

  /** Takes and gives the texts of wire.ts. The requests of one call are independent of each other; each has its own reply. */
  async record(requests: string): Promise<string> {
    return encodeReplies(await this.#journal.submit(decodeRequests(requests), requests.length))
  }

  async usage(request: UsageRequest): Promise<UsageReply> {
    // A meter that was never used has nothing that these terms could change.
    if (request.terms !== null && this.#loaded().terms !== null) await this.setTerms(request.terms)
    return readUsage(request, this.#loaded(), this.#store)
  }

  events(request: EventsRequest): EventsReply {
    return readEvents(request, this.#loaded(), this.#store)
  }

  /**
   * Tells the meter the terms of a subscription that exists; older ones than it has are ignored. They are stored even if no
   * event has come yet. Were they not, a first event that was sent with version n, loaded just before n + 1 was committed,
   * could arrive after the announcement of n + 1 and leave the meter with n for good.
   */
  async setTerms(terms: MeterTerms): Promise<TermsReply> {
    const stored = this.#changeTerms(terms)
    if (stored) await this.#store.durable()
    return { stored, version: this.#loaded().terms?.terms.version ?? terms.version }
  }

  /** Does nothing: what a call costs by itself, for the benchmark. */
  noop(): number {
    return 0
  }

  #loaded(): MeterState {
    this.#state ??= new MeterState(this.#store)
    return this.#state
  }

  #forget(): void {
    this.#state = null
  }

  /** Commits the requests of a group together. If that fails, each by itself: one bad request must not take the others with
   *  it, and of the failed attempt nothing is stored. */
  #apply(requests: readonly WireRequest[]): WireReply[] {
    try {
      return this.#commit(requests)
    } catch (error) {
      this.#forget()
      if (requests.length > 1) return requests.flatMap((request) => this.#apply([request]))
      log.error("a request to a meter failed", error, { meter: this.ctx.id.name })
      return [{ kind: "Failed", message: error instanceof Error ? error.message : String(error) }]
    }
  }

  #commit(requests: readonly WireRequest[]): WireReply[] {
    const offered = newestTerms(requests)
    if (offered !== null && this.#loaded().terms !== null) this.#changeTerms(offered)
    const draft = new Draft(this.#loaded(), this.#store, requests)
    const compiled = offered === null ? null : this.#compiled(offered)
    const replies = requests.map((request) => decide(request, draft, compiled))
    if (!draft.isEmpty()) draft.write(this.#store)
    return replies
  }

  #changeTerms(terms: MeterTerms): boolean {
    this.#assertOurs(terms)
    try {
      return changeTerms(terms, this.#loaded(), this.#store)
    } catch (error) {
      this.#forget()
      throw error
    }
  }

  #compiled(terms: MeterTerms): CompiledTerms {
    this.#assertOurs(terms)
    return new CompiledTerms(terms)
  }

  #assertOurs(terms: MeterTerms): void {
    const name = meterName(terms.tenantId, terms.subscriptionId)
    const ours = this.ctx.id.name
    // An object that is woken other than by its name may not know it.
    assert(ours === undefined || ours === name, "a meter takes the terms of its own subscription", {
      ours,
      name,
    })
  }
}

function newestTerms(requests: readonly WireRequest[]): MeterTerms | null {
  let newest: MeterTerms | null = null
  for (const { terms } of requests) {
    if (terms !== null && (newest === null || terms.version > newest.version)) newest = terms
  }
  return newest
}

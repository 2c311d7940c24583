// The meter of one subscription: its events, each counted once, and their totals. The truth about usage.
// Law: its public methods are its RPC surface. Being asked writes nothing; the first accepted event, or new terms of a
// subscription that is known to exist, make the tables. What it answers is stored.

import { DurableObject } from "cloudflare:workers"
import { budgetOf, type BudgetNamespace } from "../budget/client.ts"
import type { RecallReply, RecallRequest } from "../budget/protocol.ts"
import { assert } from "../domain/assert.ts"
import type { MeterTerms } from "../domain/terms.ts"
import { limits } from "../limits.ts"
import { wallNowMs } from "../runtime/clock.ts"
import { archivable } from "./archive.ts"
import { changeTerms } from "./change-terms.ts"
import { correct } from "./correct.ts"
import { readLineEvents } from "./drill-down.ts"
import { HoldDesk } from "./hold-desk.ts"
import { Journal } from "./journal.ts"
import { measureEvents } from "./measure-events.ts"
import { meterName } from "./name.ts"
import type {
  ArchivablePage,
  ArchivableRequest,
  ArchivesReply,
  ArchivesRequest,
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
import { isForeign, limitLeft, readEvent, readEvents, readUsage } from "./read.ts"
import { Recorder, type Host } from "./recorder.ts"
import { seal } from "./seal.ts"
import { readSeries } from "./series.ts"
import { spendSince, usedPeriods } from "./spend-since.ts"
import { MeterState } from "./state.ts"
import { MeterStore } from "./store/meter-store.ts"
import type { Outgoing, OutboxMessage } from "./store/outbox-table.ts"
import { upgrade } from "./upgrade.ts"
import { Watch } from "./watch.ts"
import { decodeRequest, encodeReplies } from "./wire.ts"

/** The bindings that a meter uses: to ask budgets, and to tell alerts. */
export type MeterBindings = { readonly BUDGET: BudgetNamespace; readonly JOBS: Queue<OutboxMessage> }

export class SubscriptionMeter extends DurableObject<MeterBindings> {
  readonly #store = new MeterStore(this.ctx.storage)
  #state: MeterState | null = null
  readonly #watch = new Watch()
  readonly #host: Host = {
    store: this.#store,
    loaded: () => this.#loaded(),
    forget: () => this.#forget(),
    assertOurs: (terms) => this.#assertOurs(terms),
    budget: (name) => budgetOf(this.env.BUDGET, name),
    meterName: () => this.ctx.id.name,
    wake: () => this.#wake(),
  }
  readonly #recorder = new Recorder(this.#host)
  readonly #holds = new HoldDesk(this.#host, this.#recorder)
  readonly #journal = new Journal({
    apply: (requests) => this.#recorder.apply(requests),
    durable: () => this.#durable(),
    failed: () => this.#forget(),
  })

  /** Takes and gives the texts of wire.ts. The requests of one call are independent of each other; each has its own reply. */
  async record(requests: readonly string[]): Promise<string> {
    const characters = requests.reduce((sum, request) => sum + request.length, 0)
    return encodeReplies(await this.#journal.submit(requests.map(decodeRequest), characters))
  }

  async usage(request: UsageRequest): Promise<UsageReply> {
    // A meter that was never used has nothing that these terms could change.
    if (request.terms !== null && this.#loaded().terms !== null) await this.setTerms(request.terms)
    return readUsage(request, this.#loaded())
  }

  events(request: EventsRequest): EventsReply {
    return readEvents(request, this.#loaded(), this.#store)
  }

  event(request: EventRequest): EventReply {
    return readEvent(request, this.#loaded(), this.#store)
  }

  /** Takes an event back or amends it. What a repeat means: nothing. */
  async correct(request: CorrectRequest): Promise<CorrectReply> {
    const reply = this.#correct(request)
    await this.#durable()
    return reply
  }

  async series(request: SeriesRequest): Promise<SeriesReply> {
    if (request.terms !== null && this.#loaded().terms !== null) await this.setTerms(request.terms)
    return readSeries(request, this.#loaded())
  }

  lineEvents(request: LineEventsRequest): EventsReply {
    return readLineEvents(request, this.#loaded(), this.#store)
  }

  /** Answers when there is something new, or when the time to wait is over. */
  async change(request: ChangeRequest): Promise<ChangeReply> {
    const { terms } = this.#loaded()
    if (terms !== null && isForeign(request.customerId, terms)) return { kind: "NotFound" }
    if (isNews(request, this.#loaded())) return { kind: "Changed" }
    if (this.#watch.isFull) return { kind: "Busy" }
    await this.#watch.until(() => isNews(request, this.#state), Math.min(request.waitMs, limits.meterWatchMs))
    return { kind: isNews(request, this.#loaded()) ? "Changed" : "Unchanged" }
  }

  /**
   * Tells the meter the terms of a subscription that exists; older ones than it has are ignored. They are stored even if no
   * event has come yet. Were they not, a first event that was sent with version n, loaded just before n + 1 was committed,
   * could arrive after the announcement of n + 1 and leave the meter with n for good.
   */
  async setTerms(terms: MeterTerms): Promise<TermsReply> {
    const stored = this.#changeTerms(terms)
    if (stored) await this.#durable()
    return { stored, version: this.#loaded().terms?.terms.version ?? terms.version }
  }

  archivable(request: ArchivableRequest): ArchivablePage | null {
    return archivable(request, this.#loaded(), this.#store)
  }

  archives({ before, limit }: ArchivesRequest): ArchivesReply {
    const { sealed, seq } = this.#loaded()
    return { archives: sealed.archivesBelow(before ?? seq + 1, limit) }
  }

  async seal(request: SealRequest): Promise<SealReply> {
    const reply = this.#seal(request)
    await this.#durable()
    return reply
  }

  async measure(request: MeasureRequest): Promise<MeasureReply> {
    if (this.#loaded().terms !== null) await this.setTerms(request.terms)
    return measureEvents(request, this.#loaded(), this.#store)
  }

  async spend(request: SpendRequest): Promise<SpendReply> {
    if (this.#loaded().terms !== null) await this.setTerms(request.terms)
    return { uses: spendSince(request, this.#loaded()) }
  }

  async placeHold(request: HoldRequest): Promise<HoldReply> {
    const reply = await this.#holds.place(request)
    await this.#durable()
    return reply
  }

  async captureHold(request: CaptureRequest): Promise<CaptureReply> {
    const reply = await this.#holds.capture(request)
    await this.#durable()
    return reply
  }

  async releaseHold(request: ReleaseRequest): Promise<ReleaseReply> {
    const reply = this.#holds.release(request)
    await this.#durable()
    return reply
  }

  /** Those that are not over, oldest first. */
  holds(customerId: string | null): HoldsReply {
    const { terms, holds } = this.#loaded()
    if (terms !== null && isForeign(customerId, terms)) return { kind: "NotFound" }
    return { kind: "Holds", holds: holds.current() }
  }

  /** Gives back what the leases of a budget don't use. It waits for no commit: what is being decided sees it. */
  async recallLease({ budget, turn, now, since }: RecallRequest): Promise<RecallReply> {
    const state = this.#loaded()
    const { limiter } = state
    if (limiter === null || !limiter.gate.knows(budget)) return { kind: "Unaware" }
    // The others too: what they spent before there was a limit has never been leased.
    const used = usedPeriods(state, since ?? null, now)
    const starts = new Set(used.map(({ start }) => start))
    const periods = limiter.gate.periods(budget).filter(({ start }) => !starts.has(start))
    const uses = [...periods, ...used].map((period) => limiter.use(period))
    limiter.gate.recall(budget, turn, uses)
    limiter.isChanged = true
    this.#store.transaction(() => this.#recorder.saveGate(state))
    await this.#store.durable()
    this.#watch.wake()
    return { kind: "Recalled", uses }
  }

  /** Sends what the outbox holds, and clears away what is over. The platform tries a failed alarm a few times only, so a later one
   *  is set before anything that can fail. */
  override async alarm(): Promise<void> {
    const state = this.#loaded()
    if (state.terms === null) return
    const isTelling = this.#outgoing().length > 0
    if (isTelling) await this.ctx.storage.setAlarm(wallNowMs() + limits.outboxRetryMs)
    for (let some = this.#outgoing(); some.length > 0; some = this.#outgoing()) {
      await this.env.JOBS.sendBatch(some.map(({ message }) => ({ body: message })))
      this.#store.outbox.drop(some.at(-1)?.id ?? 0)
    }
    const { holds } = this.#loaded()
    this.#store.transaction(() => holds.dropOver())
    // A hold that is over leaves more of the limit.
    this.#watch.wake()
    if (holds.size > 0) this.#wake()
    else if (isTelling) await this.ctx.storage.deleteAlarm()
  }

  #outgoing(): readonly Outgoing[] {
    return this.#store.outbox.next(limits.meterOutboxBatch)
  }

  /** Sets the alarm for the next thing that has its time. It is part of what is being written: the platform stores an alarm with
   *  the writes beside it, and whoever waits for those to be durable waits for it. */
  #wake(): void {
    const isFull = this.#store.outbox.next(1).length > 0
    const time = isFull ? wallNowMs() : this.#loaded().holds.nextExpiry()
    if (time !== null) this.ctx.waitUntil(this.ctx.storage.setAlarm(time))
  }

  /** Does nothing: what a call costs by itself, for the benchmark. */
  noop(): number {
    return 0
  }

  #loaded(): MeterState {
    if (this.#state !== null) return this.#state
    upgrade(this.#store)
    this.#state = new MeterState(this.#store)
    return this.#state
  }

  /** Resolves when what was written would survive a crash. */
  async #durable(): Promise<void> {
    await this.#store.durable()
    this.#watch.wake()
    if (this.#recorder.hasToConfirm) this.ctx.waitUntil(this.#recorder.confirm())
  }

  #forget(): void {
    this.#state = null
  }

  #changeTerms(terms: MeterTerms): boolean {
    this.#assertOurs(terms)
    try {
      const state = this.#loaded()
      return this.#store.transaction(() => changeTerms(terms, state, this.#store))
    } catch (error) {
      this.#forget()
      throw error
    }
  }

  #correct(request: CorrectRequest): CorrectReply {
    this.#assertOurs(request.terms)
    try {
      const state = this.#loaded()
      return this.#store.transaction(() => correct(request, state, this.#store))
    } catch (error) {
      this.#forget()
      throw error
    }
  }

  #seal(request: SealRequest): SealReply {
    try {
      const state = this.#loaded()
      return this.#store.transaction(() => seal(request, state, this.#store))
    } catch (error) {
      this.#forget()
      throw error
    }
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

/** What is forgotten after a failure may have changed before it. */
function isNews({ seq, termsVersion, limit }: ChangeRequest, state: MeterState | null): boolean {
  if (state === null || state.seq !== seq) return true
  if ((state.terms?.terms.version ?? null) !== termsVersion) return true
  return limit !== undefined && limitLeft(state, limit.asOf) !== limit.left
}

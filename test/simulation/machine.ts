// The machine that the simulated workers run on: the real worker, but for its clock, its ids, its queue, its processor and its receivers. Its database is
// the real one, before and behind which a task can stop.

import { createExecutionContext, env } from "cloudflare:test"
import { v7 } from "uuid"
import { CredentialCache } from "../../src/actions/authenticate.ts"
import type { Platform } from "../../src/actions/scope.ts"
import { nativeApi } from "../../src/api/index.ts"
import type { Door } from "../../src/api/shared/door.ts"
import { platformOf } from "../../src/context.ts"
import { openDatabase } from "../../src/db/database.ts"
import type { DueRow } from "../../src/db/system.ts"
import type { Instant } from "../../src/domain/time.ts"
import type { Bank } from "./bank.ts"
import type { Receivers } from "./receivers.ts"
import { stoppingDatabase } from "./stopping-database.ts"

export type Called = { readonly status: number; readonly text: string; readonly json: any }

/** Who is called from here. */
type Outside = { readonly bank: Bank; readonly receivers: Receivers }

type Request = { readonly method: string; readonly path: string; readonly body?: unknown }

export class Machine {
  now: number
  readonly platform: Platform
  /** What commits put on the queue. */
  onEnqueue: (rows: readonly DueRow[]) => void = () => {}
  readonly #door: Door
  readonly #api = nativeApi((c) => (c.env as { readonly door: Door }).door)
  readonly #random: Uint8Array
  #idMs = 0
  #idSeq = 0

  /** `run` makes its ids other ones than those of another simulation in the same database. `isSlow`: whether the next reading takes long. */
  constructor({ bank, receivers }: Outside, startAt: number, run: number, isSlow: () => boolean) {
    this.now = startAt
    this.#random = new Uint8Array(16).fill(run)
    const real = platformOf(env, createExecutionContext())
    const processor = bank.processor()
    const nobody = () => Promise.reject(new Error("the simulated bank has no desk"))
    this.platform = {
      ...real,
      db: openDatabase(stoppingDatabase(env.DB, isSlow)),
      newId: () => this.#newId(),
      wallNow: () => this.now as Instant,
      processorOf: () => processor,
      postWebhook: (request) => receivers.post(request),
      sandboxOf: (tenant) => ({ ...real.sandboxOf(tenant), deliver: nobody, answer: nobody, processor }),
      enqueue: async (rows) => this.onEnqueue(rows),
      background: (work) => void work,
    }
    this.#door = {
      platform: this.platform,
      credentials: new CredentialCache(),
      rates: { mayTryCredentials: async () => true, mayCall: async () => true },
    }
  }

  /** A request as it comes from outside, through the whole API. */
  async call({ method, path, body }: Request, headers: Record<string, string>): Promise<Called> {
    const content = body === undefined ? {} : { body: JSON.stringify(body) }
    const type: Record<string, string> = body === undefined ? {} : { "Content-Type": "application/json" }
    const request = new Request(`https://ledgerline.test${path}`, {
      method,
      headers: { ...headers, ...type },
      ...content,
    })
    const answer = await this.#api.fetch(request, { ...env, door: this.#door }, createExecutionContext())
    const text = await answer.text()
    return { status: answer.status, text, json: text === "" ? {} : JSON.parse(text) }
  }

  /** They sort by the time they were made, as the real ones do. */
  #newId(): string {
    this.#idSeq = this.now > this.#idMs ? 0 : this.#idSeq + 1
    this.#idMs = Math.max(this.now, this.#idMs)
    return v7({ msecs: this.#idMs, seq: this.#idSeq, random: this.#random })
  }
}

// The budget of one customer: it shares out among the customer's meters what the alerts allow.
// Law: its public methods are its RPC surface. What it answers is stored. An object that has no alert holds nothing.

import { DurableObject } from "cloudflare:workers"
import { tenantOfBudget, type AlertMessage, type BudgetTerms, type Crossing } from "../domain/alert.ts"
import { limits } from "../limits.ts"
import { wallNowMs } from "../runtime/clock.ts"
import { Desk } from "./desk.ts"
import type { LeaseReply, LeaseRequest, RecallReply, RecallRequest } from "./protocol.ts"

/** What a meter is to a budget. */
interface Lessee extends Rpc.DurableObjectBranded {
  recallLease(request: RecallRequest): Promise<RecallReply>
}

/** The bindings that a budget uses; meters are named like budgets, `tenant/subscription`. */
export type BudgetBindings = {
  readonly METER: DurableObjectNamespace<Lessee>
  readonly JOBS: Queue<AlertMessage>
}

/** Messages of one call to the queue. */
const QUEUE_BATCH = 100

export class CustomerBudget extends DurableObject<BudgetBindings> {
  readonly #desk = new Desk(this.ctx.storage, (subscriptionId, request) => {
    const meter = this.env.METER.getByName(`${tenantOfBudget(request.budget)}/${subscriptionId}`)
    return meter.recallLease(request)
  })

  /** `name` is the budget's own, for an object that is woken otherwise than by its name. */
  async lease(name: string, request: LeaseRequest): Promise<LeaseReply> {
    return this.#desk.lease(name, request)
  }

  async setTerms(terms: BudgetTerms): Promise<void> {
    await this.#desk.setTerms(terms)
  }

  /** These crossings are in the outbox of a meter. */
  async confirm(name: string, crossings: readonly Crossing[]): Promise<void> {
    await this.#desk.confirm(name, crossings)
  }

  /** Tells the alerts which of them refused. The platform tries a failed alarm a few times only, so a later one is set first. */
  override async alarm(): Promise<void> {
    if (this.#next().length === 0) return
    await this.ctx.storage.setAlarm(wallNowMs() + limits.outboxRetryMs)
    for (let some = this.#next(); some.length > 0; some = this.#next()) {
      await this.env.JOBS.sendBatch(some.map((body) => ({ body })))
      this.#desk.dropFromOutbox(some.length)
    }
    await this.ctx.storage.deleteAlarm()
  }

  #next(): readonly AlertMessage[] {
    return this.#desk.outbox().slice(0, QUEUE_BATCH)
  }
}

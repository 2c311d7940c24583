// A budget as meters and actions see it. A call that is made again is harmless: a lease is never lowered by an answer, and a
// crossing that was confirmed stays so.

import type { BudgetTerms, Crossing } from "../domain/alert.ts"
import type { CustomerBudget } from "./customer-budget.ts"
import type { LeaseReply, LeaseRequest } from "./protocol.ts"

export type BudgetNamespace = DurableObjectNamespace<CustomerBudget>
type Stub = DurableObjectStub<CustomerBudget>

export class BudgetClient {
  readonly #namespace: BudgetNamespace
  readonly #name: string

  constructor(namespace: BudgetNamespace, name: string) {
    this.#namespace = namespace
    this.#name = name
  }

  /** Asks for more; the terms go with it when the budget does not know them yet. */
  async lease(request: Omit<LeaseRequest, "terms" | "version">, terms: BudgetTerms): Promise<LeaseReply> {
    const ask = { ...request, version: terms.version }
    const reply = await this.#lease({ ...ask, terms: null })
    return reply.kind === "NeedTerms" ? this.#lease({ ...ask, terms }) : reply
  }

  async setTerms(terms: BudgetTerms): Promise<void> {
    await this.#call(async (stub) => await stub.setTerms(terms))
  }

  async confirm(crossings: readonly Crossing[]): Promise<void> {
    await this.#call(async (stub) => await stub.confirm(this.#name, crossings))
  }

  #lease(request: LeaseRequest): Promise<LeaseReply> {
    return this.#call<LeaseReply>(async (stub) => await stub.lease(this.#name, request))
  }

  /** Once more, on a new stub, when the platform says that another attempt may succeed. */
  async #call<T>(send: (stub: Stub) => Promise<T>): Promise<T> {
    try {
      return await send(this.#namespace.getByName(this.#name))
    } catch (error) {
      if (!(error instanceof Error) || Reflect.get(error, "retryable") !== true) throw error
      return await send(this.#namespace.getByName(this.#name))
    }
  }
}

/** `name` is that of the budget's terms. */
export function budgetOf(namespace: BudgetNamespace, name: string): BudgetClient {
  return new BudgetClient(namespace, name)
}

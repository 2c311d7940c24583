// GET /v1/transactions, GET /v1/transactions/{guid}, and the lists of transactions

import type { Scope } from "../actions/scope.ts"
import type { TransactionRef, Whose } from "../db/readers/billy-money.ts"
import type { Api, Ctx } from "./door.ts"
import { FrameError } from "./errors.ts"
import { factsOf } from "./facts.ts"
import { guidOf } from "./guid.ts"
import { answer, collection, entity, nested } from "./http.ts"
import { list } from "./lists.ts"
import type { Json } from "./print.ts"
import { transactionsOf } from "./transaction-json.ts"

export function register(api: Api): void {
  collection(api, "transaction", { GET: (c, scope) => listOf(c, scope, {}) })

  entity(api, "transaction", {
    async GET(c, scope, id) {
      const invoiceId = await scope.read.billyMoney.invoiceOf(id)
      const [found] = invoiceId === null ? [] : await shown(scope, [{ id, invoiceId }])
      if (found === undefined) throw new FrameError(404, `No such transaction ${guidOf("transaction", id)}`)
      return answer(c, found)
    },
  })

  nested(api, "plan", "transactions", (c, scope, planId) => listOf(c, scope, { planId }))
  nested(api, "customer", "transactions", (c, scope, customerId) => listOf(c, scope, { customerId }))
  nested(api, "subscription", "transactions", (c, scope, id) => listOf(c, scope, { subscriptionId: id }))
  nested(api, "invoice", "transactions", (c, scope, invoiceId) => listOf(c, scope, { invoiceId }))
}

function listOf(c: Ctx, scope: Scope, whose: Whose): Promise<Response> {
  return list(c, [], async (slice) => shown(scope, await scope.read.billyMoney.transactions(slice, whose)))
}

/** A transaction is what its invoice's payments, payouts and refunds make of it. */
async function shown(scope: Scope, refs: readonly TransactionRef[]): Promise<Json[]> {
  const invoices = await scope.read.billyMoney.invoicesById([...new Set(refs.map((ref) => ref.invoiceId))])
  const all = (await factsOf(scope, invoices)).flatMap(transactionsOf)
  const byId = new Map(all.flatMap(({ ids, json }) => ids.map((id) => [id, json] as const)))
  return refs.flatMap(({ id }) => byId.get(id) ?? [])
}

// Tells how a dispute of a payment in the sandbox stands, by an event and where the processor is asked.

import { createExecutionContext, env } from "cloudflare:test"
import { expect } from "vitest"
import { applyProcessorEvent } from "../../src/actions/apply-processor-event.ts"
import type { Scope } from "../../src/actions/scope.ts"
import { platformOf } from "../../src/context.ts"
import { tenantById } from "../../src/db/system.ts"
import type { Currency } from "../../src/domain/currency.ts"
import { minor } from "../../src/domain/money.ts"
import type { DisputeStatus } from "../../src/domain/payment.ts"
import type { Tenant } from "../support/client.ts"
import { scopeWith } from "./stripe-tenant.ts"

const KINDS = { Open: "DisputeOpened", Won: "DisputeWon", Lost: "DisputeLost" } as const

/** `name`: of one of several disputes of the payment. `around`: what is put around the scope in which the event is applied. */
export async function disputed(
  tenant: Tenant,
  paymentId: string,
  {
    status,
    cents,
    name = "dp",
  }: { readonly status: DisputeStatus; readonly cents: number; readonly name?: string },
  around: (scope: Scope) => Scope = (scope) => scope,
): Promise<void> {
  const platform = platformOf(env, createExecutionContext())
  const row = await tenantById(platform.db, tenant.id)
  if (row === null) throw new Error("no tenant")
  const claim = { amountMinor: minor(BigInt(cents)), currency: "USD" as Currency }
  const readDispute = async () => ({ status, ...claim })
  const scope = around(await scopeWith(tenant, { ...platform.processorOf(row), readDispute }))
  const chargeRef = (await scope.read.payments.byId(paymentId))?.chargeRef ?? ""
  const event = { id: `evt_${crypto.randomUUID()}`, disputeRef: `${name}_${paymentId}`, chargeRef, ...claim }
  const told = await applyProcessorEvent(scope, "sandbox", { ...event, kind: KINDS[status] })
  expect(told).toMatchObject({ ok: true })
}

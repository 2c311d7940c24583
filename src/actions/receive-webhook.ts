// Takes a call that says it is a processor's. Nothing of it is believed before its signature was checked; then each of its
// events is applied, once by its id, to the tenant that it is of.
// Laws: who sent a call that was refused learns only that it was. Where the secret needs no reading, nothing is read for a call that
// could not be verified.

import { tenantById } from "../db/system.ts"
import type { TenantRow } from "../db/rows.ts"
import type { Result } from "../domain/result.ts"
import { err, ok } from "../domain/result.ts"
import type { Processor, ProcessorEvent, ProcessorName } from "../payments/port.ts"
import { log } from "../runtime/log.ts"
import { applyProcessorEvent } from "./apply-processor-event.ts"
import type { Refusal } from "./refusal.ts"
import type { Platform } from "./scope.ts"
import { scopeFor, tenantNow } from "./scope.ts"

/** Of what a stranger sends, no more than an id is kept. */
const ID_LENGTH = 36

export type WebhookCall = {
  readonly processor: ProcessorName
  /** As the address names it; null: the call is for the operator's account, whose tenants share it. */
  readonly tenantId: string | null
  readonly rawBody: string
  readonly headers: Headers
  readonly requestId: string
}

/** "Unverified": it is not the processor's. Otherwise what became of its events. */
export async function receiveWebhook(
  platform: Platform,
  call: WebhookCall,
): Promise<Result<null, Refusal | "Unverified">> {
  const source = await sourceOf(platform, call)
  if (!source.ok) return refuse(call, source.error)
  const { processor, tenantOf, isShared } = source.value
  const read = await processor.readWebhook(call.rawBody, call.headers, platform.wallNow())
  if (!read.ok) return refuse(call, read.error)
  for (const event of read.value) {
    const tenant = await tenantOf(event)
    if (tenant === null && !isShared) return refuse(call, "There is no such tenant.")
    const applied = tenant === null ? ok(null) : await apply(platform, tenant, call, event)
    if (!applied.ok) return applied
  }
  return ok(null)
}

function refuse({ processor, tenantId }: WebhookCall, reason: string): Result<null, "Unverified"> {
  const fields = { processor, tenant_id: tenantId?.slice(0, ID_LENGTH) ?? null, reason }
  log.warn("a webhook call was refused", fields)
  return err("Unverified")
}

/** Who can have sent the call, and whom an event of it is of. */
type Source = {
  readonly processor: Processor
  readonly tenantOf: (event: ProcessorEvent) => Promise<TenantRow | null>
  /** Whether what is told may be nobody's here. */
  readonly isShared: boolean
}

async function sourceOf(platform: Platform, call: WebhookCall): Promise<Result<Source, string>> {
  const { processor: name, tenantId } = call
  if (name === "sandbox") return sandboxSource(platform, tenantId)
  if (tenantId === null) return operatorSource(platform, null)
  const tenant = await tenantById(platform.db, tenantId)
  if (tenant === null) return err("There is no such tenant.")
  const processor = platform.processorOf(tenant)
  if (processor.name !== name) return err("The tenant does not use this processor.")
  if (tenant.stripeSealed === null) return operatorSource(platform, tenantId)
  return ok({ processor, tenantOf: async () => tenant, isShared: false })
}

function sandboxSource(platform: Platform, tenantId: string | null): Result<Source, string> {
  if (tenantId === null) return err("The address names no tenant.")
  return ok({
    processor: platform.sandboxOf({ id: tenantId }).processor,
    isShared: false,
    async tenantOf() {
      const tenant = await tenantById(platform.db, tenantId)
      return tenant?.mode === "test" ? tenant : null
    },
  })
}

/** Every endpoint of an account is told everything that happens there: whose an event is, its charge says. `named`: where the charge is from
 *  before it said so. */
function operatorSource(platform: Platform, named: string | null): Result<Source, string> {
  const processor = platform.operatorStripe()
  if (processor === null) return err("The operator has no account at Stripe.")
  return ok({
    processor,
    isShared: true,
    async tenantOf(event) {
      const id = (await processor.tenantOf(event)) ?? named
      const tenant = id === null ? null : await tenantById(platform.db, id)
      if (tenant?.mode === "live" && tenant.stripeSealed === null) return tenant
      log.info("an event of the operator's account is of no tenant", { event_id: event.id })
      return null
    },
  })
}

async function apply(
  platform: Platform,
  tenant: TenantRow,
  { processor: name, requestId }: WebhookCall,
  event: ProcessorEvent,
): Promise<Result<null, Refusal>> {
  const wall = platform.wallNow()
  const scope = scopeFor(platform, tenant, {
    actor: { type: "System", id: name },
    requestId,
    now: tenantNow(tenant, wall),
    // While the clock is advanced, the advance itself runs what becomes due.
    announce: tenant.advance === null,
  })
  return applyProcessorEvent(scope, name, event)
}

// Takes a call that says it is a processor's. Nothing of it is believed before its signature was checked; then each of its
// events is applied, once by its id.
// Law: who sent a call that was refused learns only that it was.

import { tenantById } from "../db/system.ts"
import type { Result } from "../domain/result.ts"
import { err, ok } from "../domain/result.ts"
import type { ProcessorName } from "../payments/port.ts"
import { log } from "../runtime/log.ts"
import { applyProcessorEvent } from "./apply-processor-event.ts"
import type { Refusal } from "./refusal.ts"
import type { Platform } from "./scope.ts"
import { scopeFor, tenantNow } from "./scope.ts"

/** Of what a stranger sends, no more than an id is kept. */
const ID_LENGTH = 36

export type WebhookCall = {
  readonly processor: ProcessorName
  readonly tenantId: string
  readonly rawBody: string
  readonly headers: Headers
  readonly requestId: string
}

/** "Unverified": it is not the processor's. Otherwise what became of its events. */
export async function receiveWebhook(
  platform: Platform,
  { processor: name, tenantId, rawBody, headers, requestId }: WebhookCall,
): Promise<Result<null, Refusal | "Unverified">> {
  const refuse = (reason: string) => {
    log.warn("a webhook call was refused", {
      processor: name,
      tenant_id: tenantId.slice(0, ID_LENGTH),
      reason,
    })
    return err("Unverified" as const)
  }
  const tenant = await tenantById(platform.db, tenantId)
  if (tenant === null) return refuse("There is no such tenant.")
  const processor = name === "sandbox" ? platform.sandboxOf(tenant).processor : platform.processorOf(tenant)
  if (processor.name !== name) return refuse("The tenant does not use this processor.")
  if (name === "sandbox" && tenant.mode !== "test") return refuse("A live tenant has no sandbox.")
  const wall = platform.wallNow()
  const read = await processor.readWebhook(rawBody, headers, wall)
  if (!read.ok) return refuse(read.error)
  // While the clock is advanced, the advance itself runs what becomes due.
  const announce = tenant.advancingUntil === null || tenant.advancingUntil <= wall
  for (const event of read.value) {
    const options = {
      actor: { type: "System", id: name },
      requestId,
      now: tenantNow(tenant, wall),
      announce,
    } as const
    const applied = await applyProcessorEvent(scopeFor(platform, tenant, options), name, event)
    if (!applied.ok) return applied
  }
  return ok(null)
}

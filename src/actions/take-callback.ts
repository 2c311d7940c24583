// Takes an event that somebody names, who need not be the processor: it is fetched there, and only what the processor says is believed.
// Laws: an event is taken once from those who name it, also where the processor has told it itself; one that happened no later than what
// is known of the same charge is kept and changes nothing.

import type { ProcessorEventRow } from "../db/rows.ts"
import { processorEvents } from "../db/schema.ts"
import { payoutOfKey } from "../domain/payout.ts"
import { err, ok } from "../domain/result.ts"
import type { FetchedEvent, ProcessorEvent, ProcessorName } from "../payments/port.ts"
import type { Decided, Outcome } from "./act.ts"
import { act } from "./act.ts"
import { newEvent } from "./apply-processor-event.ts"
import { applyStoredEvent } from "./apply-stored-event.ts"
import { orRefused } from "./own-account.ts"
import { notFound, refusal } from "./refusal.ts"
import type { Scope } from "./scope.ts"

/** `Ignored`: it is of nothing of ours. */
export type Callback = "Taken" | "Ignored"

/** Refuses with `not_found` what nobody knows, and with `already_exists` what was named before. */
export async function takeCallback(scope: Scope, eventId: string): Promise<Outcome<Callback>> {
  const processor = scope.platform.processorOf(scope.tenant)
  const asked = await orRefused(async () => ok(await processor.readEvent(eventId)))
  if (!asked.ok) return asked
  const fetched = asked.value
  if (fetched === null) return err(notFound("event"))
  const { event, key } = fetched
  if (key === null || event.kind === "Other" || event.kind === "MethodGiven") return ok("Ignored")
  const id = payoutOfKey(key)
  if ((await scope.read.billyMoney.invoiceOf(id)) === null) {
    return err(refusal("not_found", `Transaction ${id} does not exist`))
  }
  const kept = await act(scope, () => keep(scope, processor.name, fetched), null)
  if (!kept.ok) return kept
  const applied = await applyStoredEvent(scope, kept.value)
  return applied.ok ? ok("Taken") : applied
}

async function keep(
  scope: Scope,
  processor: ProcessorName,
  { event, occurredAt }: FetchedEvent,
): Promise<Outcome<Decided<ProcessorEventRow>>> {
  const known = await scope.read.payments.event(processor, event.id)
  if (known !== null && known.namedAt !== null) {
    return err(refusal("already_exists", `The event ${event.id} was named before.`))
  }
  const named = { occurredAt, namedAt: scope.now }
  if (known !== null) {
    const guard = scope.write.update(processorEvents, known.id, known.version, named)
    const row = { ...known, ...named, version: known.version + 1 }
    return ok({ value: row, commit: { guards: [guard], audit: [] } })
  }
  const row = { ...newEvent(scope, processor, event), ...named }
  const last = await scope.read.payments.lastEventAt(processor, row.chargeRef ?? "", familyOf(event.kind))
  const isOld = last !== null && occurredAt <= last
  const stored = isOld ? { ...row, appliedAt: scope.now } : row
  return ok({
    value: stored,
    commit: { writes: [scope.write.insert(processorEvents, stored)], audit: [] },
  })
}

/** Kinds of events that contradict each other. What is refunded or disputed of a charge is news of its own. */
const FAMILIES: readonly (readonly ProcessorEvent["kind"][])[] = [
  ["ChargeSucceeded", "ChargePending", "ChargeFailed"],
  ["RefundPending", "RefundSucceeded", "RefundFailed"],
  ["PayoutSucceeded", "PayoutFailed"],
  ["DisputeOpened", "DisputeWon", "DisputeLost"],
]

function familyOf(kind: ProcessorEvent["kind"]): readonly string[] {
  return FAMILIES.find((family) => family.includes(kind)) ?? [kind]
}

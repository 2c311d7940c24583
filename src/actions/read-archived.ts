// Archived events as they stand, for whoever lists events: the meter says which archive comes next, this reads it.

import { ArchiveDamaged } from "../archive/store.ts"
import type { Archive, ArchivedEvent } from "../domain/archive.ts"
import { err, ok } from "../domain/result.ts"
import type { StoredEvent } from "../meter/protocol.ts"
import { log } from "../runtime/log.ts"
import type { Outcome } from "./act.ts"
import { refusal } from "./refusal.ts"
import type { Scope } from "./scope.ts"

/** Those of an archive before number `before`, newest first. Of an object that isn't whole nothing is told. */
export async function readArchived(
  scope: Scope,
  customerId: string,
  archive: Archive,
  before: number,
): Promise<Outcome<StoredEvent[]>> {
  const events = await openArchive(scope, archive)
  if (!events.ok) return events
  const found = events.value.filter(({ seq }) => seq < before)
  return ok(found.toReversed().map((event) => toStored(event, customerId)))
}

/** All events of an archive, in the order of acceptance, as they were accepted and with their corrections. */
export async function openArchive(
  scope: Scope,
  archive: Archive,
): Promise<Outcome<readonly ArchivedEvent[]>> {
  try {
    return ok(await scope.platform.archive.read(archive))
  } catch (error) {
    if (!(error instanceof ArchiveDamaged)) throw error
    log.error("an archive can't be read", error, { key: archive.key })
    return err(refusal("archive_damaged", error.message))
  }
}

/** One that was taken back is told as it stood last. */
export function toStored(event: ArchivedEvent, customerId: string): StoredEvent {
  const { seq, id, eventType, receivedAt, billable, corrections } = event
  const amended = corrections.findLast((said) => said.kind === "Amend") ?? event
  const { occurredAt: timestamp, properties } = amended
  const last = corrections.at(-1)
  const status = last === undefined ? "Recorded" : last.kind === "Void" ? "Voided" : "Amended"
  return { seq, id, eventType, timestamp, receivedAt, customerId, properties, billable, status }
}

// Archives of usage events in R2: written once, never changed, read with their checksum.
// What a repeat of `write` means: nothing. The same events have the same key and the same bytes.

import type { Archive, ArchivedEvent } from "../domain/archive.ts"
import { assert } from "../domain/assert.ts"
import { instant, type Instant } from "../domain/time.ts"
import { sha256Hex } from "../runtime/hash.ts"
import { eventsOf, keyOf, manifestKeyOf, manifestOf, textOf, type Owner } from "./format.ts"

/** An object that is gone or isn't what was written. Nothing of it is used. */
export class ArchiveDamaged extends Error {
  override readonly name = "ArchiveDamaged"
}

export class ArchiveStore {
  readonly #bucket: R2Bucket

  constructor(bucket: R2Bucket) {
    this.#bucket = bucket
  }

  /** Stores events, at least one, in the order of their numbers. R2 compares what arrived with the checksums before it keeps it,
   *  and the manifest comes last: where there is one, there is the object. */
  async write(owner: Owner, events: readonly ArchivedEvent[]): Promise<Archive> {
    const [first, last] = [events[0], events.at(-1)]
    assert(first !== undefined && last !== undefined, "an archive has events")
    const plain = new TextEncoder().encode(textOf(events))
    const packed = await piped(plain, new CompressionStream("gzip"))
    const [sha256, plainSha256] = await Promise.all([sha256Hex(packed), sha256Hex(plain)])
    const times: readonly number[] = events.flatMap(timesOf)
    const archive: Archive = {
      first: first.seq,
      last: last.seq,
      count: events.length,
      fromAt: instant(times.reduce((a, b) => Math.min(a, b))),
      toAt: instant(times.reduce((a, b) => Math.max(a, b))),
      key: keyOf(owner, first.seq, last.seq, sha256),
      sha256,
      bytes: packed.byteLength,
    }
    await this.#bucket.put(archive.key, packed, { sha256, httpMetadata: { contentType: "application/gzip" } })
    const manifest = manifestOf(owner, archive, { sha256: plainSha256, bytes: plain.byteLength })
    await this.#bucket.put(manifestKeyOf(archive.key), manifest, {
      sha256: await sha256Hex(manifest),
      httpMetadata: { contentType: "application/json" },
    })
    return archive
  }

  /** Its events, in the order of acceptance. Throws `ArchiveDamaged` when the object isn't whole. */
  async read({ key, sha256, count, first, last }: Archive): Promise<ArchivedEvent[]> {
    const object = await this.#bucket.get(key)
    if (object === null) throw new ArchiveDamaged(`The archive ${key} is missing.`)
    const packed = new Uint8Array(await object.arrayBuffer())
    if ((await sha256Hex(packed)) !== sha256) {
      throw new ArchiveDamaged(`The archive ${key} is damaged: its SHA-256 is not the one that was written.`)
    }
    const events = eventsOf(new TextDecoder().decode(await piped(packed, new DecompressionStream("gzip"))))
    assert(
      events.length === count && events[0]?.seq === first && events.at(-1)?.seq === last,
      "an archive with the right checksum has the events that it was made of",
      { key },
    )
    return events
  }
}

function timesOf({ occurredAt, corrections }: ArchivedEvent): Instant[] {
  return [occurredAt, ...corrections.flatMap((said) => (said.kind === "Amend" ? [said.occurredAt] : []))]
}

async function piped(
  bytes: Uint8Array,
  through: CompressionStream | DecompressionStream,
): Promise<Uint8Array> {
  const stream = new Blob([bytes]).stream().pipeThrough(through)
  return new Uint8Array(await new Response(stream).arrayBuffer())
}

// The first question for every id: has the subscription perhaps seen this hash? One look at one line of the processor's cache
// answers for nearly all new ids, however many runs there are. It is a Bloom filter in blocks of such lines (Putze, Sanders and
// Singler, "Cache-, Hash- and Space-Efficient Bloom Filters", 2007), in memory only: a cold object does without it at first
// and fills it bit by bit. Law: it denies no hash below `covered` that was added or is stored.

const LINE_BYTES = 64
const LINE_WORDS = 16
const LEAST_LINES = 64

/** Entries for each line, which leaves them ten bits each: one new id in fifty is let through at the most. */
const LINE_ENTRIES = 48

/** One more than the highest hash. */
export const HASHES = 2 ** 32

export class GateBits {
  /** All hashes below are in it. */
  covered = 0
  readonly #words: Int32Array
  readonly #shift: number

  constructor(entries: number, maxBytes: number) {
    let lines = LEAST_LINES
    while (lines * LINE_ENTRIES < entries && 2 * lines * LINE_BYTES <= maxBytes) lines *= 2
    this.#words = new Int32Array(lines * LINE_WORDS)
    this.#shift = 32 - Math.log2(lines)
  }

  get bytes(): number {
    return this.#words.byteLength
  }

  /** The entries for which it is made. */
  get capacity(): number {
    return (this.bytes / LINE_BYTES) * LINE_ENTRIES
  }

  // Two bits in each half of the line. The upper bits of the hash tell the line, so that filling it in order stays in one place.
  add(hash: number): void {
    const words = this.#words
    const mixed = mix(hash)
    const line = (hash >>> this.#shift) * LINE_WORDS
    const one = line + (mixed & 7)
    const other = line + 8 + ((mixed >>> 3) & 7)
    words[one] = (words[one] ?? 0) | (1 << (mixed >>> 6)) | (1 << (mixed >>> 11))
    words[other] = (words[other] ?? 0) | (1 << (mixed >>> 16)) | (1 << (mixed >>> 21))
  }

  mayHold(hash: number): boolean {
    const words = this.#words
    const mixed = mix(hash)
    const line = (hash >>> this.#shift) * LINE_WORDS
    const one = (1 << (mixed >>> 6)) | (1 << (mixed >>> 11))
    const other = (1 << (mixed >>> 16)) | (1 << (mixed >>> 21))
    return (
      ((words[line + (mixed & 7)] ?? 0) & one) === one &&
      ((words[line + 8 + ((mixed >>> 3) & 7)] ?? 0) & other) === other
    )
  }
}

/** A gate that grows: a larger one is filled beside the one that serves. */
export class Gate {
  readonly #maxBytes: number
  #serving: GateBits
  #next: GateBits | null = null
  #entries: number

  /** For a subscription that has `entries` stored already. */
  constructor(entries: number, maxBytes: number) {
    this.#maxBytes = maxBytes
    this.#entries = entries
    // Of what is stored nothing is in it: it denies nothing until a larger one is filled, which only an object that works needs.
    this.#serving = new GateBits(0, maxBytes)
    if (entries === 0) this.#serving.covered = HASHES
  }

  get bytes(): number {
    return this.#serving.bytes + (this.#next?.bytes ?? 0)
  }

  denies(hash: number): boolean {
    return hash < this.#serving.covered && !this.#serving.mayHold(hash)
  }

  add(hash: number): void {
    this.#entries += 1
    this.#serving.add(hash)
    this.#next?.add(hash)
  }

  /** What has to be filled from storage, if anything; `tail` are the hashes that were added and are not stored. */
  toFill(tail: Uint32Array): GateBits | null {
    if (this.#next?.covered === HASHES) {
      this.#serving = this.#next
      this.#next = null
    }
    const { covered, capacity, bytes } = this.#serving
    const tooSmall = this.#entries > capacity && 2 * bytes <= this.#maxBytes
    if (this.#next === null && (covered < HASHES || tooSmall)) {
      this.#next = new GateBits(this.#entries, this.#maxBytes)
      for (const hash of tail) this.#next.add(hash)
    }
    return this.#next
  }
}

function mix(hash: number): number {
  const mixed = Math.imul(hash, 0x9e3779b1)
  return mixed ^ (mixed >>> 15)
}

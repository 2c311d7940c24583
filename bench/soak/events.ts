// Events that are made from a seed and their number, the same whenever they are asked for, so that ten million of them can be
// sent, sent again and counted without being kept anywhere.

const UNITS = 1_000_000_000n
const WHOLE = 10_000
const TAG_VALUES = 5_000
/** Events happen within two minutes: not so long that the last ones would lie in the future. */
const SPAN_MS = 120_000
const ROUNDS = 4

export type SoakEvent = {
  readonly id: string
  /** Which of the subscriptions it is of. */
  readonly subscription: number
  readonly offsetMs: number
  /** A decimal with up to nine places, as it is sent: as a number or as text. */
  readonly amount: string
  readonly amountIsText: boolean
  /** The same in billionths. */
  readonly units: number
  readonly tag: string
  /** Half of the events are sent twice. */
  readonly isDuplicated: boolean
}

export class EventSource {
  readonly count: number
  readonly subscriptions: number
  readonly #seed: number
  readonly #halfBits: number

  constructor(seed: number, count: number, subscriptions: number) {
    this.#seed = seed
    this.count = count
    this.subscriptions = subscriptions
    this.#halfBits = Math.max(1, Math.ceil(Math.log2(count) / 2))
  }

  event(number: number): SoakEvent {
    const draw = (what: number): number => mix(number, this.#seed + what)
    const places = draw(1) % 10
    const fraction = (draw(2) % Number(UNITS)).toString().padStart(9, "0").slice(0, places)
    const whole = draw(3) % WHOLE
    return {
      // Random first, so that neighbours in time are no neighbours in an index; the number keeps it unique.
      id: `${draw(4).toString(16).padStart(8, "0")}-${number}`,
      subscription: draw(5) % this.subscriptions,
      offsetMs: draw(6) % SPAN_MS,
      amount: fraction === "" ? String(whole) : `${whole}.${fraction}`,
      amountIsText: draw(7) % 2 === 0,
      units: whole * Number(UNITS) + Number(fraction.padEnd(9, "0")),
      tag: `tag-${draw(8) % TAG_VALUES}`,
      isDuplicated: draw(9) % 2 === 0,
    }
  }

  /** The number at a position of one of many orders: a permutation, by a Feistel network walked until it is in range. */
  shuffled(position: number, order: number): number {
    const mask = 2 ** this.#halfBits - 1
    let at = position
    do {
      let left = at >>> this.#halfBits
      let right = at & mask
      for (let round = 0; round < ROUNDS; round += 1) {
        const next = (left ^ mix(right, this.#seed + 1_000 * (order + 1) + round)) & mask
        left = right
        right = next
      }
      at = left * (mask + 1) + right
    } while (at >= this.count)
    return at
  }
}

/** What the meters of one subscription must say in the end. */
export type Recount = { count: number; units: bigint; maxUnits: number; readonly tags: Set<string> }

/** From the events alone: nothing of it has been near a server. */
export function recount(source: EventSource): Recount[] {
  const totals = Array.from({ length: source.subscriptions }, (): Recount => {
    return { count: 0, units: 0n, maxUnits: 0, tags: new Set() }
  })
  for (let number = 0; number < source.count; number += 1) {
    const { subscription, units, tag } = source.event(number)
    const total = totals[subscription]
    if (total === undefined) throw new Error("An event is of no subscription.")
    total.count += 1
    total.units += BigInt(units)
    total.maxUnits = Math.max(total.maxUnits, units)
    total.tags.add(tag)
  }
  return totals
}

/** A decimal as the API writes it, from billionths. */
export function decimalOf(units: bigint): string {
  const fraction = (units % UNITS).toString().padStart(9, "0").replace(/0+$/, "")
  return `${units / UNITS}${fraction === "" ? "" : `.${fraction}`}`
}

/** Thirty-two well mixed bits of two numbers (the finalizer of MurmurHash3, twice). */
function mix(number: number, salt: number): number {
  return finish(finish(number ^ Math.imul(salt, 0x9e3779b1)) ^ salt)
}

function finish(bits: number): number {
  let mixed = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}

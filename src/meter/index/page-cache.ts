// Pages in memory within a number of bytes. Which one goes is decided by the clock algorithm, which is nearly "the least recently
// used", but a page that is used costs one write to a flag and nothing moves.

/** Where the pages of a run stand that are in memory; by their number. */
export type Shelf<Page> = (CachedPage<Page> | undefined)[]

export type CachedPage<Page> = {
  readonly page: Page
  readonly bytes: number
  readonly shelf: Shelf<Page>
  readonly number: number
  /** Set by whoever uses the page once more; taken away by the hand of the clock. */
  used: boolean
  /** Its place in the ring. */
  place: number
}

// The objects around the bytes of a page.
const OVERHEAD_BYTES = 256

export class PageCache<Page> {
  readonly #budget: number
  readonly #ring: CachedPage<Page>[] = []
  #hand = 0
  #bytes = 0

  constructor(budgetBytes: number) {
    this.#budget = budgetBytes
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Others go when there is no room. A page larger than the whole budget stays until the next one comes. */
  put(shelf: Shelf<Page>, number: number, page: Page, pageBytes: number): void {
    const bytes = pageBytes + OVERHEAD_BYTES
    while (this.#ring.length > 0 && this.#bytes + bytes > this.#budget) this.#turn()
    const cached = { page, bytes, shelf, number, used: false, place: this.#ring.length }
    this.#ring.push(cached)
    this.#bytes += bytes
    shelf[number] = cached
  }

  drop(cached: CachedPage<Page> | undefined): void {
    if (cached === undefined) return
    const last = this.#ring.pop()
    if (last !== undefined && last !== cached) {
      this.#ring[cached.place] = last
      last.place = cached.place
    }
    this.#bytes -= cached.bytes
    cached.shelf[cached.number] = undefined
  }

  #turn(): void {
    if (this.#hand >= this.#ring.length) this.#hand = 0
    const cached = this.#ring[this.#hand]
    if (cached?.used === true) {
      cached.used = false
      this.#hand += 1
    } else {
      this.drop(cached)
    }
  }
}

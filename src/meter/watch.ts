// Those who wait for a meter to change. They live in the object's memory only: a waiter that is lost with it asks again.
// Law: a waiter is woken after the change is durable, and waits no longer than it was told to.

import { limits } from "../limits.ts"

type Waiter = { readonly isOver: () => boolean; readonly wake: () => void }

export class Watch {
  readonly #waiters = new Set<Waiter>()

  get isFull(): boolean {
    return this.#waiters.size >= limits.meterWatchers
  }

  /** Resolves once `isOver` holds, and after `ms` at the latest. It is asked at once and at every `wake`. */
  async until(isOver: () => boolean, ms: number): Promise<void> {
    if (isOver()) return
    await new Promise<void>((resolve) => {
      const wake = () => {
        clearTimeout(timer)
        this.#waiters.delete(waiter)
        resolve()
      }
      const timer = setTimeout(wake, ms)
      const waiter = { isOver, wake }
      this.#waiters.add(waiter)
    })
  }

  /** Something was stored. */
  wake(): void {
    for (const waiter of this.#waiters) {
      if (waiter.isOver()) waiter.wake()
    }
  }
}

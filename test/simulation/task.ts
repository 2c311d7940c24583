// A task of the simulated workers: a request, or the work on a message. It stops at its gates, and whoever steers lets it go on, or lets
// it die there, which is what the end of a worker looks like from the outside: nothing that comes behind is ever done.

import { AsyncLocalStorage } from "node:async_hooks"

const current = new AsyncLocalStorage<Task>()

/** Where whoever is running stops. What no task does goes on. */
export async function gate(place: string): Promise<void> {
  await current.getStore()?.stopAt(place)
}

/** What a task waits for outside of itself, so that it is known when all of it stands still. */
export async function outside<T>(work: () => Promise<T>): Promise<T> {
  const task = current.getStore()
  return task === undefined ? work() : task.during(work)
}

export class Task {
  readonly label: string
  state: "Running" | "Stopped" | "Over" | "Dead" = "Running"
  place = "at its beginning"
  readonly #isHasty: () => boolean
  #outside = 0
  #go: () => void = () => {}
  #settle: (error?: unknown) => void = () => {}

  /** `isHasty`: whether it goes through the next gate, so that nobody gets in between. */
  constructor(label: string, isHasty: () => boolean) {
    this.label = label
    this.#isHasty = isHasty
  }

  /** Until it stops, or is over. What it throws is thrown here. */
  begin(work: () => Promise<void>): Promise<void> {
    return this.#until(() => {
      current.run(this, work).then(
        () => this.#end(),
        (error: unknown) => this.#settle(error),
      )
    })
  }

  goOn(): Promise<void> {
    return this.#until(() => this.#go())
  }

  /** A task that does several things side by side stops with one of them, when the others are done. */
  stopAt(place: string): Promise<void> {
    if (this.state === "Dead") return new Promise(() => {})
    if (this.state === "Stopped" || this.#isHasty()) return Promise.resolve()
    this.state = "Stopped"
    this.place = place
    return new Promise((go) => {
      this.#go = go
      if (this.#outside === 0) this.#settle()
    })
  }

  async during<T>(work: () => Promise<T>): Promise<T> {
    this.#outside += 1
    try {
      return await work()
    } finally {
      this.#outside -= 1
      if (this.#outside === 0 && this.state === "Stopped") this.#settleSoon()
    }
  }

  /** What follows of the last answer may ask again: only who asks nothing more stands still. */
  #settleSoon(): void {
    setTimeout(() => {
      if (this.#outside === 0 && this.state === "Stopped") this.#settle()
    }, 0)
  }

  #end(): void {
    this.state = "Over"
    this.#settle()
  }

  #until(move: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#settle = (error) => (error === undefined ? resolve() : reject(error))
      this.state = "Running"
      move()
    })
  }
}

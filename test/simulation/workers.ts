// The workers of the simulation: tasks under way, of which one at a time goes on from one stop to the next, or dies there.

import type { Random } from "./random.ts"
import { Task } from "./task.ts"

type Running = { readonly task: Task; readonly died: () => void }

const DEATHS = 0.03
/** How many of the statements between two commits others get in before. */
const SLOW = 0.03
/** At how many of its gates a delivery stops: it has many more of them than what moves money. */
const DELIVERY_STOPS = 0.3

export class Workers {
  hasFaults = true
  readonly #running: Running[] = []
  readonly #random: Random
  readonly #note: (what: string) => void

  constructor(random: Random, note: (what: string) => void) {
    this.#random = random
    this.#note = note
  }

  /** Tasks that have stopped and may go on. */
  get underWay(): number {
    return this.#running.length
  }

  isSlow(): boolean {
    return this.hasFaults && this.#random.chance(SLOW)
  }

  /** `died`: what follows where the worker dies before the end. */
  async begin(label: string, work: () => Promise<void>, died = () => {}): Promise<void> {
    const isDelivery = label.startsWith("deliver-webhook")
    const task = new Task(
      label,
      () => !this.hasFaults || (isDelivery && !this.#random.chance(DELIVERY_STOPS)),
    )
    this.#note(`${label} begins`)
    await task.begin(work)
    if (task.state === "Stopped") this.#running.push({ task, died })
  }

  async goOn(): Promise<void> {
    const running = this.#random.pick(this.#running)
    const { task, died } = running
    const isDeath = this.hasFaults && this.#random.chance(DEATHS)
    this.#note(`${task.label} ${isDeath ? "dies" : "goes on"} ${task.place}`)
    if (isDeath) task.state = "Dead"
    else await task.goOn()
    if (task.state === "Stopped") return
    this.#running.splice(this.#running.indexOf(running), 1)
    if (isDeath) died()
  }

  async goOnToTheEnd(): Promise<void> {
    while (this.#running.length > 0) await this.goOn()
  }
}

// The queues of the simulation: what moves money and what tells others of it are apart, as in a deployment. Messages are lost, doubled,
// and delivered again while they are worked on.

import type { Platform } from "../../src/actions/scope.ts"
import type { DueRow } from "../../src/db/system.ts"
import type { JobMessage } from "../../src/domain/agenda.ts"
import { queueOf } from "../../src/domain/agenda.ts"
import { consume } from "../../src/jobs/queue.ts"
import type { Random } from "./random.ts"
import type { Workers } from "./workers.ts"

type Message = { readonly body: JobMessage; readonly label: string; readonly attempts: number }

export class Queue {
  hasFaults = true
  readonly #messages = { Jobs: [] as Message[], Webhooks: [] as Message[] }
  readonly #random: Random
  readonly #workers: Workers

  constructor(random: Random, workers: Workers) {
    this.#random = random
    this.#workers = workers
  }

  get length(): number {
    return this.#messages.Jobs.length + this.#messages.Webhooks.length
  }

  /** Rows of other tenants are another test's. */
  put(rows: readonly DueRow[], tenantOnly: string): void {
    for (const { id, tenantId, kind } of rows) {
      const copies = this.hasFaults ? this.#random.weighted({ 0: 1, 1: 7, 2: 2 }) : "1"
      if (tenantId !== tenantOnly) continue
      const message = { body: { agenda_id: id, tenant_id: tenantId }, label: kind, attempts: 1 }
      for (let copy = 0; copy < Number(copies); copy++) this.#messages[queueOf(kind)].push(message)
    }
  }

  /** A worker takes one of the messages of a queue, if there is any. */
  async work(platform: Platform, name: "Jobs" | "Webhooks"): Promise<void> {
    const messages = this.#messages[name]
    if (messages.length === 0) return
    const at = this.#random.int(0, messages.length - 1)
    const message = messages[at]
    if (message === undefined) return
    // A message may be delivered a second time while the first is worked on.
    if (!this.hasFaults || this.#random.chance(0.85)) messages.splice(at, 1)
    const again = () => {
      if (messages.every((one) => one.body.agenda_id !== message.body.agenda_id))
        messages.push({ ...message, attempts: message.attempts + 1 })
    }
    // Of a worker that died the message comes again, or is lost: then cron finds the row when its lease is over.
    const died = () => this.#random.chance(0.7) && again()
    const label = `${message.label} ${message.body.agenda_id.slice(9, 18)}`
    await this.#workers.begin(label, () => consumeOne(platform, message, again), died)
  }
}

async function consumeOne(platform: Platform, { body, attempts }: Message, retry: () => void): Promise<void> {
  const delivered = { id: body.agenda_id, timestamp: new Date(0), attempts, body, ack: () => {}, retry }
  const batch = { queue: "ledgerline-jobs", messages: [delivered] } as unknown as MessageBatch<JobMessage>
  await consume(platform, batch)
}

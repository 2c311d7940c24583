// The simulation of the money: clients, cron, queue and bank at once, each step chosen by the seed. Workers die between their steps, the
// queue loses and doubles messages, the bank does worse (bank.ts). Then faults stop, and everything has to come to its end.
// Law: nothing here is left to chance but by the seed, so what one run did the next one does.

import { env } from "cloudflare:workers"
import type { JobMessage } from "../../src/domain/agenda.ts"
import { tick } from "../../src/jobs/cron.ts"
import { consume } from "../../src/jobs/queue.ts"
import { Bank } from "./bank.ts"
import type { BankEvent } from "./bank-events.ts"
import { liveOn, settleAll } from "./bank-life.ts"
import type { Ask } from "./clients.ts"
import { Clients } from "./clients.ts"
import { Machine } from "./machine.ts"
import { Random } from "./random.ts"
import { Task } from "./task.ts"

const SECOND = 1_000
const HOUR = 3_600_000
const DAY = 24 * HOUR
const ROOT_KEY = "root_test_key_for_tests_only_000000"
/** A key means nothing any more after a day: no client asks again by then. */
const GIVEN_UP_MS = 20 * HOUR
const FEE_NANOS = "31000000000000"
const LEARN_EVERY = 50
const TASKS_AT_ONCE = 5
const DEATHS = 0.03
/** How many of the statements between two commits others get in before. */
const SLOW = 0.03

type Running = { readonly task: Task; readonly died: () => void }
type Message = { readonly body: JobMessage; attempts: number }

/** What no operation answers, whatever goes wrong behind it; a bank that can't be reached is told as such to who attaches a method. */
const isFault = ({ label }: Ask, status: number) => status >= 500 && !/attach/.test(label)

export class Simulation {
  readonly bank: Bank
  readonly machine: Machine
  readonly trace: string[] = []
  /** What broke on the way. */
  readonly faults: string[] = []
  tenantId = ""
  steps = 0
  readonly #random: Random
  readonly #clients: Clients
  readonly #running: Running[] = []
  readonly #queue: Message[] = []
  readonly #again: Ask[] = []
  #key = ""
  #hasFaults = true

  constructor(seed: number, run: number) {
    this.#random = new Random(seed)
    this.bank = new Bank(this.#random)
    this.bank.hasFaults = false
    this.#clients = new Clients(this.#random, () => this.machine.now)
    this.machine = new Machine(
      this.bank,
      Date.UTC(2026, 0, 1),
      run,
      () => this.#hasFaults && this.#random.chance(SLOW),
    )
    this.machine.onEnqueue = (rows) => {
      for (const { id, tenantId } of rows) {
        const copies = this.#hasFaults ? this.#random.weighted({ 0: 1, 1: 7, 2: 2 }) : "1"
        const body = { agenda_id: id, tenant_id: tenantId }
        if (tenantId !== this.tenantId) continue
        for (let copy = 0; copy < Number(copies); copy++) this.#queue.push({ body, attempts: 1 })
      }
    }
  }

  async prepare(): Promise<void> {
    const settings = { dunning: { schedule_days: [1, 3, 7], final_action: "Pause" } }
    const tenant = await this.#must(
      "/admin/v1/tenants",
      { name: "Simulated", mode: "test", ...settings },
      ROOT_KEY,
    )
    this.tenantId = tenant.id
    this.#key = tenant.api_key.key
    for (let at = 0; at < 6; at++) {
      const customer = {
        display_name: `Customer ${at}`,
        email: `c${at}@example.com`,
        account_type: "Individual",
      }
      const made = await this.#must("/admin/v1/customers", {
        ...customer,
        currency: at === 5 ? "JPY" : "USD",
      })
      this.#clients.known.customers.push({ id: made.id, methods: [] })
    }
    for (const customer of this.#clients.known.customers) {
      const ask = this.#clients.attach(customer)
      await this.#must(ask.path, ask.body ?? {}).then(ask.heard)
    }
    await this.#subscribe()
    this.bank.hasFaults = true
  }

  /** Two of them pay a fee each week, in advance: what dunning does to subscriptions is part of it. */
  async #subscribe(): Promise<void> {
    const plan = await this.#must("/admin/v1/catalog/plans", { name: "Weekly", billing_cadence: "Weekly" })
    const fee = {
      name: "Fee",
      pricing_model: "Flat",
      billing_timing: "InAdvance",
      unit_amount_nanos: FEE_NANOS,
    }
    await this.#must("/admin/v1/catalog/skus", { ...fee, plan_id: plan.id, currency: "USD" })
    for (const { id } of this.#clients.known.customers.slice(0, 2)) {
      await this.#must("/v1/subscriptions", { customer_id: id, plan_id: plan.id })
    }
  }

  /** A reading of the API beside all tasks. */
  async read(path: string): Promise<any> {
    const answer = await this.machine.call({ method: "GET", path }, this.#auth())
    if (answer.status !== 200) throw new Error(`GET ${path}: ${answer.status} ${answer.text}`)
    return answer.json
  }

  async step(): Promise<void> {
    this.steps += 1
    if (this.steps % LEARN_EVERY === 0) await this.#learnInvoices()
    const isFull = this.#running.length >= TASKS_AT_ONCE
    if (this.#running.length > 0 && (isFull || this.#random.chance(0.75))) return this.#goOn()
    switch (this.#random.weighted({ Ask: 9, Again: 3, Job: 9, Event: 5, Bank: 4, Cron: 1, Time: 3 })) {
      case "Ask": {
        const ask = this.#clients.next()
        return ask === null ? undefined : this.#request(ask)
      }
      case "Again": {
        const ask = this.#again.shift()
        const isLate = ask === undefined || this.machine.now > ask.at + GIVEN_UP_MS
        return isLate ? undefined : this.#request(ask)
      }
      case "Job":
        return this.#job()
      case "Event":
        return this.#event(false)
      case "Bank":
        return this.#note(liveOn(this.bank, this.#random))
      case "Cron":
        return this.#begin("cron", () => tick(this.machine.platform))
      case "Time":
        return this.#passTime()
    }
  }

  /** The invoices of subscriptions come without being asked for. */
  async #learnInvoices(): Promise<void> {
    const sql =
      "SELECT id FROM invoices WHERE tenant_id = ? AND subscription_id IS NOT NULL AND status = 'Open' ORDER BY id"
    const { results } = await env.DB.prepare(sql).bind(this.tenantId).all<{ id: string }>()
    const { invoices } = this.#clients.known
    invoices.push(...results.map(({ id }) => id).filter((id) => !invoices.includes(id)))
  }

  /** No more faults: what began comes to its end, and what is due until `days` from now is done. */
  async calm(days: number): Promise<void> {
    this.#note("faults stop")
    this.#hasFaults = false
    this.bank.hasFaults = false
    const until = this.machine.now + days * DAY
    for (;;) {
      await this.#drain()
      if (settleAll(this.bank, this.#random)) continue
      const next = await this.#nextDue()
      if (next === null || next > until) return
      this.machine.now = Math.max(next, this.machine.now + SECOND)
    }
  }

  /** When the next job is due, as far as there is one; one whose message was lost, when its lease is over. */
  async #nextDue(): Promise<number | null> {
    const sql =
      "SELECT MIN(MAX(due_at, COALESCE(lease_until + 1, 0))) AS at FROM agenda WHERE tenant_id = ? AND status <> 'Done'"
    return (await env.DB.prepare(sql).bind(this.tenantId).first<{ at: number | null }>())?.at ?? null
  }

  async #drain(): Promise<void> {
    let isBusy = true
    while (isBusy) {
      await this.#begin("cron", () => tick(this.machine.platform))
      isBusy = this.#again.length + this.#queue.length + this.#told(true).length > 0
      for (const ask of this.#again.splice(0)) {
        if (this.machine.now <= ask.at + GIVEN_UP_MS) await this.#request(ask)
      }
      while (this.#queue.length > 0) await this.#job()
      while (this.#told(true).length > 0) {
        await this.#event(true)
        while (this.#running.length > 0) await this.#goOn()
      }
      while (this.#running.length > 0) await this.#goOn()
      // A key whose request died is free again after its lease, a job of the queue too.
      if (isBusy) this.machine.now += 61 * SECOND
    }
  }

  #note(what: string | null): void {
    if (what !== null) this.trace.push(`${this.steps} ${new Date(this.machine.now).toISOString()} ${what}`)
  }

  async #begin(label: string, work: () => Promise<void>, died = () => {}): Promise<void> {
    const task = new Task(label)
    this.#note(`${label} begins`)
    await task.begin(work)
    if (task.state === "Stopped") this.#running.push({ task, died })
  }

  async #goOn(): Promise<void> {
    const running = this.#random.pick(this.#running)
    const { task, died } = running
    const isDeath = this.#hasFaults && this.#random.chance(DEATHS)
    this.#note(`${task.label} ${isDeath ? "dies" : "goes on"} ${task.place}`)
    if (isDeath) task.state = "Dead"
    else await task.goOn()
    if (task.state === "Stopped") return
    this.#running.splice(this.#running.indexOf(running), 1)
    if (isDeath) died()
  }

  async #request(ask: Ask): Promise<void> {
    const { label, method, path, body, key } = ask
    const comesAgain = () => {
      if (!this.#hasFaults || this.#random.chance(0.8)) this.#again.push(ask)
    }
    const work = async () => {
      const headers = { ...this.#auth(), "Idempotency-Key": key }
      const answer = await this.machine.call({ method, path, body }, headers)
      const code = answer.status < 300 ? "" : ` ${answer.json.code}`
      this.#note(`${label} is answered ${answer.status}${code}`)
      if (isFault(ask, answer.status)) this.faults.push(`${label}: ${answer.text}`)
      if (answer.status < 300) ask.heard?.(answer.json)
      else if (code === " idempotency_in_progress" || code === " conflict" || answer.status >= 500)
        comesAgain()
    }
    await this.#begin(label, work, comesAgain)
  }

  async #job(): Promise<void> {
    if (this.#queue.length === 0) return
    const at = this.#random.int(0, this.#queue.length - 1)
    const message = this.#queue[at]
    if (message === undefined) return
    const { body, attempts } = message
    // A message may be delivered a second time while the first is worked on.
    if (!this.#hasFaults || this.#random.chance(0.85)) this.#queue.splice(at, 1)
    const again = () => {
      if (this.#queue.every((one) => one.body.agenda_id !== body.agenda_id))
        this.#queue.push({ body, attempts: attempts + 1 })
    }
    const work = async () => {
      const delivered = {
        id: body.agenda_id,
        timestamp: new Date(0),
        attempts,
        body,
        ack: () => {},
        retry: again,
      }
      const batch = { queue: "ledgerline-jobs", messages: [delivered] } as unknown as MessageBatch<JobMessage>
      await consume(this.machine.platform, batch)
    }
    // Of a worker that died the message comes again, or is lost: then cron finds the row when its lease is over.
    await this.#begin(`job ${body.agenda_id.slice(9, 18)}`, work, () => this.#random.chance(0.7) && again())
  }

  #told(isAll: boolean): BankEvent[] {
    return this.bank.events.filter(({ copies, delayMs }) => copies > 0 && (isAll || delayMs <= 0))
  }

  async #event(isAll: boolean): Promise<void> {
    const told = this.#told(isAll)
    if (told.length === 0) return
    const event = this.#random.pick(told)
    const path = `/v1/webhooks/sandbox?tenant=${this.tenantId}`
    const work = async () => {
      const answer = await this.machine.call({ method: "POST", path, body: JSON.parse(event.body) }, {})
      this.#note(`event ${event.label} is answered ${answer.status}`)
      if (answer.status >= 500) this.faults.push(`event ${event.label}: ${answer.text}`)
      if (answer.status < 300) event.copies -= 1
    }
    await this.#begin(`event ${event.label}`, work)
  }

  /** A request or job lasts minutes at most: while any is under way, no more passes. */
  #passTime(): void {
    const long = this.#random.weighted({ Minutes: 3, Hours: 3, Days: 1 })
    const ms =
      this.#running.length > 0
        ? this.#random.int(1, 90) * SECOND
        : { Minutes: 60 * SECOND, Hours: HOUR, Days: DAY }[long] *
          this.#random.int(1, long === "Days" ? 4 : 20)
    this.machine.now += ms
    for (const event of this.bank.events) event.delayMs -= ms
    this.#note("time passes")
  }

  #auth(): Record<string, string> {
    return { Authorization: `Bearer ${this.#key}` }
  }

  async #must(path: string, body: object, key = this.#key): Promise<any> {
    const answer = await this.machine.call({ method: "POST", path, body }, { Authorization: `Bearer ${key}` })
    if (answer.status !== 201) throw new Error(`POST ${path}: ${answer.status} ${answer.text}`)
    return answer.json
  }
}

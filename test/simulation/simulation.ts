// The simulation of the money: clients, cron, queues, bank and receivers at once, each step chosen by the seed. Workers die between their
// steps, the queue loses and doubles messages, the bank does worse (bank.ts), and so do the receivers of webhooks (receivers.ts). Then
// faults stop, and everything has to come to its end.
// Law: nothing here is left to chance but by the seed, so what one run did the next one does.

import { env } from "cloudflare:workers"
import { tick } from "../../src/jobs/cron.ts"
import { Bank } from "./bank.ts"
import type { BankEvent } from "./bank-events.ts"
import { liveOn, settleAll } from "./bank-life.ts"
import type { Ask } from "./clients.ts"
import { Clients } from "./clients.ts"
import { Machine } from "./machine.ts"
import { Operators } from "./operators.ts"
import type { Prepared } from "./prepare.ts"
import { furnish, newTenant } from "./prepare.ts"
import { Queue } from "./queue.ts"
import { Random } from "./random.ts"
import { Receivers } from "./receivers.ts"
import { Workers } from "./workers.ts"

const SECOND = 1_000
const HOUR = 3_600_000
const DAY = 24 * HOUR
/** A key means nothing any more after a day: no client asks again by then. */
const GIVEN_UP_MS = 20 * HOUR
const LEARN_EVERY = 50
const TASKS_AT_ONCE = 5
/** In so many turns without faults whatever is asked again has its answer. */
const TURNS_TO_REST = 60
const STEPS = {
  Ask: 9,
  Tend: 1.5,
  Again: 3,
  Job: 9,
  Deliver: 2.5,
  Event: 5,
  Bank: 4,
  Receivers: 1.5,
  Cron: 1,
  Time: 2,
  Quiet: 3,
}

/** What no operation answers, whatever goes wrong behind it; a bank that can't be reached is told as such to who attaches a method, or
 *  cancels a payment. */
const isFault = ({ label }: Ask, status: number) => status >= 500 && !/attach|cancel a payment/.test(label)

export class Simulation {
  readonly bank: Bank
  readonly machine: Machine
  readonly receivers: Receivers
  readonly trace: string[] = []
  /** What broke on the way. */
  readonly faults: string[] = []
  tenantId = ""
  steps = 0
  readonly #random: Random
  readonly #clients: Clients
  readonly #operators: Operators
  readonly #workers: Workers
  readonly #queue: Queue
  readonly #again: Ask[] = []
  #key = ""
  #hasFaults = true
  #isClosing = false

  constructor(seed: number, run: number) {
    const random = new Random(seed)
    const now = () => this.machine.now
    this.#random = random
    this.bank = new Bank(random)
    this.receivers = new Receivers(seed, now)
    this.#clients = new Clients(random, now)
    this.#operators = new Operators(random, this.receivers, this.#clients.ask.bind(this.#clients))
    this.#workers = new Workers(random, (what) => this.#note(what))
    this.#queue = new Queue(random, this.#workers)
    this.machine = new Machine(
      { bank: this.bank, receivers: this.receivers },
      Date.UTC(2026, 0, 1),
      run,
      () => this.#workers.isSlow(),
    )
    this.machine.onEnqueue = (rows) => this.#queue.put(rows, this.tenantId)
  }

  async prepare(): Promise<void> {
    this.#setFaults(false)
    const prepared: Prepared = await newTenant(this.#must)
    this.tenantId = prepared.tenantId
    this.#key = prepared.key
    await furnish(this.#must, this.#clients, this.receivers)
    this.#setFaults(true)
  }

  #setFaults(hasFaults: boolean): void {
    for (const one of [this.bank, this.receivers, this.#workers, this.#queue]) one.hasFaults = hasFaults
    this.#hasFaults = hasFaults
  }

  /** A reading of the API beside all tasks. */
  async read(path: string): Promise<any> {
    const answer = await this.machine.call({ method: "GET", path }, this.#auth())
    if (answer.status !== 200) throw new Error(`GET ${path}: ${answer.status} ${answer.text}`)
    return answer.json
  }

  async step(): Promise<void> {
    this.steps += 1
    if (this.steps % LEARN_EVERY === 0) await this.#learn()
    const { underWay } = this.#workers
    const isFull = underWay >= TASKS_AT_ONCE
    // Before much time passes nothing new begins.
    if (this.#isClosing && underWay === 0) return this.#passTime()
    if (underWay > 0 && (isFull || this.#isClosing || this.#random.chance(0.75))) return this.#workers.goOn()
    switch (this.#random.weighted(STEPS)) {
      case "Ask":
        return this.#request(this.#clients.next())
      case "Tend":
        return this.#request(this.#operators.next())
      case "Again":
        return this.#request(this.#again.shift() ?? null)
      case "Job":
        return this.#queue.work(this.machine.platform, "Jobs")
      case "Deliver":
        return this.#queue.work(this.machine.platform, "Webhooks")
      case "Event":
        return this.#event(false)
      case "Bank":
        return this.#note(liveOn(this.bank, this.#random))
      case "Receivers":
        return this.#note(this.receivers.liveOn(this.#random))
      case "Cron":
        return this.#workers.begin("cron", () => tick(this.machine.platform))
      case "Time":
        return this.#passTime()
      case "Quiet":
        this.#isClosing = true
    }
  }

  /** What comes without being asked for: the invoices of subscriptions, payments, payouts. */
  async #learn(): Promise<void> {
    const { payouts, payments } = this.#operators.seen
    const { invoices } = this.#clients.known
    await this.#see(invoices, "invoices WHERE subscription_id IS NOT NULL AND status = 'Open'")
    await this.#see(payouts, "payouts WHERE status IN ('Failed', 'Pending')")
    await this.#see(payments, "payments WHERE status IN ('Pending', 'RequiresAction')")
  }

  async #see(known: string[], where: string): Promise<void> {
    const sql = `SELECT id FROM ${where} AND tenant_id = ? ORDER BY id`
    const { results } = await env.DB.prepare(sql).bind(this.tenantId).all<{ id: string }>()
    known.push(...results.map(({ id }) => id).filter((id) => !known.includes(id)))
  }

  /** No more faults: what began comes to its end, and what is due until `days` from now is done. */
  async calm(days: number): Promise<void> {
    this.#note("faults stop")
    this.#setFaults(false)
    this.receivers.calm()
    await this.#drain()
    await this.#mendEndpoints()
    const until = this.machine.now + days * DAY
    for (;;) {
      await this.#drain()
      if (settleAll(this.bank, this.#random)) continue
      const next = await this.#nextDue()
      if (next === null || next > until) return
      this.machine.now = Math.max(next, this.machine.now + SECOND)
    }
  }

  /** What would still become due is no matter of the next simulation, whose cron sees the same database. */
  async end(): Promise<void> {
    await env.DB.prepare("DELETE FROM agenda WHERE tenant_id = ?").bind(this.tenantId).run()
  }

  /** Each receiver is told of a secret, and gets what it missed while its endpoint was disabled, or what was given up. */
  async #mendEndpoints(): Promise<void> {
    for (const receiver of this.receivers.all) {
      await this.#request(this.#operators.rotate(receiver))
      await this.#workers.goOnToTheEnd()
      await this.#request(this.#operators.enable(receiver))
      await this.#workers.goOnToTheEnd()
    }
    await this.#drain()
    const sql = `SELECT id, endpoint_id AS endpoint FROM webhook_deliveries WHERE tenant_id = ? AND status = 'Failed'`
    const { results } = await env.DB.prepare(sql).bind(this.tenantId).all<{ id: string; endpoint: string }>()
    for (const { id, endpoint } of results) {
      const path = `/admin/v1/webhooks/${endpoint}/deliveries/${id}/retry`
      await this.#request(this.#clients.ask("send once more", path, undefined))
      await this.#workers.goOnToTheEnd()
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
    for (let turn = 0; isBusy; turn++) {
      if (turn > TURNS_TO_REST) throw new Error(["It never rests.", ...this.trace.slice(-40)].join("\n"))
      await this.#workers.begin("cron", () => tick(this.machine.platform))
      isBusy = this.#again.length + this.#queue.length + this.#told(true).length > 0
      for (const ask of this.#again.splice(0)) await this.#request(ask)
      await this.#workers.goOnToTheEnd()
      // What fails comes again in the next turn, a minute later.
      for (let left = this.#queue.length; left > 0 && this.#queue.length > 0; left--) {
        await this.#queue.work(this.machine.platform, "Jobs")
        await this.#queue.work(this.machine.platform, "Webhooks")
      }
      while (this.#told(true).length > 0) {
        await this.#event(true)
        await this.#workers.goOnToTheEnd()
      }
      await this.#workers.goOnToTheEnd()
      // A key whose request died is free again after its lease, a job of the queue too.
      if (isBusy) this.machine.now += 61 * SECOND
    }
  }

  #note(what: string | null): void {
    if (what !== null) this.trace.push(`${this.steps} ${new Date(this.machine.now).toISOString()} ${what}`)
  }

  async #request(ask: Ask | null): Promise<void> {
    if (ask === null || this.machine.now > ask.at + GIVEN_UP_MS) return
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
    await this.#workers.begin(label, work, comesAgain)
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
    await this.#workers.begin(`event ${event.label}`, work)
  }

  /** A request or job lasts minutes at most: while any is under way, no more passes. */
  #passTime(): void {
    this.#isClosing = false
    const long = this.#random.weighted({ Minutes: 3, Hours: 3, Days: 1 })
    const ms =
      this.#workers.underWay > 0
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

  readonly #must = async (path: string, body: object, key = this.#key): Promise<any> => {
    const answer = await this.machine.call({ method: "POST", path, body }, { Authorization: `Bearer ${key}` })
    if (answer.status !== 201) throw new Error(`POST ${path}: ${answer.status} ${answer.text}`)
    return answer.json
  }
}

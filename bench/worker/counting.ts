// The worker with meters that count what they write: the rows are the bill. Also evicts a meter on demand. Used where rates are
// not measured, or only compared with each other, since counting costs a little.

import { SubscriptionMeter as RealMeter } from "../../src/worker.ts"
import type { JobMessage } from "../../src/domain/agenda.ts"
import type { Env } from "../../src/env.ts"
import { meterName } from "../../src/meter/name.ts"
import type { Cost } from "./cost.ts"
import bench from "./index.ts"
import type { BenchEnv } from "./routes.ts"

export * from "./index.ts"

/** Rows of an object's SQL, counted from outside. */
class RowCount {
  written = 0
  read = 0
  /** Rows are counted while a cursor is read, so the newest one is added when the next is made. */
  #newest: SqlStorageCursor<Record<string, SqlStorageValue>> | null = null

  watch(storage: DurableObjectStorage): void {
    const { sql } = storage
    const exec = sql.exec.bind(sql)
    const setAlarm = storage.setAlarm.bind(storage)
    sql.exec = <Row extends Record<string, SqlStorageValue>>(query: string, ...values: unknown[]) => {
      const cursor = exec<Row>(query, ...values)
      this.settle()
      this.#newest = cursor as unknown as SqlStorageCursor<Record<string, SqlStorageValue>>
      return cursor
    }
    // Setting an alarm is billed as a row.
    storage.setAlarm = (...args) => {
      this.written += 1
      return setAlarm(...args)
    }
  }

  settle(): void {
    this.written += this.#newest?.rowsWritten ?? 0
    this.read += this.#newest?.rowsRead ?? 0
    this.#newest = null
  }
}

export class SubscriptionMeter extends RealMeter {
  readonly #rows: RowCount
  #calls = 0

  constructor(...args: ConstructorParameters<typeof RealMeter>) {
    const rows = new RowCount()
    // Before the meter's own fields are made, which may keep what they find.
    rows.watch(args[0].storage)
    super(...args)
    this.#rows = rows
  }

  override record(...args: Parameters<RealMeter["record"]>): ReturnType<RealMeter["record"]> {
    this.#calls += 1
    return super.record(...args)
  }

  cost(): Cost {
    this.#rows.settle()
    const { written: rowsWritten, read: rowsRead } = this.#rows
    return { rowsWritten, rowsRead, calls: this.#calls, bytes: this.ctx.storage.sql.databaseSize }
  }

  /** Takes the object's memory away at once, and fails what it is doing. */
  evict(): void {
    this.ctx.abort("evicted by the benchmark")
  }
}

type CountingEnv = Omit<Env, "METER"> &
  Omit<BenchEnv, "METER"> & { readonly METER: DurableObjectNamespace<SubscriptionMeter> }

export default {
  ...bench,
  fetch: async (request, env, ctx) => {
    const url = new URL(request.url)
    const name = meterName(url.searchParams.get("tenant") ?? "", url.searchParams.get("subscription") ?? "")
    switch (url.pathname) {
      case "/bench/cost":
        return Response.json(await env.METER.getByName(name).cost())
      case "/bench/evict":
        await env.METER.getByName(name)
          .evict()
          .catch(() => undefined)
        return new Response("evicted")
      default:
        return bench.fetch(request, env, ctx)
    }
  },
} satisfies ExportedHandler<CountingEnv, JobMessage>

// The totals, a row for each period and meter. They are kept with every commit and never found by scanning events.

import { decimalOf, formatDecimal, type Decimal } from "../../domain/decimal.ts"
import type { Instant } from "../../domain/time.ts"

/** `count` is how many events are in it, `seq` that of its last change. */
export type TotalRow = {
  readonly periodStart: Instant
  readonly periodEnd: Instant
  /** The key of the meter definition. */
  readonly key: string
  readonly value: Decimal
  readonly count: number
  readonly seq: number
}

type Columns = {
  period_start: number
  meter: string
  period_end: number
  value: string
  count: number
  seq: number
}

export class TotalTable {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
  }

  lastSeq(): number {
    return this.#sql.exec<{ seq: number }>("SELECT ifnull(max(seq), 0) AS seq FROM totals").one().seq
  }

  read(periodStart: Instant, key: string): TotalRow | null {
    const query = "SELECT * FROM totals WHERE period_start = ? AND meter = ?"
    const row = this.#sql.exec<Columns>(query, periodStart, key).toArray()[0]
    return row === undefined ? null : fromColumns(row)
  }

  /** All totals of the periods that start in [from, to). */
  startingIn(from: Instant, to: Instant): TotalRow[] {
    const query =
      "SELECT * FROM totals WHERE period_start >= ? AND period_start < ? ORDER BY period_start, meter"
    return this.#sql.exec<Columns>(query, from, to).toArray().map(fromColumns)
  }

  /** All totals of the periods of which one changed after `seq`. */
  changedSince(seq: number): TotalRow[] {
    const rows = this.#sql.exec<Columns>(
      `SELECT * FROM totals WHERE period_start IN (SELECT period_start FROM totals WHERE seq > ?)
       ORDER BY period_start, meter`,
      seq,
    )
    return rows.toArray().map(fromColumns)
  }

  put(total: TotalRow): void {
    this.#sql.exec(
      "INSERT OR REPLACE INTO totals (period_start, meter, period_end, value, count, seq) VALUES (?, ?, ?, ?, ?, ?)",
      total.periodStart,
      total.key,
      total.periodEnd,
      formatDecimal(total.value),
      total.count,
      total.seq,
    )
  }

  dropMeter(key: string): void {
    this.#sql.exec("DELETE FROM totals WHERE meter = ?", key)
  }
}

function fromColumns(row: Columns): TotalRow {
  return {
    periodStart: row.period_start as Instant,
    periodEnd: row.period_end as Instant,
    key: row.meter,
    value: decimalOf(row.value),
    count: row.count,
    seq: row.seq,
  }
}
